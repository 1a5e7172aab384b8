"""Secrets in files: the first process creates each once, and only their owner can read them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

Randomness = Callable[[int], bytes]
"""Gives this many unpredictable bytes, like ``os.urandom``."""


class UnusableSecret(Exception):
    """A secret file is missing or does not hold what it should. The message names the file and what to put there."""


def read_secret(path: Path, make: Callable[[], bytes] | None = None) -> bytes:
    """The content of the file. If it is missing, ``make`` gives its content; without ``make`` this is refused.

    Any number of processes can start at once. The content is written and synced under another name, then linked to the
    final name, which only one process can do. So no process ever reads half a secret, even after a crash, and all use
    the same one. The file has mode 0600, its directory 0700. Raises ``UnusableSecret``.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if make is None:
            raise UnusableSecret(f"there is no secret at {path}: mount it there, or create one") from None
    draft = _draft(path, make())
    try:
        with contextlib.suppress(FileExistsError):  # Another process was first, and its secret counts.
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_directory(path.parent)
    return path.read_bytes()


def replace_secret(path: Path, content: bytes) -> None:
    """Replace the file's content, synced, with mode 0600. After a crash the file has the old content or the new."""
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
    # Before the first use: if a power cut loses a key file's name, nothing sealed with the key can be opened again.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
