"""Facts about the filters of a replay: actor, decision, as at and as known at, alone and together."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_sources import NOON, append, event

from services.ledger import mentions
from services.ledger.entry import Candidate, examine
from services.ledger.log import Log
from services.ledger.mentions import decisions_named
from services.ledger.pages import WINDOW, EntryFilter, Pages
from services.ledger.pool import Connections, connections
from services.ledger.schema import create
from shared.contracts.envelope import CloudEvent, encode, open_envelope
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.ground.database import conninfo, migrate, role_of, url_for
from shared.values.roles import Role

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

Filter = ledger_pb2.Filter
WORKER = "board-2014-11-24-blake-worker"
DAY = dt.timedelta(days=1)


def data(**said: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(said))


def numbered(*events: CloudEvent) -> list[Candidate]:
    """The events as candidates, each source's in their order."""
    last: dict[str, int] = {}
    found = []
    for each in events:
        last[each.service] = last.get(each.service, 0) + 1
        found.append(examine(each.service, last[each.service], encode(each)))
    return found


DECIDED = event("meetings", data=data(decision=WORKER, meeting="board"), actor="clerk:c-1")
DEFERRED = event(
    "funding",
    data=data(decision=WORKER, request="blake-worker"),
    actor="service:funding",
    authority=f"decision {WORKER}",
    causationid=DECIDED.id,
    recordedtime=NOON + DAY,
)
STORY = (
    event("meetings", data=data(decision="another"), actor="clerk:c-1"),  # 0
    DECIDED,  # 1
    event("meetings", actor="chair:c-2", time=NOON - 40 * DAY, recordedtime=NOON + 30 * DAY),  # 2: written up late
    DEFERRED,  # 3
    event("projects", actor="service:projects", causationid=DEFERRED.id, data=data(project="p")),  # 4: names nothing
    event("funding", authority=f"Decision {WORKER}, minute 4", actor="clerk:c-1", time=NOON + DAY),  # 5
    event("funding", authority=f"decision {WORKER}s", actor="clerk:c-10"),  # 6: another decision's name
    event("meetings", partnership="tamworth", data=data(decision=WORKER), actor="clerk:c-1"),  # 7
    event("projects", actor="partner:police", data=data(decision={"unknown": WORKER})),  # 8
    event("projects", actor="partner:police", causationid="an event of nobody", data=msgspec.Raw(b"[1]")),  # 9
)


@pytest.fixture
async def story(log: Log, ledger: RunningLedger) -> RunningLedger:
    """A ledger of ten entries, of which one follows from a decision without naming it."""
    await append(log, numbered(*STORY[:4]))
    await append(log, numbered(*STORY)[4:])
    return ledger


async def positions(ledger: RunningLedger, caller: list[tuple[str, str]] | None = None, **asked: object) -> list[int]:
    return [entry.position for page in await ledger.replay(caller, **asked) for entry in page.entries]


HERE = "cannock-chase"
REPLAYS: list[tuple[dict[str, object], list[int]]] = [
    ({"filter": Filter(actor="clerk:c-1")}, [0, 1, 5, 7]),
    ({"filter": Filter(actor="clerk:c-1", partnership=HERE)}, [0, 1, 5]),
    ({"filter": Filter(actor="clerk:c-1", partnership="tamworth")}, [7]),
    ({"filter": Filter(actor="clerk:c-1"), "from_position": 1, "to_position": 5}, [1]),
    ({"filter": Filter(actor="clerk:c-1"), "from_position": 2}, [5, 7]),
    ({"filter": Filter(actor="clerk")}, []),
    ({"filter": Filter(actor="partner:police")}, [8, 9]),
    ({"filter": Filter(decision=WORKER)}, [1, 3, 4, 5, 7]),
    ({"filter": Filter(decision=WORKER, partnership=HERE)}, [1, 3, 4, 5]),
    ({"filter": Filter(decision=WORKER, partnership=HERE), "from_position": 4}, [4, 5]),
    ({"filter": Filter(decision=WORKER, actor="clerk:c-1")}, [1, 5, 7]),
    ({"filter": Filter(decision=WORKER, service="funding")}, [3, 5]),
    ({"filter": Filter(decision=f"{WORKER}s")}, [6]),
    ({"filter": Filter(decision="nothing")}, []),
    ({"happened_until": NOON}, [0, 1, 2, 3, 4, 6, 7, 8, 9]),
    ({"happened_until": NOON - DAY}, [2]),
    ({"happened_until": NOON - 41 * DAY}, []),
    ({"recorded_until": NOON}, [0, 1, 4, 5, 6, 7, 8, 9]),
    ({"happened_until": NOON, "recorded_until": NOON}, [0, 1, 4, 6, 7, 8, 9]),
    ({"happened_until": NOON - DAY, "recorded_until": NOON + DAY}, []),
    ({"happened_until": NOON, "filter": Filter(decision=WORKER, partnership=HERE)}, [1, 3, 4]),
    ({"recorded_until": NOON, "filter": Filter(decision=WORKER, partnership=HERE)}, [1, 4, 5]),
    ({"recorded_until": NOON, "filter": Filter(actor="service:funding")}, []),
]


