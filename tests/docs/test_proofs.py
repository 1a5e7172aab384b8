"""``docs/proofs.md``: its commands work when typed by hand, and the files it names exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from written_logs import event, write_log

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs/proofs.md").read_text()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path, [event(number) for number in range(600)])


def run(command: list[str], log: Path) -> str:
    done = subprocess.run(command, cwd=log, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_root_by_hand_is_the_one_in_the_checkpoint(log: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    _, size, root, *_ = (log / "checkpoint").read_text().splitlines()
    assert run([sys.executable, "-I", "-c", code], log) == f"{size} {root}\n"


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs OpenSSL's command")
def test_openssl_checks_the_signature(log: Path) -> None:
    (code,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert "Signature Verified Successfully" in run(["sh", "-e", "-c", code], log)
    (log / "checkpoint").write_bytes((log / "checkpoint").read_bytes().replace(b"\n600\n", b"\n601\n"))
    done = subprocess.run(["sh", "-e", "-c", code], cwd=log, capture_output=True, text=True, check=False)
    assert done.returncode == 1


def test_every_file_it_names_is_there() -> None:
    for name in re.findall(r"`(\w+\.py)`", PAGE):
        assert (TOP / "shared/proofs" / name).exists() or name == "verify.py", name
