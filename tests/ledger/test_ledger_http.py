"""Facts about the ledger over HTTP."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2
import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest
from ledger_sources import append, event, register

from services.ledger.batches import Reason
from services.ledger.entry import examine
from services.ledger.log import Log, ParkedMessage
from shared.contracts.envelope import encode
from shared.proofs.merkle import leaf_hash
from shared.proofs.sources import SourceSignature
from shared.values.roles import Role

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(ledger: RunningLedger, log: Log) -> AsyncIterator[httpx2.AsyncClient]:
    """An auditor's client of a ledger with four entries (the third is Tamworth's), a conflict and a parked message."""
    places = ("cannock-chase", "cannock-chase", "tamworth", "cannock-chase")
    await append(
        log,
        [
            examine("meetings", number, encode(event("meetings", id=f"e-{number}", partnership=place)))
            for number, place in enumerate(places, 1)
        ],
    )
    await append(log, [examine("meetings", 2, encode(event("meetings", id="e-other", partnership="cannock-chase")))])
    await log.park([ParkedMessage("somewhere", "not a CloudEvent", b"\xff\x00")])
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(ledger.service.app),
        base_url="http://ledger",
        headers=dict(ledger.as_(Role.AUDITOR)),
    ) as client:
        yield client


async def get(client: httpx2.AsyncClient, path: str, caller: list[tuple[str, str]] | None = None) -> Any:
    answer = await client.get(path, headers=caller)
    assert answer.status_code == 200, answer.text
    schema = await client.get("/openapi.json")
    route = path.partition("?")[0]
    route = "/entries/{position}" if route.startswith("/entries/") else route
    document = schema.json()
    described = document["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(answer.json(), {**described, "components": document["components"]})
    return answer.json()


async def test_the_head_is_the_ledgers_size(client: httpx2.AsyncClient) -> None:
    assert await get(client, "/head") == {"size": 4}


async def test_entries_come_by_the_page(client: httpx2.AsyncClient) -> None:
    first = await get(client, "/entries?limit=3")
    assert ([entry["position"] for entry in first["entries"]], first["next"], first["size"]) == ([0, 1, 2], 3, 4)
    second = await get(client, "/entries?limit=3&from=3")
    assert ([entry["event"]["id"] for entry in second["entries"]], second["next"]) == (["e-4"], 4)
    assert await get(client, "/entries?from=4") == {"entries": [], "next": 4, "size": 4}
    assert await get(client, "/entries?from=9223372036854775807") == {"entries": [], "next": 4, "size": 4}


async def test_an_entry_is_given_byte_for_byte(client: httpx2.AsyncClient, log: Log) -> None:
    odd = encode(event("meetings", id="e-5")).replace(b'"x"', b'"\\u00e9 1.50"').replace(b'"actor":', b'"actor" : ')
    await append(log, [examine("meetings", 5, odd)])
    answer = await client.get("/entries/4")
    assert odd in answer.content
    assert answer.json()["leaf_hash"] == leaf_hash(odd).hex()
    assert (await get(client, "/entries/4"))["source_sequence"] == 5


async def test_conflicts_and_parked_messages_are_there_for_people(client: httpx2.AsyncClient) -> None:
    conflicts = await get(client, "/conflicts")
    assert [
        (found["source"], found["source_sequence"], found["event_id"], found["held_event_id"], found["event"]["id"])
        for found in conflicts["conflicts"]
    ] == [("meetings", 2, "e-other", "e-2", "e-other")]
    assert await get(client, f"/conflicts?after={conflicts['next']}") == {"conflicts": [], "next": conflicts["next"]}
    parked = await get(client, "/parked")
    assert [(found["reason"], base64.b64decode(found["payload"])) for found in parked["parked"]] == [
        ("not a CloudEvent", b"\xff\x00")
    ]
    assert await get(client, f"/parked?after={parked['next']}") == {"parked": [], "next": parked["next"]}


async def test_refused_messages_and_stuck_sources_are_there_for_people(
    client: httpx2.AsyncClient, ledger: RunningLedger
) -> None:
    way_in = ledger.service.way_in
    way_in.refuse("funding", Reason.NOT_RECORDED, "funding has no event 4.", "events.anywhere")
    way_in.set_stuck("funding", 3, "nobody knows")
    answer = await get(client, "/refused")
    assert [(each["source"], each["reason"], each["origin"]) for each in answer["refused"]] == [
        ("funding", "not in the source's record", "events.anywhere")
    ]
    assert answer["counts"]["funding"] == {"not in the source's record": 1}
    assert answer["stuck"]["funding"]["after"] == 3
    assert (await client.get("/refused", headers=ledger.as_(Role.CLERK, "tamworth"))).status_code == 403


async def test_what_the_sources_signed_is_public(client: httpx2.AsyncClient) -> None:
    nobody = {"authorization": ""}
    assert (await client.get("/sources/keys", headers=nobody)).text == register().format()
    lines = (await client.get("/sources/meetings", headers=nobody)).text.splitlines()
    assert [SourceSignature.parse(line).last for line in lines] == [4]
    assert (await client.get("/sources/meetings?after=4", headers=nobody)).text == ""
    assert (await client.get("/sources/nobody", headers=nobody)).status_code == 404


async def test_a_clerk_of_one_partnership_sees_that_ones_entries(
    client: httpx2.AsyncClient, ledger: RunningLedger
) -> None:
    clerk = ledger.as_(Role.CLERK, "tamworth")
    entries = await get(client, "/entries", clerk)
    assert ([entry["position"] for entry in entries["entries"]], entries["next"]) == ([2], 4)
    assert (await get(client, "/conflicts", clerk))["conflicts"] == []
    assert len((await get(client, "/conflicts", ledger.as_(Role.CLERK, "cannock-chase")))["conflicts"]) == 1
    assert (await client.get("/entries/0", headers=clerk)).status_code == 404
    assert (await client.get("/parked", headers=clerk)).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/entries/4", 404),
        ("/entries/-1", 422),
        ("/entries/9223372036854775808", 422),
        ("/entries/x", 422),
        ("/entries?from=-1", 422),
        ("/entries?limit=0", 422),
        ("/entries?limit=501", 422),
        ("/conflicts?after=-1", 422),
        ("/parked?limit=x", 422),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(client: httpx2.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_reading_needs_a_token_and_members_may_not_read(
    client: httpx2.AsyncClient, ledger: RunningLedger
) -> None:
    for path in ("/head", "/entries", "/entries/0", "/conflicts", "/parked", "/refused"):
        assert (await client.get(path, headers={"authorization": ""})).status_code == 401
        assert (await client.get(path, headers=ledger.as_(Role.MEMBER, "tamworth"))).status_code == 403
