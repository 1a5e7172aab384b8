"""An event that cannot be decided now is not decided. It is accepted once, when all services are back."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable

import msgspec
import psycopg
import pytest
from fixtures_platform import Caller, RunningPlatform
from partners.harness import BATCHED, PartnerSystem, event, quarter, readings
from partners.test_bus_endpoint import TIMEOUT_S, listening

from services.partners.answers import SubmissionAnswer
from services.partners.service import RunningPartners
from shared.runtime.endpoints import handing
from shared.runtime.ground.clock import now
from shared.runtime.hosting.running_service import RunningCommandService


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Hand events for projects over where no service answers. Returns a function that restores it."""
    monkeypatch.setattr(handing, "commands_subject", lambda service: "answers.nobody.listens")
    return monkeypatch.undo


def test_a_service_that_is_away_is_said_and_the_event_taken_when_it_is_back(
    system: PartnerSystem, clerk: Caller, away: Callable[[], None]
) -> None:
    refused = system.sends(event())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert not refused.json()["final"]
    assert refused.json()["problem"]["type"] == "/problems/service-unavailable"
    assert [found["state"] for found in system.listed()] == ["received"]
    assert [answer["final"] for answer in system.sends([quarter(1), quarter(2)], BATCHED).json()] == [False, False]
    away()
    taken = system.sends(event())
    assert taken.status_code == 201
    assert system.sends(event()).content == taken.content
    assert len(readings(clerk)) == 1


def test_while_a_service_is_away_another_content_under_the_id_is_refused_all_the_same(
    system: PartnerSystem, away: Callable[[], None]
) -> None:
    """The first may have been recorded, or may still be."""
    system.sends(event())
    other = system.sends(event(time="2015-01-09T09:00:00Z"))
    assert other.json()["problem"]["type"] == "/problems/event-id-reused"


def test_an_event_from_a_clock_that_is_ahead_is_taken_when_its_time_has_come(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A difference of a few seconds between the partner's clock and ours does not use up its id."""
    sent = event(time=(now() + dt.timedelta(minutes=2)).isoformat())
    refused = system.sends(sent)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert (refused.json()["final"], refused.json()["problem"]["type"]) == (False, "/problems/too-early")
    (projects,) = (
        s for s in platform.process.services if isinstance(s, RunningCommandService) and s.name == "projects"
    )
    monkeypatch.setattr(projects.application, "_clock", lambda: now() + dt.timedelta(minutes=2))
    assert system.sends(sent).status_code == 201
    assert len(readings(clerk)) == 1


def test_what_cannot_fit_is_rejected_though_its_service_is_away(
    system: PartnerSystem, away: Callable[[], None]
) -> None:
    answer = system.sends(event(data={})).json()
    assert (answer["final"], answer["problem"]["type"]) == (True, "/problems/invalid-body")


def test_jetstream_keeps_what_was_published_until_its_service_is_back(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, away: Callable[[], None]
) -> None:
    token = platform.token("partner", system.partnership, system.organisation)

    async def work() -> list[SubmissionAnswer]:
        async with listening(platform, system) as (bus, answers):
            for number in range(3):
                await bus.jetstream().publish(
                    f"submissions.{system.partnership}.{system.organisation}.projects",
                    json.dumps(quarter(number)).encode(),
                    headers={"Authorization": f"Bearer {token}"},
                )
            while not system.listed():  # until the first has been tried in vain
                await asyncio.sleep(0.05)
            away()
            messages = [await answers.next_msg(timeout=TIMEOUT_S) for _ in range(3)]
            return [msgspec.json.decode(message.data, type=SubmissionAnswer) for message in messages]

    answers = asyncio.run(work())
    assert [(answer.id, answer.accepted) for answer in answers] == [(f"quarter-{n}", True) for n in range(3)]
    assert len(readings(clerk)) == 3


def test_an_answer_that_was_not_kept_is_found_again(
    platform: RunningPlatform, system: PartnerSystem, clerk: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database of partners goes away after the service has recorded, before the answer is kept."""
    (partners,) = (s for s in platform.process.services if isinstance(s, RunningPartners))

    def lost(*_: object) -> bytes:
        raise psycopg.OperationalError("the connection is lost here")

    monkeypatch.setattr(partners.intake.submissions, "keep", lost)
    refused = system.sends(event())
    assert (refused.status_code, refused.json()["final"]) == (503, False)
    assert [found["state"] for found in system.listed()] == ["received"]
    monkeypatch.undo()
    answer = system.sends(event()).json()
    assert answer["accepted"]
    assert [fact["id"] for fact in answer["events"]] == [reading["id"] for reading in readings(clerk)]
