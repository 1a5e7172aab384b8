"""Load, decide, save: how every command of a command service becomes facts, once, or nothing.

``Application.execute`` checks the caller, looks for an earlier answer under the same idempotency key, runs the decision
in a fresh ``UnitOfWork`` and saves all its facts in one transaction together with the answer. When another command was
quicker on a subject that the decision read or wrote, it runs again on the newer state and the rules are checked again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from threading import Lock

import sqlalchemy
from eventsourcing.persistence import IntegrityError

from shared.contracts.command import Asked
from shared.runtime.deciding.answers import Answer, Answers
from shared.runtime.deciding.asking import NOBODY, Asking
from shared.runtime.deciding.commands import Commands, Declared
from shared.runtime.deciding.event_store import EventStore, StoredFact
from shared.runtime.deciding.time_limits import check_dates
from shared.runtime.deciding.unit_of_work import Request, UnitOfWork
from shared.runtime.ground.clock import Clock, NewId
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.values.refusals import Forbidden, Refusal
from shared.values.roles import Role

ATTEMPTS = 8
"""How often a command is decided again when other commands are quicker; then it is refused as ``TooBusy``."""

SUBJECTS_AT_ONCE = 1024
"""The number of locks by which commands on one subject take turns. Two subjects rarely share one."""

NO_TELEMETRY = Telemetry("folkmoot")
"""Traces nothing."""


class TooBusy(Refusal):
    """Commands on one subject are decided one after another."""

    clause = "design 8"
    remedy = "Send the command again."
    status = 503


class Application:
    """A command service's commands on its event store. Synchronous (the library is): endpoints call it in a thread."""

    def __init__(
        self,
        commands: Commands,
        store: EventStore,
        views: sqlalchemy.Engine,
        *,
        clock: Clock,
        new_id: NewId,
        people_key: PeopleKey,
        telemetry: Telemetry = NO_TELEMETRY,
        saved: Callable[[int], None] = lambda sequence: None,
        asking: Asking = NOBODY,
    ) -> None:
        """``saved`` is called with the highest sequence number of each save, from the thread that saved.

        ``asking`` is how a command asks other services before it is decided.
        """
        self.commands = commands
        self.store = store
        self.views = views
        self._clock = clock
        self._new_id = new_id
        self._people_key = people_key
        self._saved = saved
        self._asking = asking
        self._telemetry = telemetry
        self._turns = [Lock() for _ in range(SUBJECTS_AT_ONCE)]
        self._reached: int | None = None
        self._reaching = Lock()
        self._answers = Answers(commands.service, store, people_key)

    def execute(self, declared: Declared, command: Asked, request: Request) -> Answer:
        """Run a command to its answer. Raises ``Refusal``; then nothing is recorded."""
        allow(declared, command, request.principal, request.partnership)
        check_dates(command)
        check_dates(request.occasion)
        digest = self._answers.digest(declared.name, command, request.occasion) if request.key else b""
        key = self._answers.key(request.partnership, request.principal.actor, request.key or "")
        for attempt in range(ATTEMPTS):
            with self._turn(declared, command, request):
                answer = self._once(declared, command, request, key, digest, remembered=attempt == 0)
            if answer is not None:
                return answer
        raise TooBusy(f"Other commands on the same subject were quicker than {declared.name} {ATTEMPTS} times.")

    def _turn(self, declared: Declared, command: Asked, request: Request) -> AbstractContextManager[object]:
        """A lock so that this process's commands on one subject take turns, instead of colliding."""
        subject = declared.subject(command, request.partnership)
        return nullcontext() if subject is None else self._turns[hash(subject) % len(self._turns)]

    def _once(
        self, declared: Declared, command: Asked, request: Request, key: str, digest: bytes, *, remembered: bool
    ) -> Answer | None:
        """Decide and save. None if another command was quicker."""
        if request.key and not request.dry_run:
            earlier = self._answers.earlier(key, digest)
            if earlier is not None:
                self._note(self.sequence)  # another process may have recorded it
                return earlier
        unit = self._decided(declared, command, request, remembered=remembered)
        answer = unit.answer
        if request.dry_run:
            return answer
        if request.key:
            unit.companions.append(self._answers.keep(key, digest, answer))
        if not unit.pending:
            self._note(self.sequence)
            if not unit.companions:
                return answer
        try:
            self._save(unit)
        except IntegrityError:
            # Another command was quicker, or this one was committed before its connection broke.
            if not (unit.pending and self._is_recorded(unit.pending[0])):
                return None
            self._note(self.sequence)
        return answer

    def _decided(self, declared: Declared, command: Asked, request: Request, *, remembered: bool) -> UnitOfWork:
        """The command's facts, decided first on states as they are in memory.

        Facts are saved only if those states still stand. A refusal, or that there is nothing to record, is not saved:
        it counts once it is decided on what the database has.
        """
        unit = self.unit_of_work(request, remembered=remembered)
        with closing(unit):
            try:
                declared.handler(command, unit)
            except Refusal:
                if not remembered:
                    raise
        if remembered and not unit.pending:
            return self._decided(declared, command, request, remembered=False)
        return unit

    def unit_of_work(self, request: Request, *, remembered: bool = False) -> UnitOfWork:
        """A command in progress, not yet decided; to be closed. Also for a check that records nothing.

        ``remembered``: decide on states as this process has them in memory.
        """
        return UnitOfWork(
            self.store,
            self.views,
            request,
            self._clock,
            self._new_id,
            self._people_key,
            self._asking,
            remembered=remembered,
        )

    @property
    def sequence(self) -> int:
        """The source's highest sequence number so far; 0 when it has recorded nothing."""
        return self.store.recorder.max_notification_id() or 0

    @property
    def reached(self) -> int:
        """A sequence number of the source that covers every answer given by this process so far.

        It asks the database only after an answer that this process may not have recorded itself.
        """
        return self._note(self.sequence) if self._reached is None else self._reached

    def _note(self, sequence: int) -> int:
        """Note that the source has come so far. Threads may note in any order: it never goes back."""
        with self._reaching:
            self._reached = max(self._reached or 0, sequence)
            return self._reached

    def _save(self, unit: UnitOfWork) -> None:
        if not unit.pending:
            self.store.source_recorder.insert_events([], companions=unit.companions)
            return
        with self._telemetry.span(
            f"save {unit.pending[0].envelope.type}", attributes={"folkmoot.facts": len(unit.pending)}
        ):
            recordings = self.store.save(*unit.pending, companions=unit.companions, read=unit.read)
        unit.saved()
        sequence = max(recording.notification.id for recording in recordings)
        self._note(sequence)
        self._saved(sequence)

    def _is_recorded(self, recorded: StoredFact) -> bool:
        return any(r.envelope.id == recorded.envelope.id for r in self.store.facts_of(recorded.originator_id))


def allow(declared: Declared, command: Asked, principal: Principal, partnership: str) -> None:
    """Check role, partnership and organisation. Raises ``Forbidden``, which names what is missing (design 12)."""
    if principal.partnership is not None and principal.partnership != partnership:
        raise Forbidden(f"Your token is for the partnership {principal.partnership!r}, not {partnership!r}.")
    held = declared.roles & principal.roles
    if not held and Role.SERVICE not in principal.roles:
        wanted = ", ".join(sorted(declared.roles))
        own = ", ".join(sorted(principal.roles))
        raise Forbidden(f"{declared.name} needs one of the roles {wanted}; your token has {own}.")
    if declared.acts_for and held == {Role.PARTNER}:
        named = getattr(command, declared.acts_for)
        if named != principal.organisation:
            raise Forbidden(f"Your token is for {principal.organisation!r}, but {declared.acts_for} is {named!r}.")
