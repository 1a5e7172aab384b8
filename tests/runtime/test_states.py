"""How a thing's state is loaded: from memory, brought up to date, from a snapshot, and never changed under a reader."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import psycopg
import pytest

from shared.contracts.command import Command
from shared.contracts.event import EVENTS, Event, event, fact
from shared.contracts.nouns import NOUNS, Noun
from shared.runtime.deciding import event_store, snapshots
from shared.runtime.deciding.answers import create_answers
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.event_store import EventStore, create_store, open_store
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.ground.clock import new_id, now
from shared.runtime.ground.database import engine, migrate, url_for
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.runtime.identity.signing import SigningKey
from shared.values.aggregate import Aggregate, Part
from shared.values.roles import Role
from shared.values.rule import RULES, Broken, rule

NOUNS.setdefault("park", Noun("park"))


@event("parks.gate_opened.v1", about="park")
class GateOpened(Event, frozen=True, kw_only=True):
    """A gate of a park was opened. Clause X-1."""

    park: str
    gate: int


del EVENTS["parks.gate_opened.v1"]  # for other modules there are no parks


@pytest.fixture(autouse=True)
def parks_are_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """For these tests, there are parks."""
    monkeypatch.setitem(EVENTS, "parks.gate_opened.v1", GateOpened)


class OpenGate(Command, frozen=True, kw_only=True):
    """Open a gate."""

    park: str
    gate: int
    note: str = ""


class Gates(Part):
    opened: set[int] = set()


class Park(Aggregate):
    noun = "park"
    gates: Gates = msgspec.field(default_factory=Gates)


@Gates.applies
def _(gates: Gates, opened: GateOpened) -> None:
    gates.opened.add(opened.gate)


def open_gate(command: OpenGate, park: Park) -> GateOpened:
    gates_open_once(command.gate, park.gates.opened)
    return fact(GateOpened, command)


@rule("X-1", problem="test-gate-opened-before", remedy="Open another gate.")
def gates_open_once(gate: int, opened: set[int]) -> Broken | None:
    """A gate is opened once."""
    return Broken(f"Gate {gate} is open.", gate=gate) if gate in opened else None


del RULES["test-gate-opened-before"]
PARKS = Commands("parks")
PARKS.add(open_gate, "/parks/{park}/gates", {Role.CLERK}, creates=None)
CLERK = Request(Principal("clerk", frozenset({Role.CLERK}), "our-town", None), "our-town")


@pytest.fixture
def store(database_url: str) -> Iterator[EventStore]:
    def create(connection: psycopg.Connection, role: str) -> None:
        create_store("parks", database_url, connection, role)
        create_answers(connection, "parks", role)

    migrate(database_url, [("parks", create)])
    opened = open_store("parks", url_for(database_url, "parks"), SigningKey.generate("parks"))
    yield opened
    opened.close()


class Parks:
    """The parks' commands on their own store. Another instance is another process on the same database."""

    def __init__(self, store: EventStore, database_url: str) -> None:
        self.store = store
        self.application = Application(
            PARKS,
            store,
            engine(url_for(database_url, "parks")),
            clock=now,
            new_id=new_id,
            people_key=PeopleKey(bytes(32)),
        )

    def open(self, *gates: int, park: str = "green", key: str | None = None) -> None:
        for gate in gates:
            request = replace(CLERK, key=key)
            self.application.execute(PARKS.declared[OpenGate], OpenGate(park=park, gate=gate), request)

    @property
    def park(self) -> Park:
        return self.store.state_of(Park, "our-town", ("green",))


@pytest.fixture
def parks(store: EventStore, database_url: str) -> Parks:
    return Parks(store, database_url)


def test_a_decision_sees_what_was_decided_before(parks: Parks) -> None:
    parks.open(1, 2)
    assert (parks.park.version, parks.park.gates.opened) == (2, {1, 2})
    with pytest.raises(gates_open_once.refusal, match="Gate 2 is open") as refused:
        parks.open(2)
    assert (refused.value.rule(), refused.value.slug(), refused.value.members) == (
        "A gate is opened once.",
        "test-gate-opened-before",
        {"gate": 2},
    )
    assert parks.park.version == 2


