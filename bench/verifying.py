"""How fast an auditor checks a log: every hash and every signature, with the exported ``verify.py``."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure
from bench.history import recorded
from bench.signing import SIGNED_TOGETHER
from bench.written import LOG, write_log
from shared.runtime.identity.signing import verify

NEW_SUBJECTS = 1_000_000
SINGLE = 100_000


async def every_hash(directory: Path, size: int) -> Figure:
    """An export of a long history, some facts on each subject."""
    return await _against_hashing(directory, size, f"verify, {SIGNED_TOGETHER} events a signature")


async def of_new_subjects() -> Figure:
    """Each event on a subject of its own."""
    with tempfile.TemporaryDirectory() as name:
        entries = (each.entry for each in recorded("projects", NEW_SUBJECTS, 1))
        size = await asyncio.to_thread(write_log, Path(name), "projects", entries, SIGNED_TOGETHER)
        return await _against_hashing(Path(name), size, "verify, every subject new")


async def of_single_signatures() -> Figure:
    """Each event signed by itself."""
    message = bytes(100)
    signature = LOG.sign(message)
    began = time.perf_counter()
    for _ in range(10_000):
        verify(LOG.verifier.public, message, signature)
    bare = 10_000 / (time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as name:
        entries = (each.entry for each in recorded("projects", SINGLE, 10))
        size = await asyncio.to_thread(write_log, Path(name), "projects", entries, 1)
        rate = await _rate(Path(name), size)
    return Figure(
        "verify, one event a signature",
        f"{rate:,.0f} events a second",
        f"bare Ed25519 verification on one core: {bare:,.0f}",
        f"{rate / bare:.2f} of it",
        "0.8 of it",
        rate >= 0.8 * bare,
    )


async def _against_hashing(directory: Path, size: int, what: str) -> Figure:
    sizes = [path.stat().st_size for path in sorted((directory / "tile/entries").rglob("*")) if path.is_file()]
    entry = os.urandom(sum(sizes) // size)
    began = time.perf_counter()
    for _ in range(200_000):
        hashlib.sha256(entry)
    hashing = 200_000 / (time.perf_counter() - began)
    rate = await _rate(directory, size)
    return Figure(
        what,
        f"{rate:,.0f} events a second",
        f"sha256 alone: {hashing:,.0f}",
        f"{rate / hashing:.2f} of it",
        "250,000 a second",
        rate >= 250_000,
    )


async def _rate(directory: Path, size: int) -> float:
    began = time.perf_counter()
    child = await asyncio.create_subprocess_exec(sys.executable, str(directory / "verify.py"))
    assert await child.wait() == 0, "the log is refused"
    return size / (time.perf_counter() - began)
