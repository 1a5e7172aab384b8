"""Checks a directory from the command line, with only the standard library. An export's ``verify.py`` runs this."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from typing import TextIO, TypeVar

from . import ed25519
from .audit import AuditResult, audit
from .files import Directory
from .merkle import ProofFailed
from .policy import Policy
from .sources import SourceKeys, Verify

REPORT_INTERVAL_S = 5
MAX_WORKERS = 8
SLOW = (
    "The Python package cryptography is not installed. The services' signatures are checked without it, which takes"
    " some milliseconds for each."
)

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None, default: str = ".", verify: Verify | None = None) -> int:
    """Check a directory and print the result. Returns the exit code: 0 if everything is right, else 1.

    ``default``: the directory to check if none is named. ``verify`` checks an Ed25519 signature; None does it in plain
    Python, which is slow.
    """
    parser = argparse.ArgumentParser(description="Check that a log is whole and unchanged since it was recorded.")
    parser.add_argument("directory", nargs="?", default=default, help="the log's directory; default: here")
    parser.add_argument("--policy", metavar="FILE", help="whose signatures to trust; do not get it from the operator")
    parser.add_argument("--source-keys", metavar="FILE", help="the services' keys; do not get them from the operator")
    asked = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if verify is None:
        print(SLOW, file=sys.stderr)
    said, failed = checked(
        lambda: sentences(
            audit(
                Directory(asked.directory),
                read_policy(asked.policy) if asked.policy else None,
                workers(),
                _lines(sys.stderr),
                source_keys=read_source_keys(asked.source_keys) if asked.source_keys else None,
                verify=verify or ed25519.verify,
            )
        )
    )
    print("\n".join(said))
    return int(failed)


def checked(check: Callable[[], Sequence[str]]) -> tuple[list[str], bool]:
    """The sentences to print for a check, and whether it failed. The check returns its own sentences if it succeeds."""
    try:
        return [printable(sentence) for sentence in check()], False
    except ProofFailed as error:
        return [f"REFUSED: {printable(str(error))}"], True
    except (OSError, BrokenExecutor) as error:
        return [f"REFUSED: the check could not be completed: {printable(str(error))}"], True
    except KeyboardInterrupt:
        return ["REFUSED: the check was stopped before it was complete."], True


def read_policy(path: str | os.PathLike[str]) -> Policy:
    """The policy in a file. Raises ``ProofFailed``."""
    return _read(path, Policy.parse)


def read_source_keys(path: str | os.PathLike[str]) -> SourceKeys:
    """The register of services' keys in a file. Raises ``ProofFailed``."""
    return _read(path, lambda data: SourceKeys.parse(data.decode(errors="surrogateescape")))


def _read(path: str | os.PathLike[str], parse: Callable[[bytes], T]) -> T:  # noqa: UP047 - for Python 3.9
    try:
        with open(path, "rb") as file:
            return parse(file.read())
    except OSError as error:
        raise ProofFailed(f"{path} cannot be read: {error.strerror}.") from None
    except ProofFailed as error:
        raise ProofFailed(f"{path}: {error}") from None


def workers() -> int:
    """The best number of processes on this machine."""
    return min(os.cpu_count() or 1, MAX_WORKERS)


def sentences(found: AuditResult) -> list[str]:
    """The result, in sentences."""
    origin, size, root, _ = found.verified.checkpoint
    logs = ", ".join(f"{key.name} (key {key.key_id.hex()})" for key in found.verified.logs)
    said = [
        f"All correct: {size:,} entries of {origin}, root {root.hex()}.",
        f"Signed by {logs}; cosigned by {', '.join(found.verified.witnesses) or 'no witness'}.",
    ]
    if found.signers:
        signers = "; ".join(f"{each.source} {each.entries:,} (key {', '.join(each.keys)})" for each in found.signers)
        said.append(f"Every entry is signed by its service: {signers}.")
    if found.earlier:
        said.append(f"It continues every checkpoint kept here, of sizes {', '.join(_shortened(found.earlier))}.")
    if found.own_policy:
        said.append("The log itself said whose signatures to trust. Compare its policy with a copy from elsewhere.")
    if found.own_source_keys and found.signers:
        said.append("The log itself gave the services' keys. Compare sources/keys with a register from elsewhere.")
    return [*said, "This shows that the record is unchanged since it was made, not that what was recorded is true."]


def _shortened(sizes: Sequence[int]) -> list[str]:
    """The first and the last of many numbers.

    >>> _shortened(range(1000, 1009))
    ['1,000', '1,001', '…', '1,007', '1,008']
    """
    shown = [f"{size:,}" for size in sizes]
    return shown if len(shown) <= 4 else [*shown[:2], "…", *shown[-2:]]


def printable(text: str) -> str:
    """The text, with characters that could affect a terminal written as escapes."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _lines(output: TextIO) -> Callable[[int, int], None]:
    """Prints the progress every few seconds."""
    due = time.monotonic() + REPORT_INTERVAL_S

    def report(done: int, size: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + REPORT_INTERVAL_S
            print(f"{done:,} of {size:,} entries", file=output, flush=True)

    return report
