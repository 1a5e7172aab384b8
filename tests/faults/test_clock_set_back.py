"""A clock is set back an hour while eight writers a service write: order is by position, and nothing is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from board import ask, defer, meet, open_reserve
from faults.apart import Divided, divided_platform
from faults.writers import WriterLoad, until

from services.ledger.log import LOCK
from shared.runtime.ground.clock import now

pytestmark = pytest.mark.slow

EACH = 100
HOUR = dt.timedelta(hours=1)


class SetBack:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.by = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return now() - self.by


@pytest.fixture(scope="module")
def clock() -> SetBack:
    return SetBack()


@pytest.fixture(scope="module")
def divided(short_directory: Path, clock: SetBack) -> Iterator[Divided]:
    """The ledger is on another machine, whose clock is right: so the two are an hour apart as well."""
    with divided_platform(short_directory, clock) as found:
        yield found


@pytest.fixture(autouse=True)
def right_at_first(clock: SetBack) -> None:
    clock.by = dt.timedelta()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["back", "forward-and-back"])
def test_the_order_is_that_of_recording_whatever_the_clock_says(
    divided: Divided, partnership: str, clock: SetBack, by: dt.timedelta
) -> None:
    load = WriterLoad(divided.platform, partnership, EACH)
    load.prepare()
    with load.writing():
        load.wait_until_acknowledged(0.3)
        clock.by = by
        # The next ledger has seen no token of these services: it checks them all by its own clock.
        divided.ledger.kill()
        divided.ledger.start()
        load.wait_until_acknowledged(0.6)
        clock.by = max(by, dt.timedelta())
    load.assert_nothing_lost_nothing_twice(divided.database_url)
    load.assert_seen_by_callers()
    with psycopg.connect(divided.database_url) as connection:
        rows = connection.execute("SELECT recorded_at FROM ledger.entry ORDER BY position").fetchall()
    assert any(earlier - later > HOUR / 2 for (earlier,), (later,) in pairwise(rows))


@pytest.mark.timeout(120)
def test_what_follows_from_a_decision_follows_though_the_clock_was_set_back_between(
    divided: Divided, partnership: str, clock: SetBack
) -> None:
    clerk = divided.platform.caller("clerk", partnership)
    open_reserve(clerk)
    ask(clerk, "worker")
    meet(clerk, ["worker"])
    with psycopg.connect(divided.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))  # no one learns of the decision
        clerk.marks.clear()
        defer(clerk, "worker", happened_at=None)
        clerk.marks.clear()
        clock.by = HOUR
    history = "/history/request/worker"
    until(lambda: len(clerk.get("funding", history).json()) == 2, "the request is not deferred")
    (decided,) = (e for e in clerk.get("meetings", "/history/meeting/m-1").json() if "decision" in e["type"])
    _, deferred = clerk.get("funding", history).json()
    assert deferred["happened_at"] == decided["happened_at"]
    assert deferred["recorded_at"] >= decided["recorded_at"]
    assert clerk.get("meetings", "/awaiting", kind="effect_refused").json() == []


@pytest.mark.timeout(60)
def test_a_time_from_a_better_clock_is_refused_with_a_remedy(
    divided: Divided, partnership: str, clock: SetBack
) -> None:
    clerk = divided.platform.caller("clerk", partnership)
    clock.by = HOUR
    reserve = {"reserve": "reserve", "name": "A reserve"}
    refused = clerk.post("funding", "/reserves", {**reserve, "happened_at": now().isoformat()})
    assert refused.json()["type"] == "/problems/not-yet-happened"
    assert "leave out happened_at" in refused.json()["remedy"]
    clerk.does("funding", "/reserves", reserve)