@pytest.mark.parametrize("window", [WINDOW, 3, 1])
async def test_a_replay_has_what_was_asked_for(
    story: RunningLedger, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ledger.pages.WINDOW", window)
    for asked, found in REPLAYS:
        assert (asked, await positions(story, None, **asked)) == (asked, found)


@pytest.mark.parametrize("batch", [7, 1000])
async def test_many_entries_of_one_actor_come_in_pages_without_a_seam(
    log: Log, ledger: RunningLedger, batch: int
) -> None:
    mine = [event("meetings", actor="clerk:c-1" if number % 2 else "clerk:c-2") for number in range(2400)]
    for some in itertools.batched(numbered(*mine), batch):
        await append(log, some)
    pages = await ledger.replay(filter=Filter(actor="clerk:c-1"))
    assert [entry.position for page in pages for entry in page.entries] == list(range(1, 2400, 2))
    assert [page.next_position for page in pages] == [1000, 2000, 2400]
    assert await positions(ledger, filter=Filter(actor="clerk:c-1"), from_position=1002) == list(range(1003, 2400, 2))


async def test_a_token_of_one_partnership_sees_what_belongs_to_its_own_decision_only(story: RunningLedger) -> None:
    caller = story.as_(Role.CLERK, "tamworth")
    assert await positions(story, caller, filter=Filter(decision=WORKER)) == [7]
    assert await positions(story, caller, filter=Filter(actor="clerk:c-1")) == [7]


async def test_following_a_decision_brings_what_it_causes_later(ledger: RunningLedger) -> None:
    request = ledger_pb2.FollowRequest(filter=Filter(decision=WORKER, partnership=HERE))
    call = ledger.stub.Follow(request, metadata=ledger.as_(Role.SERVICE))
    seen: list[int] = []
    async with asyncio.timeout(20):
        pages = aiter(call)
        assert not (await anext(pages)).entries
        for position, candidate in enumerate(numbered(*STORY)):
            await append(ledger.service.log, [candidate])
            page = await anext(pages)
            assert page.next_position == position + 1
            seen += [entry.position for entry in page.entries]
    call.cancel()
    assert seen == [1, 3, 4, 5]


async def test_texts_that_no_index_holds_are_appended_and_found(log: Log, ledger: RunningLedger) -> None:
    strange = event("meetings", actor="clerk\0", causationid="\0", authority="decision of the board \0")
    await append(log, numbered(strange, event("meetings", actor="x" * 60_000)))
    assert await log.size() == 2
    assert await positions(ledger, None, filter=Filter(actor="x" * 60_000)) == [1]
    assert await positions(ledger, None, filter=Filter(actor="x" * 59_999)) == []


NAMES = ("a", "b")
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "source": st.sampled_from(["meetings", "funding"]),
            "actor": st.sampled_from(["clerk:1", "clerk:2"]),
            "partnership": st.sampled_from(["here", "there"]),
            "decision": st.sampled_from([None, *NAMES]),
            "authority": st.sampled_from(["CAN-2", "decision a", "Decision b, minute 2", "decision a and decision b"]),
            "cause": st.one_of(st.none(), st.integers(0, 30)),
            "days": st.integers(-2, 2),
            "later": st.integers(0, 2),
        }
    ),
    max_size=25,
)
ASKED = st.fixed_dictionaries(
    {
        "actor": st.sampled_from(["", "clerk:1"]),
        "decision": st.sampled_from(["", *NAMES]),
        "partnership": st.sampled_from(["", "here"]),
        "service": st.sampled_from(["", "funding"]),
        "as_at": st.one_of(st.none(), st.integers(-2, 2)),
        "as_known_at": st.one_of(st.none(), st.integers(-2, 3)),
        "start": st.integers(0, 5),
        "most": st.integers(1, 4),
        "batch": st.integers(1, 25),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=EVENTS, asked=ASKED)
async def test_any_filter_selects_what_a_reader_of_everything_would_choose(
    pool: Connections, ledger_database: str, drawn: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    with psycopg.connect(conninfo(ledger_database), autocommit=True) as owner:
        # Each example begins with an empty ledger, which is only possible by dropping its tables.
        owner.execute("DROP TABLE ledger.entry, ledger.signature, ledger.mention, ledger.conflict, ledger.parked")
        create(owner, role_of("ledger"))
    events: list[CloudEvent] = []
    for each in drawn:
        cause = each["cause"]
        events.append(
            event(
                each["source"],
                actor=each["actor"],
                partnership=each["partnership"],
                authority=each["authority"],
                data=data(**({"decision": each["decision"]} if each["decision"] else {})),
                time=NOON + each["days"] * DAY,
                recordedtime=NOON + (each["days"] + each["later"]) * DAY,
                **({"causationid": events[cause].id} if cause is not None and cause < len(events) else {}),
            )
        )
    for some in itertools.batched(numbered(*events), asked["batch"]):
        await append(Log(pool), some)
    as_at, known = (None if asked[n] is None else NOON + asked[n] * DAY for n in ("as_at", "as_known_at"))
    texts = {name: asked[name] for name in ("actor", "decision", "partnership", "service")}
    which = EntryFilter(**texts, recorded_until=known, happened_until=as_at)
    pages, at, found = Pages(pool), asked["start"], []
    while at < len(events):
        page = await pages.read(at, len(events), which, asked["most"])
        assert at < page.next_position <= len(events)
        assert len(page.rows) <= asked["most"]
        found += [row.position for row in page.rows]
        at = page.next_position
    assert found == [
        position
        for position, each in enumerate(events)
        if position >= asked["start"]
        and (not which.actor or each.actor == which.actor)
        and (not which.partnership or each.partnership == which.partnership)
        and (not which.service or each.service == which.service)
        and (as_at is None or each.time <= as_at)
        and (known is None or each.recordedtime <= known)
        and (not which.decision or belongs(each, which.decision, {e.id: e for e in events}))
    ]


def belongs(each: CloudEvent, decision: str, events: dict[str, CloudEvent]) -> bool:
    """The same by going from each event back to its causes."""
    if decision in decisions_named(each):
        return True
    return bool(each.causationid) and belongs(events[str(each.causationid)], decision, events)


@pytest.mark.parametrize("query", [mentions.OF_ACTOR, mentions.OF_DECISION])
async def test_mentions_are_found_by_their_index_even_before_there_are_statistics(
    log: Log, pool: Connections, query: str
) -> None:
    await append(log, numbered(*(event("meetings", actor=f"clerk:c-{n}") for n in range(3000))))
    wanted = {"mention": b"0" * 16, "start": 0, "until": 3000, "most": 500}
    async with pool.connection() as connection:
        cursor = await connection.execute(f"EXPLAIN {query}", wanted)
        plan = "\n".join(row[0] for row in await cursor.fetchall())
    assert "Index" in plan
    assert "Seq Scan on" not in plan, plan
    assert "Hash Join" not in plan, plan


async def test_a_database_from_before_finds_its_old_entries_by_actor_and_decision(ledger_database: str) -> None:
    async with connections(url_for(ledger_database, "ledger")) as pool:
        await append(Log(pool), numbered(*STORY))
    with psycopg.connect(conninfo(ledger_database), autocommit=True) as owner:
        owner.execute("DROP TABLE ledger.mention")
    migrate(ledger_database, [("ledger", create)])
    migrate(ledger_database, [("ledger", create)])
    async with connections(url_for(ledger_database, "ledger")) as pool:
        pages = Pages(pool)
        for which, found in (
            (EntryFilter(actor="clerk:c-1"), [0, 1, 5, 7]),
            (EntryFilter(decision=WORKER), [1, 3, 4, 5, 7]),
        ):
            assert [row.position for row in (await pages.read(0, 10, which)).rows] == found
        assert [open_envelope(row.entry).id for row in (await pages.read(0, 10, EntryFilter())).rows] == [
            s.id for s in STORY
        ]
