"""Secrets in files: made once by whichever process comes first, readable by their owner alone."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

Randomness = Callable[[int], bytes]
"""Gives so many unpredictable bytes, as ``os.urandom`` does."""


class UnusableSecret(Exception):
    """A secret file is missing or does not hold what it should. The message names the file and what to put there."""


def read_secret(path: Path, make: Callable[[], bytes] | None = None) -> bytes:
    """What the file holds. A missing file is written first with what ``make`` gives, or refused without ``make``.

    Any number of processes may start at once: the content is written and synced under another name, then linked to
    the final one, which only one of them can do. So nobody ever reads half a secret, after a crash neither, and all
    go on with the same one. The file is made with mode 0600, its directory with 0700.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if make is None:
            raise UnusableSecret(f"there is no secret at {path}: mount it there, or have one made") from None
    draft = _draft(path, make())
    try:
        with contextlib.suppress(FileExistsError):  # Another process was first: its secret is the one that holds.
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_directory(path.parent)
    return path.read_bytes()


def replace_secret(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of the file's, synced, with mode 0600: after a crash the old or the new is there."""
    _draft(path, content).replace(path)
    _sync_directory(path.parent)


def _draft(path: Path, content: bytes) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        os.unlink(draft)
        raise
    return Path(draft)


def _sync_directory(directory: Path) -> None:
    # Before the first use: what was sealed with a key whose name a power cut forgets could never be opened again.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
