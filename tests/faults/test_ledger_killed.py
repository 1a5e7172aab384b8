"""The ledger, in a process of its own, is killed while eight writers a service write: nothing is lost or slow after."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog.testing
import structlog.typing
from board import ask, defer, meet, open_reserve
from faults.apart import Divided, divided_platform
from faults.writers import TIMEOUT_S, WriterLoad, until

from services.catalogue import DECIDING
from services.ledger.intake import QUIET_S

pytestmark = pytest.mark.slow

EACH = 400
"""Commands for each service: 1,600 in all."""
KILLS = 4
FOLLOWERS = len(DECIDING) + 1
SOON = 2.0
"""Seconds within which all readers have what a restarted ledger can give them."""


@pytest.fixture(scope="module")
def divided(short_directory: Path) -> Iterator[Divided]:
    with divided_platform(short_directory) as found:
        yield found


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [20150129])
def test_nothing_is_lost_and_nothing_comes_twice_while_the_ledger_is_killed_again_and_again(
    divided: Divided, partnership: str, seed: int
) -> None:
    chance = random.Random(seed)
    load = WriterLoad(divided.platform, partnership, EACH)
    load.prepare()
    with load.writing():
        for kill in range(KILLS):
            load.wait_until_acknowledged((kill + chance.random()) / KILLS)
            divided.ledger.kill()
            divided.ledger.start()
            if chance.random() < 0.5:  # the next one dies while it catches up, and while it starts
                divided.ledger.wait_until_it_answers()
        # Commands need no ledger: all that are left are acknowledged without it.
        divided.ledger.kill()
        load.wait_until_acknowledged(1)
        divided.ledger.start()
    divided.ledger.wait_until_it_answers()
    load.assert_nothing_lost_nothing_twice(divided.database_url)
    load.assert_seen_by_callers()


@pytest.mark.timeout(120)
def test_a_ledger_that_is_back_is_followed_at_once_however_long_it_was_away(divided: Divided, partnership: str) -> None:
    load = WriterLoad(divided.platform, partnership, 8)
    load.prepare()
    with structlog.testing.capture_logs() as said:
        divided.ledger.kill()
        with load.writing():
            load.wait_until_acknowledged(1)
        # Each follower says so once, and knocks on without a word.
        until(lambda: _told(said) == FOLLOWERS, "not every follower has said that the ledger does not answer")
        divided.ledger.start()
        divided.ledger.wait_until_it_answers()
        began = time.monotonic()
        load.everything_followed()
        assert time.monotonic() - began < SOON
    assert _told(said) == FOLLOWERS
    assert sum(entry["event"] == "task failed, starting it again" for entry in said) == FOLLOWERS


@pytest.mark.timeout(120)
def test_jetstream_delivers_to_the_next_ledger_what_the_dead_one_asked_for(divided: Divided, partnership: str) -> None:
    """The dead one's requests for messages expire, and no source has to send again."""
    load = WriterLoad(divided.platform, partnership, 0)
    load.prepare()
    divided.ledger.kill()
    divided.ledger.start()
    divided.ledger.wait_until_it_answers()
    load.everything_followed()
    clerk = divided.platform.caller("clerk", partnership)
    took: list[float] = []
    for number in range(10):
        began = time.monotonic()
        clerk.does("funding", "/reserves", {"reserve": f"r-{number}", "name": "A reserve"})
        assert clerk.get("funding", f"/reserves/r-{number}").status_code == 200
        took.append(time.monotonic() - began)
    assert sorted(took)[5] < QUIET_S / 4, took


@pytest.mark.timeout(120)
def test_what_follows_from_a_decision_happens_once_though_the_ledger_dies_between(
    divided: Divided, partnership: str
) -> None:
    requests = [f"worker-{number}" for number in range(30)]
    clerk = divided.platform.caller("clerk", partnership)
    before = clerk.get("funding", "/record").json()["sequence"]
    open_reserve(clerk)
    for request in requests:
        ask(clerk, request)
    meet(clerk, requests)

    def decide() -> None:
        for request in requests:
            clerk.marks.clear()  # do not wait for positions that the dead ledger never gave
            defer(clerk, request)

    with ThreadPoolExecutor(1) as threads:
        deciding = threads.submit(decide)
        for _ in range(2):
            divided.ledger.kill()
            divided.ledger.start()
            divided.ledger.wait_until_it_answers()
        deciding.result(TIMEOUT_S)
    clerk.marks.clear()
    for request in requests:
        path = f"/history/request/{request}"
        until(lambda path=path: len(clerk.get("funding", path).json()) == 2, f"{request} is not deferred")
    assert clerk.get("funding", "/record").json()["sequence"] == before + 1 + 2 * len(requests)
    assert clerk.get("meetings", "/awaiting", kind="effect_refused").json() == []


def _told(said: list[structlog.typing.EventDict]) -> int:
    return sum(entry["event"] == "the ledger does not answer; trying again" for entry in said)
