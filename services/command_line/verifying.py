"""``folkmoot verify``: checks a log in a directory or at a web address, a dossier, or one event by its receipt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

import httpx2
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from shared.proofs import dossier, tlog_proof
from shared.proofs.audit import audit
from shared.proofs.files import Directory, Files, lines_of
from shared.proofs.merkle import Malformed, ProofFailed
from shared.proofs.plain import checked, read_policy, read_source_keys, sentences, workers
from shared.proofs.tiles import MAX_BYTES as MAX_ENTRY
from shared.proofs.tlog_proof import TlogProof
from shared.runtime.identity import signing

TIMEOUT_S = 30.0


class Website:
    """The files of a log at a web address: a ledger, or an export on any web server."""

    def __init__(self, address: str, token: str | None = None) -> None:
        """``token``: an auditor's, which a ledger's entries need."""
        self._address = address.rstrip("/")
        self._token = token

    def read(self, path: str, most: int) -> bytes:
        data = bytearray()

        def keep(part: bytes) -> None:
            data.extend(part)
            if len(data) > most:
                raise Malformed(f"{path} has more than the {most} bytes that it can have.")

        self._fetch(path, keep)
        return bytes(data)

    def lines(self, path: str) -> Iterator[str]:
        # Through a file, because checking them takes longer than a server waits.
        with TemporaryFile() as file:
            self._fetch(path, file.write)
            file.seek(0)
            yield from lines_of(file, path)

    def names(self, directory: str) -> list[str]:
        """None: a web server does not list directories."""
        return []

    def _fetch(self, path: str, keep: Callable[[bytes], object]) -> None:
        try:
            with _client(self._token, os.getpid()).stream("GET", f"{self._address}/{path}") as response:
                if response.status_code == 404:
                    raise ProofFailed(f"{path} is missing.")
                if response.status_code in (401, 403):
                    raise ProofFailed(f"{path} cannot be read: it needs an auditor's token (--token).")
                if response.status_code != 200:
                    raise ProofFailed(f"{path} cannot be read: the answer is {response.status_code}.")
                for part in response.iter_bytes():
                    keep(part)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ProofFailed(f"{path} cannot be read: {error or type(error).__name__}.") from None


@cache
def _client(token: str | None, process: int) -> httpx2.Client:
    """One client for each process, because a worker must not use connections from before its fork."""
    return httpx2.Client(headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=TIMEOUT_S)


def verify(files: Files, policy: Path | None, source_keys: Path | None, console: Console) -> int:
    """Check a log. Prints the result on standard output and the progress on the console. Returns the exit code."""
    columns = (TextColumn("Checking"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[at]}"))
    # Workers are forked while the bar is shown. No thread draws it, because forking a process with threads is unsafe.
    with Progress(*columns, TimeRemainingColumn(), console=console, auto_refresh=False, transient=True) as progress:
        bar = progress.add_task("", at="")

        def report(done: int, size: int) -> None:
            if progress.tasks[bar].completed + size / 200 <= done or done == size:
                progress.update(bar, completed=done, total=size, at=f"{done:,} of {size:,} entries", refresh=True)

        said = checked(
            lambda: sentences(
                audit(
                    files,
                    read_policy(policy) if policy else None,
                    workers(),
                    report,
                    source_keys=read_source_keys(source_keys) if source_keys else None,
                    verify=signing.verify,
                )
            )
        )
    return _print_result(*said)


def is_dossier(target: str) -> bool:
    """Whether this is the directory of an unpacked dossier. A directory with a log is a log, whatever else it has."""
    return (Path(target) / dossier.EVENTS).is_dir() and not (Path(target) / "tile").exists()


def verify_dossier(directory: str, policy: Path | None) -> int:
    """Check an unpacked dossier and print the result. Returns the exit code."""
    return _print_result(
        *checked(lambda: dossier.sentences(dossier.check(directory, read_policy(policy) if policy else None)))
    )


def verify_receipt(event: Path, receipt: Path, policy: Path) -> int:
    """Check that the exact bytes in this file are in the log, and print the result. Returns the exit code."""

    def check() -> list[str]:
        believed = read_policy(policy)
        entry = Directory(event.parent).read(event.name, MAX_ENTRY)
        proof = TlogProof.parse(Directory(receipt.parent).read(receipt.name, tlog_proof.MAX_BYTES))
        verified = proof.verify(entry, believed)
        origin, size, root, _ = verified.checkpoint
        logs = ", ".join(f"{key.name} (key {key.key_id.hex()})" for key in verified.logs)
        return [
            f"Correct: {event.name} is entry {proof.position} of {origin}, which has {size:,}, root {root.hex()}.",
            f"Signed by {logs}; cosigned by {', '.join(verified.witnesses) or 'no witness'}.",
            "This shows that it is unchanged since it was recorded, not that it is true.",
        ]

    return _print_result(*checked(check))


def _print_result(said: list[str], failed: bool) -> int:
    for sentence in said:
        print(sentence)
    return int(failed)


def source_of(target: str, token: str | None) -> Files:
    """The log at a web address or in a directory."""
    return Website(target, token) if target.startswith(("http://", "https://")) else Directory(target)
