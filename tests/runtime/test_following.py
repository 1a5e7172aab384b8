"""A follower takes what it wants of the ledger, keeps its place, and lets no entry that does not fit stop it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
import pytest
import sqlalchemy

from shared.contracts.envelope import CloudEvent, encode, encode_data
from shared.contracts.event import Event, name_of
from shared.contracts.projects.questions import QuestionAnswered, QuestionKind, QuestionRaised
from shared.rpc.ledger.v1.ledger_pb2 import Entry, FollowRequest, Page
from shared.runtime.following import follower as following
from shared.runtime.following.follower import Also, Follower, follower_tables
from shared.runtime.following.ledger_pages import drained
from shared.runtime.following.set_aside import blames_the_entry
from shared.runtime.following.views import At, Row, Views, row
from shared.runtime.ground.clock import new_id
from shared.runtime.ground.database import create_tables, engine, migrate, url_for
from shared.runtime.ground.telemetry import Telemetry

pytestmark = pytest.mark.anyio

AREA = "area"
NOON = dt.datetime(2014, 7, 2, 12, tzinfo=dt.UTC)
RAISED, ANSWERED = name_of(QuestionRaised), name_of(QuestionAnswered)


class Ledger:
    """Entries in order, which followers read as from the ledger."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, CloudEvent]] = []
        self.asked: list[FollowRequest] = []
        self._growth = asyncio.Event()

    def grows(self, *events: CloudEvent, source: str = "projects") -> None:
        self.entries += [(source, event) for event in events]
        self._growth.set()

    async def follow(self, request: FollowRequest) -> AsyncGenerator[Page, None]:
        self.asked.append(request)
        position = request.from_position
        while True:
            self._growth.clear()
            size = len(self.entries)
            found = [
                Entry(position=place, source=source, source_sequence=self._number(place), entry=encode(event))
                for place, (source, event) in enumerate(self.entries)
                if position <= place
                and (not request.types or event.type in request.types)
                and request.filter.partnership in ("", event.partnership)
            ]
            reached = {source: self._number(place) for place, (source, _) in enumerate(self.entries)}
            yield Page(entries=found, next_position=size, size=size, reached=reached)
            position = size
            await self._growth.wait()

    def _number(self, place: int) -> int:
        return sum(1 for source, _ in self.entries[: place + 1] if source == self.entries[place][0])


def event(fact: Event | str, partnership: str = AREA, data: dict[str, Any] | None = None) -> CloudEvent:
    """A fact in its envelope, or something of a type with any data at all."""
    return CloudEvent(
        id=new_id(),
        source="/projects",
        type=fact if isinstance(fact, str) else name_of(type(fact)),
        subject=f"{partnership}/project/p",
        subjectversion=1,
        partnership=partnership,
        time=NOON,
        recordedtime=NOON,
        actor="clerk:clerk",
        authority="CAN-2",
        correlationid="an-id",
        data=msgspec.Raw(msgspec.json.encode(data)) if isinstance(fact, str) else encode_data(fact),
    )


def raised(question: str, text: str = "May it?", partnership: str = AREA) -> CloudEvent:
    fact = QuestionRaised(project="p", question=question, kind=QuestionKind.LEGAL, text=text, raised_by="council")
    return event(fact, partnership)


def answered(question: str) -> CloudEvent:
    return event(QuestionAnswered(project="p", question=question, answer="It may.", answered_on="2014-08-01"))


UNFIT = event(RAISED, data={"project": "p"})


UNSTORABLE = event(
    RAISED, data={"project": "p", "question": "q", "kind": "legal", "text": "a\0b", "raised_by": "council"}
)


