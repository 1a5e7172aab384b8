"""Partners' events while PostgreSQL is unreachable: no answer is given that was not kept, and none counts twice."""

from __future__ import annotations

from faults.harness import FaultHarness
from faults.writers import until
from partners.harness import MEASURE, PROJECT, partner_system, quarter, readings


def test_an_event_sent_while_postgres_is_away_is_taken_when_it_is_back(harness: FaultHarness, partnership: str) -> None:
    clerk = harness.platform.caller("clerk", partnership)
    clerk.does("projects", "/projects", PROJECT)
    clerk.does("projects", "/projects/programme/measures", MEASURE)
    system = partner_system(harness.platform, partnership)
    before = system.sends(quarter(1))
    assert before.status_code == 201
    harness.servers.postgres.kill()
    refused = system.sends(quarter(2))
    assert (refused.status_code, refused.json()["final"]) == (503, False)
    assert refused.json()["problem"]["type"] == "/problems/database-away"
    assert system.client.get("/health/ready").json()["services"]["partners"].keys() == {"behind_ledger_by"}
    harness.servers.postgres.start()
    # As the answer asks: send the same event until it has its answer. Connections return one service after another.
    until(lambda: bool(system.sends(quarter(2)).json()["final"]), "the event has no answer")
    taken = system.sends(quarter(2))
    assert taken.status_code == 201, taken.text
    assert system.sends(quarter(1)).content == before.content
    assert system.sends(quarter(2)).content == taken.content
    assert len(readings(clerk)) == 2
