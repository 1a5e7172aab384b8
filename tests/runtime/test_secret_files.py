"""Secrets in files: the first process creates them, and all use the same one."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shared.runtime.identity.secret_files import UnusableSecret, read_secret

PEOPLE_KEY = """
from shared.runtime.identity.sealing import PeopleKey
print(PeopleKey.open(path, random=random).secret_for("test").hex())
"""
ISSUER = """
from shared.runtime.ground.clock import now
from shared.runtime.identity.local_issuer import LocalIssuer
print(LocalIssuer.open(path, now, random=random)._key.kid)
"""
WAITING = """
import os, pathlib, sys
path = pathlib.Path(sys.argv[1])
def random(size):
    # The file was missing: now wait until the others, too, have seen that.
    print("making", flush=True)
    sys.stdin.read()
    return os.urandom(size)
"""


@pytest.mark.parametrize("program", [PEOPLE_KEY, ISSUER])
def test_processes_that_start_at_once_share_one_secret(tmp_path: Path, program: str) -> None:
    path = tmp_path / "secrets" / "one.key"
    command = [sys.executable, "-c", WAITING + program, str(path)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "making\n"
    # The first starts alone, so that overwriting its secret would be seen; then all others at once.
    secrets = {processes[0].communicate()[0]}
    for process in processes[1:]:
        assert process.stdin
        process.stdin.close()
    for process in processes[1:]:
        assert process.stdout
        with process.stdout:
            secrets.add(process.stdout.read())
        assert process.wait() == 0
    assert len(secrets) == 1
    assert secrets != {""}
    assert [entry.name for entry in path.parent.iterdir()] == ["one.key"]


def test_a_secret_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secrets" / "one.key"
    assert read_secret(path, lambda: b"secret") == b"secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_secret_that_is_there_is_never_made_again(tmp_path: Path) -> None:
    path = tmp_path / "one.key"
    path.write_bytes(b"mounted")
    assert read_secret(path, lambda: b"another") == read_secret(path) == b"mounted"


def test_a_making_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise OSError("no randomness")

    with pytest.raises(OSError, match="no randomness"):
        read_secret(tmp_path / "one.key", fail)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableSecret, match=r"there is no secret at .*one\.key"):
        read_secret(tmp_path / "one.key")