class Service:
    """A service with one view, at work on the ledger from time to time."""

    def __init__(self, database_url: str, service: str = "reads") -> None:
        self.views = Views(service)
        self.question = self.views.keeps(
            "question", QuestionRaised, QuestionAnswered, key=("project", "question"), amount=int
        )
        follower_tables(self.views)

        def create(connection: Any, role: str) -> None:
            create_tables(connection, self.views.metadata, role)

        migrate(database_url, [(service, create)])
        self.engine = engine(url_for(database_url, service))
        self.also = Also()
        self.verify: Callable[[Page], None] | None = None

    def follower(self, ledger: Ledger) -> Follower:
        telemetry = Telemetry("reads")
        return Follower(self.views, self.engine, ledger.follow, telemetry, also=self.also, verify=self.verify)

    @asynccontextmanager
    async def at_work(self, ledger: Ledger) -> AsyncIterator[Follower]:
        """A follower that has come to the end of the ledger."""
        follower = self.follower(ledger)
        asked = len(ledger.asked)
        task = asyncio.create_task(follower.run())

        def at_the_end() -> bool:
            if task.done():
                task.result()
            return len(ledger.asked) > asked and follower.marks.cover({"ledger": len(ledger.entries)})

        try:
            await until(at_the_end)
            yield follower
        finally:
            task.cancel()
            await asyncio.wait([task])

    def questions(self) -> list[tuple[str, str | None, list[int]]]:
        c = self.question.c
        return self._rows(sqlalchemy.select(c.question, c.text, c.sources).order_by(c.question))

    def kept(self) -> dict[str, int]:
        return dict(self._rows(sqlalchemy.text("SELECT source, sequence FROM reads.followed")))

    def aside(self) -> list[tuple[int, str, str]]:
        return self._rows(sqlalchemy.text("SELECT position, type, error FROM reads.set_aside ORDER BY position"))

    def transactions(self) -> int:
        (found,) = self._rows(sqlalchemy.text("SELECT xmin::text::bigint FROM reads.followed WHERE source = 'ledger'"))
        return int(found[0])

    def _rows(self, statement: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return [tuple(found) for found in connection.execute(statement)]


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    found = Service(database_url)
    yield found
    found.engine.dispose()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


async def test_the_ledger_is_asked_for_the_types_that_are_taken(service: Service, ledger: Ledger) -> None:
    async with service.at_work(ledger):
        assert set(ledger.asked[0].types) == {RAISED, ANSWERED}


async def test_what_keeps_everything_asks_for_all_types(service: Service, ledger: Ledger) -> None:
    service.also = Also(types=None)
    async with service.at_work(ledger):
        assert not ledger.asked[0].types


async def test_a_position_moves_over_what_nobody_wants_without_a_transaction(service: Service, ledger: Ledger) -> None:
    ledger.grows(raised("a"))
    async with service.at_work(ledger) as follower:
        before = service.transactions()
        ledger.grows(*(event("funding.else.v1", data={}) for _ in range(3)), source="funding")
        await follower.wait_for({"funding": 3, "projects": 1, "ledger": 4}, 20)
        assert service.transactions() == before
        assert service.kept()["ledger"] == 1
    assert service.kept() == {"ledger": 4, "projects": 1, "funding": 3}, "written at the stop"


async def test_the_place_is_written_after_some_seconds_of_nothing_wanted(
    service: Service, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "KEEP_AFTER_S", 0.2)
    async with service.at_work(ledger) as follower:
        ledger.grows(event("funding.else.v1", data={}), source="funding")
        await follower.wait_for({"ledger": 1}, 20)
        await until(lambda: service.kept().get("ledger") == 1)
        assert service.kept()["funding"] == 1


async def test_pages_that_came_meanwhile_are_taken_together() -> None:
    async def pages() -> AsyncGenerator[Page, None]:
        for number in range(1, 8):
            yield Page(next_position=number)

    found = []
    async for some in drained(pages(), lambda: None):
        found.append([page.next_position for page in some])
        await asyncio.sleep(0.05)
    assert [number for numbers in found for number in numbers] == list(range(1, 8))
    assert len(found) <= 2


async def test_no_more_is_read_ahead_than_one_page_holds() -> None:
    read = 0

    async def pages() -> AsyncGenerator[Page, None]:
        nonlocal read
        for _ in range(50):
            read += 1
            yield Page(entries=[Entry()] * 300)

    async for _ in drained(pages(), lambda: None):
        await asyncio.sleep(0.02)
        assert read <= 4
        break


@pytest.mark.parametrize("unfit", [UNFIT, UNSTORABLE])
async def test_an_entry_that_does_not_fit_stops_nothing_and_is_listed(
    service: Service, ledger: Ledger, unfit: CloudEvent
) -> None:
    ledger.grows(raised("a"), raised("b"), unfit, answered("a"), raised("c"))
    async with service.at_work(ledger) as follower:
        assert service.questions() == [("a", "May it?", [0, 3]), ("b", "May it?", [1]), ("c", "May it?", [4])]
        assert [(position, name) for position, name, _ in service.aside()] == [(2, RAISED)]
        assert follower.set_aside == {AREA: 1}
        assert follower.condition.set_aside == 1
    ledger.grows(raised("d"))
    async with service.at_work(ledger) as follower:
        assert [question for question, *_ in service.questions()] == ["a", "b", "c", "d"]
        assert follower.set_aside == {AREA: 1}


async def test_an_entry_that_postgresql_refuses_is_set_aside(service: Service, ledger: Ledger) -> None:
    @service.views.on(QuestionAnswered)
    def _(fact: QuestionAnswered, at: At) -> Iterator[Row]:
        yield row(service.question, project=fact.project, question=fact.question, amount=10**30)

    ledger.grows(raised("a"), answered("a"), raised("b"))
    async with service.at_work(ledger):
        assert [question for question, *_ in service.questions()] == ["a", "b"]
        ((position, _, error),) = service.aside()
        assert position == 1
        assert error.startswith("PostgreSQL: ")


async def test_what_fits_after_a_correction_is_written_in_its_place(service: Service, ledger: Ledger) -> None:
    """A later entry on the same row came after it, and still does."""
    fits = False

    @service.views.on(QuestionRaised)
    def _(fact: QuestionRaised, at: At) -> Iterator[Row]:
        if fact.text == "odd" and not fits:
            raise ValueError("this projector does not know odd questions")
        return iter(())

    ledger.grows(raised("a", "odd"), raised("a", "newest"), raised("z", partnership="elsewhere"), UNFIT)
    async with service.at_work(ledger) as follower:
        assert follower.set_aside == {AREA: 2}
        assert service.questions() == [("a", "newest", [1]), ("z", "May it?", [2])]
    fits = True
    async with service.at_work(ledger) as follower:
        await until(lambda: service.questions() == [("a", "newest", [0, 1]), ("z", "May it?", [2])])
        assert [position for position, *_ in service.aside()] == [3]
        assert follower.set_aside == {AREA: 1}
    asked = len(ledger.asked)
    async with service.at_work(ledger):
        assert len(ledger.asked) == asked + 1, "what still does not fit is no reason to write everything again"


@pytest.mark.parametrize(
    "trouble", [sqlalchemy.exc.OperationalError("x", {}, psycopg.OperationalError()), ConnectionResetError()]
)
def test_the_trouble_of_a_server_blames_no_entry(trouble: Exception) -> None:
    assert not blames_the_entry(trouble)


async def test_two_processes_of_a_service_leave_out_and_double_nothing(service: Service, ledger: Ledger) -> None:
    async with service.at_work(ledger) as one, service.at_work(ledger) as two:
        for number in range(20):
            ledger.grows(raised(f"q-{number:02}"))
            await asyncio.sleep(0.01)
        await one.wait_for({"ledger": 20}, 20)
        await two.wait_for({"ledger": 20}, 20)
        assert [sources for *_, sources in service.questions()] == [[number] for number in range(20)]


class Forged(Exception):
    """A page that must not be believed."""


async def test_nothing_is_done_because_of_a_page_that_is_not_believed(service: Service, ledger: Ledger) -> None:
    def verify(page: Page) -> None:
        if any(entry.position == 1 for entry in page.entries):
            raise Forged

    service.verify = verify
    ledger.grows(raised("a"))
    async with service.at_work(ledger):
        pass
    ledger.grows(raised("forged"))
    with pytest.raises(Forged):
        await asyncio.wait_for(service.follower(ledger).run(), 20)
    assert [question for question, *_ in service.questions()] == ["a"]
    assert service.kept()["ledger"] == 1
    assert service.aside() == []


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.02)
