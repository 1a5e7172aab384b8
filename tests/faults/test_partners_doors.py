"""Partners' events while PostgreSQL is away: nobody is told what was not kept, and nothing is recorded twice."""

from __future__ import annotations

from faults.crowd import until
from faults.site import Site
from partners.county import MEASURE, PROJECT, county_of, quarter, readings


def test_an_event_sent_while_postgres_is_away_is_taken_when_it_is_back(site: Site, partnership: str) -> None:
    clerk = site.platform.caller("clerk", partnership)
    clerk.does("projects", "/projects", PROJECT)
    clerk.does("projects", "/projects/programme/measures", MEASURE)
    county = county_of(site.platform, partnership)
    before = county.sends(quarter(1))
    assert before.status_code == 201
    site.servers.postgres.kill()
    refused = county.sends(quarter(2))
    assert (refused.status_code, refused.json()["final"]) == (503, False)
    assert refused.json()["problem"]["type"] == "/problems/database-away"
    assert county.client.get("/health/ready").json()["services"]["partners"].keys() == {"behind_ledger_by"}
    site.servers.postgres.start()
    # As it is told to: the same event again, until it has its answer. Connections come back one service after another.
    until(lambda: bool(county.sends(quarter(2)).json()["final"]), "the event has no answer")
    taken = county.sends(quarter(2))
    assert taken.status_code == 201, taken.text
    assert county.sends(quarter(1)).content == before.content
    assert county.sends(quarter(2)).content == taken.content
    assert len(readings(clerk)) == 2
