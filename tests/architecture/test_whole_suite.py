"""A suite that has lost tests fails, with workers or without; so does one that says it may have far fewer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TREE = """
[tool.pytest.ini_options]
testpaths = ["."]
pythonpath = ["{plugins}"]
markers = ["slow"]
"""


def run(tree: Path, least: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a suite of twenty tests that must have at least so many."""
    (tree / "pyproject.toml").write_text(TREE.format(plugins=TESTS))
    (tree / "tests").mkdir()
    (tree / "tests" / "least_tests.txt").write_text(f"{least}\n")
    (tree / "test_some.py").write_text("\n".join(f"def test_{number}(): pass" for number in range(20)))
    # Only what is looked at is loaded: other plugins take longer than the tests.
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "whole_suite", *options]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("least", "status", "says"),
    [
        (21, pytest.ExitCode.TESTS_FAILED, "1 tests are missing"),
        (20, pytest.ExitCode.OK, "20 tests collected; the whole suite has at least 20"),
        (19, pytest.ExitCode.TESTS_FAILED, "Write 20 into tests/least_tests.txt"),
    ],
)
def test_a_lost_test_is_missed(tmp_path: Path, workers: str, least: int, status: int, says: str) -> None:
    done = run(tmp_path, least, "-n", workers)
    assert (done.returncode, says in done.stdout) == (status, True), done.stdout + done.stderr


@pytest.mark.parametrize("options", [["-k", "test_1"], ["-m", "not slow"], ["test_some.py"]])
def test_a_part_of_the_suite_may_be_run_alone(tmp_path: Path, options: list[str]) -> None:
    assert run(tmp_path, 50, *options).returncode == pytest.ExitCode.OK
