"""Disks that a test can fill or cut off. Only root can make them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(where: Path, mebibytes: int, mode: str = "755") -> Iterator[None]:
    """A file system of this many MiB at this directory. Skips the test if none can be made."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount the small disk that this test fills")
    where.mkdir(exist_ok=True)
    options = f"size={mebibytes}M,mode={mode}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(where)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"the small disk that this test fills cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


@contextmanager
def full(disk: Path, *, but: int = 0) -> Iterator[None]:
    """While the block runs the disk is full, except for ``but`` bytes."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 2**12):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
        file.truncate(file.tell() - but)
    try:
        yield
    finally:
        filler.unlink()
