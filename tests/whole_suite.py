"""A pytest plugin: distributes the suite to workers, and checks that it loses no test.

Each worker of pytest-xdist has a PostgreSQL, a NATS and, if a test asks for it, a platform of its own. A file goes to
one worker, so that what its module or session fixtures cost is paid once; the slow files go first, so that no worker is
left alone with one at the end.

The number of tests is printed. When all of them were asked for and there are fewer than ``tests/least_tests.txt`` says,
the run fails. It also fails when there are over 5% more: a floor far below says nothing. If you add tests, raise it to
the number printed. If you remove tests, lower it in the same commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

TOGETHER = dict.fromkeys(("tests/dossier/", "tests/scenario/", "tests/partners/test_quick_starts.py"), "cannock_chase")
"""What shares a costly fixture, and goes to one worker."""
ROOM = 1.05
"""How many times the floor there may be before it must be raised."""

collected: set[str] = set()
"""The tests of this run."""


class Files(LoadScopeScheduling):
    """Distributes whole files, in their order."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((shared for folder, shared in TOGETHER.items() if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Files:
    return Files(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, the others in their order."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish(session: pytest.Session) -> None:
    collected.update(item.nodeid for item in session.items)


def pytest_xdist_node_collection_finished(node: WorkerController, ids: Sequence[str]) -> None:
    collected.update(ids)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run fails when the whole suite has too few tests, or its floor is too low."""
    if _complaint(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"{len(collected)} tests collected; the whole suite has at least {_least(config)}")
    if complaint := _complaint(config):
        terminalreporter.write_line(complaint, red=True)


def _least(config: pytest.Config) -> int:
    return int((config.rootpath / "tests" / "least_tests.txt").read_text())


def _complaint(config: pytest.Config) -> str | None:
    """The fault in the number of tests, if any."""
    partly = any(getattr(config.option, name, None) for name in ("keyword", "markexpr", "lf", "ignore", "deselect"))
    if partly or config.args_source is not pytest.Config.ArgsSource.TESTPATHS or hasattr(config, "workerinput"):
        return None
    least = _least(config)
    if len(collected) < least:
        return f"{least - len(collected)} tests are missing. If you removed them, lower tests/least_tests.txt."
    if len(collected) > least * ROOM:
        return f"Write {len(collected)} into tests/least_tests.txt, so that none of the new tests is lost unseen."
    return None
