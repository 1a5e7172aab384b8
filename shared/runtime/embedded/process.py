"""One embedded server as a process: the first user starts it, and the others find it running.

A server is alive exactly while its *life lock* is held: the starter takes an exclusive ``flock`` on a file, and the
child inherits the open file. The kernel frees the lock when the last process that holds it has ended. So, unlike a pid
file, the lock is always right: after ``kill -9`` of the starter (the server runs on and is adopted), after ``kill -9``
of the server (the lock is free and the next user starts it again), and after a reboot.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 60.0
"""Seconds a server may take until it answers. One is usual, but PostgreSQL replays its log after a crash."""
MIN_FREE_BYTES = 32 * 2**20
"""The least free space on a server's disk. PostgreSQL writes its log in files of 16 MiB, and needs one to recover."""
RETRY_PAUSE_S = 0.02
"""Seconds between checks of a server that is starting or stopping."""


class EmbeddedFailure(RuntimeError):
    """An embedded server did not start or stop. The message says what failed, what to do, and where its log is."""


@dataclass(frozen=True)
class Account:
    """Another account to run a program as. Only root can do that."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    """A command that changes to the account and then becomes the program; if empty, a system call does it."""


class ServerProcess:
    """The life of one server program in a data directory: its lock, its log, its signals."""

    def __init__(self, title: str, program: str, data: Path, pid_file: Path) -> None:
        """``title`` is for people (``PostgreSQL``). ``program`` names the executable, the log and the lock.

        The server itself writes ``pid_file``. Its first line is the process to signal.
        """
        self.title = title
        self.log = data / f"{program}.log"
        self._program = program
        self._pid_file = pid_file
        self._lock = data / f"{program}.lock"
        self._child: subprocess.Popen[bytes] | None = None
        self._log_began = 0

    @contextmanager
    def claim(self) -> Iterator[int | None]:
        """The life lock's file descriptor, for ``launch``, if the server is not alive; else None."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield descriptor
        finally:
            os.close(descriptor)  # a launched child keeps the lock through its own copy

    def alive(self) -> bool:
        """Whether any process of the server is running."""
        with self.claim() as claim:
            return claim is None

    def pid(self) -> int | None:
        """The process in the pid file, if it runs our program. Pids are reused, so a number alone proves nothing."""
        try:
            pid = int(self._pid_file.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if _program_of(pid) == self._program else None

    def run(self, command: Sequence[str], claim: int, account: Account | None) -> None:
        """Run a setup program to its end under the life lock. Raises EmbeddedFailure with its output."""
        child = self._spawn(command, claim, account, subprocess.PIPE)
        said, _ = child.communicate()
        if child.returncode != 0:
            name = Path(command[0]).name
            raise EmbeddedFailure(f"{self.title} could not be prepared. {name} said:\n{said.decode(errors='replace')}")

    def launch(self, command: Sequence[str], claim: int, account: Account | None = None) -> None:
        """Start the server. It inherits the life lock and writes to the log."""
        with self.log.open("ab") as log:
            self._log_began = log.tell()
            self._child = self._spawn(command, claim, account, log.fileno())

    def _spawn(self, command: Sequence[str], claim: int, account: Account | None, out: int) -> subprocess.Popen[bytes]:
        change = account is not None and not account.prefix
        return subprocess.Popen(
            [*(account.prefix if account else ()), *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            pass_fds=(claim,),
            start_new_session=True,  # Ctrl-C in the terminal is for us, and we stop the servers in order
            user=account.uid if account and change else None,
            group=account.gid if account and change else None,
            extra_groups=[] if change else None,
            # PGPORT, PGDATA, LANG and others from the user's shell would change the servers' behaviour.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd="/",
        )

    def end(self, signals: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send each signal in turn, and wait for its seconds, until no process of the server is left."""
        for sign, seconds in signals:
            for pid in self._signalled():
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
            deadline = time.monotonic() + seconds
            while self.alive():
                if time.monotonic() > deadline:
                    break
                time.sleep(RETRY_PAUSE_S)
            else:
                if self._child is not None:
                    self._child.wait()
                    self._child = None
                return
        raise self.failure("does not stop", "Stop its processes by hand.")

    def _signalled(self) -> set[int]:
        written = self.pid()
        pids = set() if written is None else {written}
        if self._child is not None and self._child.poll() is None:
            pids.add(self._child.pid)  # it may not have written its pid file yet
        return pids

    def failure(self, what: str, remedy: str) -> EmbeddedFailure:
        """An error about this server, with a remedy and the last lines of its log (only since our launch, if any)."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(self._log_began, log.seek(0, os.SEEK_END) - 10_000))
                said = "\n".join(log.read().decode(errors="replace").splitlines()[-12:])
        except FileNotFoundError:
            said = ""
        return EmbeddedFailure(f"{self.title} {what}. {remedy} Its log {self.log} ends with:\n{said or '(empty)'}")


def room_needed(directory: Path) -> str | None:
    """What to do if a server's disk is almost full, the usual reason why a running server ends; else None."""
    left = shutil.disk_usage(directory).free
    if left > MIN_FREE_BYTES:
        return None
    return f"The disk of {directory} has only {left // 2**20} MiB left. Free some space; no recorded data is lost."


def _program_of(pid: int) -> str:
    """The name of a process's executable; empty for an unused number or a zombie process."""
    if Path("/proc/self/cmdline").exists():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0", 1)[0]
        except OSError:
            return ""
    else:
        shown = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)
        command = shown.stdout.strip()
    return Path(command).name
