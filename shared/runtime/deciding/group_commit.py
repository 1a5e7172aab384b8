"""Group commit: what waits at the same moment is committed together.

Each caller brings its own work and gets its own outcome. The first to come leads: it commits everything that waits.
Those who come meanwhile wait for the next turn, and one of them leads it. So at most one transaction of a process is
open at a time, and a wait for the disk serves everybody who waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock


class _Waiting[W, R]:
    def __init__(self, work: W) -> None:
        self.work = work
        self.outcome: R | BaseException | None = None
        self.woken = Event()
        """It has its outcome, or it leads the next turn."""


class GroupCommit[W, R]:
    """Commits work in turns, one turn at a time, for any number of threads."""

    def __init__(
        self, commit: Callable[[Sequence[W]], Sequence[R | BaseException]], fits: Callable[[Sequence[W], W], bool]
    ) -> None:
        """``commit`` gives an outcome, or an error to raise, for each work of a turn.

        ``fits``: whether a further work may join those of a turn. The first of a turn is not asked about.
        """
        self._commit = commit
        self._fits = fits
        self._queue: deque[_Waiting[W, R]] = deque()
        self._lock = Lock()
        self._led = False

    def commit(self, work: W) -> R:
        """Commit, together with what else waits. Returns or raises the work's own outcome."""
        waiting = _Waiting[W, R](work)
        with self._lock:
            self._queue.append(waiting)
            leads = not self._led
            self._led = True
        if not leads:
            waiting.woken.wait()
        if waiting.outcome is None:
            self._lead()
        assert waiting.outcome is not None
        if isinstance(waiting.outcome, BaseException):
            raise waiting.outcome
        return waiting.outcome

    def _lead(self) -> None:
        turn = self._turn()
        try:
            outcomes = self._commit([waiting.work for waiting in turn])
        except BaseException as error:
            outcomes = [error] * len(turn)
        for waiting, outcome in zip(turn, outcomes, strict=True):
            waiting.outcome = outcome
        with self._lock:
            self._led = bool(self._queue)
            following = [self._queue[0]] if self._queue else []
        for waiting in (*turn, *following):
            waiting.woken.set()

    def _turn(self) -> list[_Waiting[W, R]]:
        """What is committed in this turn: in the order in which it came, the leader's own work first."""
        with self._lock:
            turn = [self._queue.popleft()]
            while self._queue and self._fits([waiting.work for waiting in turn], self._queue[0].work):
                turn.append(self._queue.popleft())
            return turn
