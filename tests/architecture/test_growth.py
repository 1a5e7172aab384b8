"""The cost of an event, over all events: the files that name it, and the lines to read to understand it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import mean

import pytest

from shared.contracts import publish
from shared.contracts.event import EVENTS

TOP = Path(__file__).resolve().parents[2]
MADE_BY_TOOLS = ("shared/rpc/", "/static/")
DOMAIN = ("services/membership/", "services/meetings/", "services/funding/", "services/projects/")
COUNTED = (*DOMAIN, "shared/contracts/", "shared/readmodels/", "services/reporting/")
MEAN_FILES, WORST_FILES = 4.0, 7
LINES_AN_EVENT = 110
LINES_A_FILE = 400


@cache
def product() -> dict[str, str]:
    """The text of every handwritten file of the product, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "services", "shared", "bench"], cwd=TOP, capture_output=True, text=True, check=True
    ).stdout.split()
    kinds = (".py", ".toml", ".jinja", ".html", ".css", ".sql", ".proto")
    return {
        path: (TOP / path).read_text()
        for path in listed
        if path.endswith(kinds) and not any(tool in path for tool in MADE_BY_TOOLS) and (TOP / path).exists()
    }


def files_of(name: str) -> list[str]:
    """The files that name an event: by its class, its name, or its table of phrases."""
    service, happened, _ = name.split(".")
    said = re.compile(rf"\b{EVENTS[name].__name__}\b|\b{re.escape(name)}\b")
    phrases, table = f"services/reporting/phrases/{service}.toml", f"\n[{happened}]\n"
    return [path for path, text in product().items() if said.search(text) or (path == phrases and table in text)]


def lines(text: str) -> int:
    """Those that are not empty."""
    return sum(1 for line in text.splitlines() if line.strip())


def table(rows: Iterator[tuple[int, str, str]]) -> str:
    return "\n".join(f"{number:5} {what:42} {where}" for number, what, where in sorted(rows, reverse=True))


def test_an_event_is_named_in_few_files() -> None:
    found = {name: files_of(name) for name in publish.published()}
    counts = [len(files) for files in found.values()]
    print(table((len(files), name, " ".join(files)) for name, files in found.items()))
    print(f"mean {mean(counts):.2f}, at most {MEAN_FILES}; worst {max(counts)}, at most {WORST_FILES}")
    assert mean(counts) <= MEAN_FILES
    assert max(counts) <= WORST_FILES


@pytest.mark.xfail(
    strict=True, reason="145 lines an event, 55 of them code that is the same however many events there are"
)
def test_an_event_costs_few_lines() -> None:
    sizes = {path: lines(text) for path, text in product().items() if path.startswith(COUNTED)}
    events = publish.services()
    for part in COUNTED:
        size = sum(count for path, count in sizes.items() if path.startswith(part))
        own = len(events.get(part.split("/")[1], ())) or len(publish.published())
        print(f"{size:6} lines in {part:24} {size / own:6.1f} for each of its {own} events")
    each = sum(sizes.values()) / len(publish.published())
    print(f"{each:.1f} lines an event, at most {LINES_AN_EVENT}")
    assert each <= LINES_AN_EVENT


def test_no_file_is_long() -> None:
    sizes = {path: len(text.splitlines()) for path, text in product().items()}
    long = table((count, path, "") for path, count in sizes.items() if count > LINES_A_FILE)
    assert not long, f"longer than {LINES_A_FILE} lines:\n{long}"