def test_a_state_that_is_being_read_is_never_changed(parks: Parks) -> None:
    parks.open(1)
    seen = parks.park
    parks.open(2)
    assert (seen.version, seen.gates.opened) == (1, {1})
    assert parks.park.gates.opened == {1, 2}


def test_what_another_process_recorded_is_seen(parks: Parks, database_url: str) -> None:
    parks.open(1)
    other = open_store("parks", url_for(database_url, "parks"), SigningKey.generate("parks"))
    Parks(other, database_url).open(2)
    other.close()
    with pytest.raises(gates_open_once.refusal):
        parks.open(2)
    assert parks.park.gates.opened == {1, 2}


def test_an_answer_that_another_process_gave_is_covered_by_what_this_one_says_it_reached(
    parks: Parks, database_url: str
) -> None:
    """Else its caller would read views from before the answer."""
    parks.open(1)
    other = open_store("parks", url_for(database_url, "parks"), SigningKey.generate("parks"))
    Parks(other, database_url).open(2, key="k-2")
    other.close()
    assert parks.application.reached == 1
    parks.open(2, key="k-2")
    assert parks.application.reached == 2


def test_what_a_process_says_it_reached_never_goes_back(parks: Parks) -> None:
    """Threads save in one order and go on in another."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(parks.open, range(40)))
    assert parks.application.reached == 40
    assert parks.application._note(3) == 40


def test_two_threads_on_one_park_lose_nothing(parks: Parks) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(parks.open, range(40)))
    assert (parks.park.version, parks.park.gates.opened) == (40, set(range(40)))


def snapshots_of(database_url: str) -> list[tuple[int, str]]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT originator_version, topic FROM parks.parks_snapshots ORDER BY originator_version"
        )
        return [(version, topic) for version, topic in rows]


def test_a_long_history_is_kept_as_a_snapshot_and_loads_from_it(
    parks: Parks, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_store, "INTERVAL", 10)
    parks.open(*range(25))
    assert [version for version, _ in snapshots_of(database_url)] == [10, 20]
    folded: list[int] = []
    apply = GateOpened, Gates._appliers[GateOpened]
    monkeypatch.setitem(Gates._appliers, apply[0], [*apply[1], lambda gates, opened: folded.append(opened.gate)])
    fresh = open_store("parks", url_for(database_url, "parks"), SigningKey.generate("parks"))
    state = fresh.state_of(Park, "our-town", ("green",))
    fresh.close()
    assert (state.version, state.gates.opened) == (25, set(range(25)))
    assert folded == [20, 21, 22, 23, 24]


def test_a_snapshot_that_other_code_made_is_not_used(
    parks: Parks, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_store, "INTERVAL", 10)
    parks.open(*range(12))
    monkeypatch.setattr(snapshots, "fingerprint", lambda kind: "park.other")
    fresh = open_store("parks", url_for(database_url, "parks"), SigningKey.generate("parks"))
    state = fresh.state_of(Park, "our-town", ("green",))
    fresh.close()
    assert (state.version, state.gates.opened) == (12, set(range(12)))


def test_a_decision_called_otherwise_than_its_command_is_refused() -> None:
    def unlock(command: OpenGate, park: Park) -> GateOpened:
        return fact(GateOpened, command)

    with pytest.raises(ValueError, match="called open_gate"):
        Commands("parks").add(unlock, "/parks/{park}/gates")


def test_a_decision_that_needs_something_unavailable_is_refused() -> None:
    def open_gate(command: OpenGate, park: Park, weather: dict[str, str]) -> GateOpened:
        return fact(GateOpened, command)

    with pytest.raises(ValueError, match="which no one provides"):
        Commands("parks").add(open_gate, "/parks/{park}/gates")


def test_a_fact_lacking_a_field_names_it() -> None:
    class CloseGate(Command, frozen=True, kw_only=True):
        """Close a gate."""

        park: str

    with pytest.raises(TypeError, match="gate"):
        fact(GateOpened, CloseGate(park="green"))
