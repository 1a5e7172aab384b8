"""Each organisation can send as fast as agreed, and learns when it may continue. Others are not affected."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from fixtures_platform import Caller, RunningPlatform
from partners.harness import BATCHED, PartnerSystem, event, partner_system, quarter, readings
from partners.test_bus_endpoint import publish
from partners.test_rpc_endpoint import message, submit

from services.partners import spreadsheet
from services.partners.service import RunningPartners
from shared.runtime.endpoints.limits import Limits, RateLimited
from shared.runtime.ground.settings import Settings


@dataclass
class Watch:
    """A clock that only moves when the test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_full_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    watch = Watch()
    limits = Limits(2.0, 5, watch)
    for _ in range(5):
        limits.take("area", "county-council")
    with pytest.raises(RateLimited) as refused:
        limits.take("area", "county-council")
    assert refused.value.members["retry_after"] == 1
    watch.now = 0.5
    limits.take("area", "county-council")
    with pytest.raises(RateLimited):
        limits.take("area", "county-council")


def test_a_refused_batch_takes_nothing() -> None:
    limits = Limits(1.0, 10, Watch())
    limits.take("area", "police", number=4)
    with pytest.raises(RateLimited) as refused:
        limits.take("area", "police", number=10)
    assert refused.value.members["retry_after"] == 4
    limits.take("area", "police", number=6)


def test_a_batch_larger_than_the_bucket_waits_for_a_full_one_and_is_paid_for_whole() -> None:
    watch = Watch()
    limits = Limits(1.0, 10, watch)
    limits.take("area", "police", number=1000)
    assert limits.wait("area", "police") == 991.0
    assert limits.wait("area", "police", number=1000) == 1000.0
    watch.now = 1000.0
    limits.take("area", "police", number=1000)


def test_buckets_are_an_organisations_own_in_its_partnership() -> None:
    limits = Limits(1.0, 1, Watch())
    limits.take("area", "police")
    limits.take("area", "fire")
    limits.take("elsewhere", "police")
    with pytest.raises(RateLimited):
        limits.take("area", "police")


def test_the_settings_say_how_fast() -> None:
    settings = Settings.from_environment({"FOLKMOOT_PARTNER_RATE": "2.5", "FOLKMOOT_PARTNER_BURST": "7"})
    assert (settings.partner_rate, settings.partner_burst) == (2.5, 7)
    assert Settings.from_environment({}).partner_burst >= 1000, "a whole spreadsheet must fit into a full bucket"


def agree(platform: RunningPlatform, monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    """Make the platform's partners service take no more than this."""
    (partners,) = (s for s in platform.process.services if isinstance(s, RunningPartners))
    monkeypatch.setattr(partners.intake, "limits", limits)


def test_an_answer_to_too_many_requests_says_when_to_try_again(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch()
    agree(platform, monkeypatch, Limits(0.5, 5, watch))
    assert system.sends([quarter(number) for number in range(5)], BATCHED).status_code == 200
    refused = system.sends(event())
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/rate-limited")
    assert refused.headers["retry-after"] == "2"
    police = partner_system(platform, system.partnership, "police")
    assert police.sends(event()).status_code == 403  # refused by the rule: its own bucket is full
    watch.now = float(refused.headers["retry-after"])
    assert system.sends(event()).status_code == 201


def test_too_fast_on_a_stream_is_slowed_down_and_all_of_it_taken(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(platform, monkeypatch, Limits(10.0, 5))
    began = time.monotonic()
    answers = publish(platform, system, *(quarter(number) for number in range(12)))
    token = platform.token("partner", system.partnership, system.organisation)
    more = submit(platform, token, [message(quarter(number)) for number in range(12, 20)])
    assert all(answer.accepted for answer in (*answers, *more))
    assert len(readings(clerk)) == 20
    assert time.monotonic() - began >= 1.4  # five at once, fifteen at ten a second


def test_a_file_that_cannot_be_read_is_paid_for_and_refused_unread_when_there_are_too_many(
    platform: RunningPlatform, system: PartnerSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first row of 208 KB once stopped the process for 12 seconds, before any limit was asked."""
    agree(platform, monkeypatch, Limits(0.1, 3, Watch()))
    file = ",".join(f"column-{number}" for number in range(18_000)).encode()
    assert len(file) > 208_000

    def sends() -> int:
        return system.client.post(
            f"{system.address}/events/csv", params={"type": "projects.read_measure.v1"}, content=file
        ).status_code

    assert [sends() for _ in range(5)] == [400, 400, 400, 429, 429]


def test_other_callers_are_answered_while_a_large_file_is_read(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read in a thread, not on the event loop."""
    monkeypatch.setattr(spreadsheet, "rows", lambda *_: time.sleep(2) or [])
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(
            system.client.post,
            f"{system.address}/events/csv",
            params={"type": "projects.read_measure.v1"},
            content=b"a",
        )
        time.sleep(0.3)
        assert clerk.client.get("/health/live").status_code == 200
        assert not sent.done()
        assert sent.result().status_code == 200
