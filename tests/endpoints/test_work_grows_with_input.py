"""Eight times the input is about eight times the work, wherever a sender or a long record decides how much there is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fixtures_platform import RunningPlatform

from services import catalogue
from services.partners import spreadsheet
from services.partners.intake import offers_of
from shared.runtime.endpoints.problems import BadRequest
from shared.values.deferrals import taken_up_by

TIMES = 8
MOST = 24.0
"""Between 8, for work in proportion, and 64, for work with the square."""

READING = offers_of({name: each.commands for name, each in catalogue.DECIDING.items()})["projects.read_measure.v1"]


def grows(work: Callable[[int], object], size: int) -> float:
    """How much more CPU the work takes for eight times the size: the best of three each."""
    return best(work, TIMES * size) / max(best(work, size), 1e-4)


def best(work: Callable[[int], object], size: int) -> float:
    taken = []
    for _ in range(3):
        began = time.process_time()
        work(size)
        taken.append(time.process_time() - began)
    return min(taken)


def rows(text: str) -> list[Any]:
    return spreadsheet.rows(text.encode(), READING.declared, "county-council", lambda event: b"digest")


def refused(text: str) -> None:
    with pytest.raises(BadRequest):
        rows(text)


HEAD = "project,measure,value,period_starts,period_ends,reported_by,note"
ROW = "programme,referrals,4,2014-07-01,2014-09-30,county-council,"


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(lambda n: refused(",".join(f"c{i}" for i in range(n))), id="names in the first row"),
        pytest.param(lambda n: refused("project" + "," * n + "x"), id="columns without a name"),
        pytest.param(lambda n: rows(HEAD + "," * n + "\n" + f"{ROW}\n" * (n // 100)), id="empty columns, many rows"),
        pytest.param(lambda n: rows(HEAD + "\n" + ("," * (n // 10) + "\n") * 10), id="wide empty rows"),
        pytest.param(lambda n: rows(HEAD + "\n" * n), id="empty rows"),
        pytest.param(lambda n: rows(f"{HEAD}\n{ROW}{'[' * n}"), id="brackets in a cell"),
    ],
)
def test_a_spreadsheet(work: Callable[[int], object]) -> None:
    assert grows(work, 12_000) < MOST


def test_a_file_of_many_columns_and_rows_is_read_in_a_moment() -> None:
    """1,000 rows under a first row with 900,000 empty columns: a thousand million cells if each were looked at."""
    began = time.process_time()
    assert len(rows(HEAD + "," * 900_000 + "\n" + f"{ROW}\n" * 1000)) == 1000
    assert time.process_time() - began < 5


@dataclass(frozen=True)
class Decided:
    decision: str
    outcome: str
    about: dict[str, str] = field(default_factory=dict)
    meeting: str = "first"


def register(size: int) -> list[Decided]:
    """Matters that were deferred, and the decisions that took every second of them up."""
    about = [{"kind": "project", "id": f"p-{number}"} for number in range(size)]
    deferred = [Decided(f"d-{number}", "deferred", each) for number, each in enumerate(about)]
    return deferred + [Decided(f"a-{n}", "agreed", each, "second") for n, each in enumerate(about) if n % 2]


def test_what_is_still_deferred() -> None:
    def work(size: int) -> None:
        found = list(taken_up_by(register(size), set()))
        assert sum(later is None for _, later in found) == size // 2

    assert grows(work, 1_000) < MOST


def test_one_matter_that_is_deferred_again_and_again() -> None:
    def work(size: int) -> None:
        about = {"kind": "project", "id": "p"}
        decisions = [Decided(f"d-{number}", "deferred", about, f"m-{number}") for number in range(size)]
        found = list(taken_up_by(decisions, set()))
        assert [later.decision if later else None for _, later in found] == [*(f"d-{n}" for n in range(1, size)), None]

    assert grows(work, 1_000) < MOST


def test_a_head_full_of_cookies_stops_nobody(platform: RunningPlatform) -> None:
    """Python's own parser of cookies takes seconds for this one (CVE-2024-7592)."""
    clerk = platform.caller("clerk", "cookie-area")
    clerk.get("membership", "/groups")
    began = time.process_time()
    cookie = 'Folkmoot-At-membership=0; a="' + "\\\\" * 30_000 + '"'
    answer = clerk.client.get("/membership/cookie-area/groups", headers={"Cookie": cookie})
    assert answer.status_code == 200
    assert time.process_time() - began < 2
