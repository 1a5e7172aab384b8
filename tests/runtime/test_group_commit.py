"""Commands that wait at the same moment are committed together, each with its own outcome, and signed as one batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from eventsourcing.persistence import IntegrityError, JSONTranscoder, PersistenceError
from psycopg import sql
from stage import enveloped

from services.membership.service import service
from shared.contracts.envelope import encode
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.proofs.merkle import leaf_hash
from shared.proofs.sources import START, SourceKeys
from shared.runtime.deciding.event_store import (
    CloudEventMapper,
    EventStore,
    SignedEvents,
    StoredFact,
    Work,
    _fits,
    open_store,
)
from shared.runtime.deciding.group_commit import GroupCommit
from shared.runtime.ground.database import migrate, url_for
from shared.runtime.identity.signing import SigningKey

KEY = SigningKey.generate(service.name)
KEYS = SourceKeys([(KEY.verifier, None)])
FACT = PartnershipEstablished(name="An area's partnership", area_code="E07000192")
CALLERS = 16


@pytest.fixture
def url(database_url: str) -> str:
    migrate(database_url, [(service.name, lambda connection, role: service.create(database_url, connection, role))])
    return url_for(database_url, service.name)


@pytest.fixture
def store(url: str) -> Iterator[EventStore]:
    opened = open_store(service.name, url, KEY)
    yield opened
    opened.close()


def fact(partnership: str, version: int = 1) -> StoredFact:
    envelope = enveloped(FACT, partnership=partnership, version=version)
    return StoredFact(envelope, FACT, encode(envelope))


def checked(found: SignedEvents) -> list[int]:
    """The sizes of the batches, each of which its source has signed as it is."""
    head, remaining = START, iter(found.events)
    for signature in found.signatures:
        leaves = b"".join(leaf_hash(next(remaining).state) for _ in range(signature.size))
        head = KEYS.check(service.name, head, leaves, signature)
    assert next(remaining, None) is None
    return [signature.size for signature in found.signatures]


class Slow:
    """A place where the first turn waits until all others have come."""

    def __init__(self) -> None:
        self.turns: list[list[int]] = []
        self.first_is_in = threading.Event()
        self.may_go_on = threading.Event()
        self.group = GroupCommit[int, str](self.commit, lambda turn, another: len(turn) < 4)

    def commit(self, work: Sequence[int]) -> list[str | BaseException]:
        self.turns.append(list(work))
        self.first_is_in.set()
        self.may_go_on.wait(10)
        return [ValueError(str(number)) if number % 5 == 0 else f"{number}" for number in work]


def test_what_comes_meanwhile_is_committed_in_the_next_turns_and_each_hears_its_own_outcome() -> None:
    slow, outcomes = Slow(), dict[int, str | BaseException]()

    def call(number: int) -> None:
        try:
            outcomes[number] = slow.group.commit(number)
        except ValueError as error:
            outcomes[number] = error

    with ThreadPoolExecutor(CALLERS) as threads:
        threads.submit(call, 1)
        slow.first_is_in.wait(10)
        for number in range(2, 10):
            threads.submit(call, number)
            while len(slow.group._queue) < number - 1:
                pass
        slow.may_go_on.set()
    assert slow.turns == [[1], [2, 3, 4, 5], [6, 7, 8, 9]]
    assert {number: str(outcome) for number, outcome in outcomes.items()} == {n: str(n) for n in range(1, 10)}
    assert [number for number, outcome in outcomes.items() if isinstance(outcome, ValueError)] == [5]


def test_an_error_of_the_turn_is_everybodys() -> None:
    def fails(work: Sequence[int]) -> list[str | BaseException]:
        raise PersistenceError("no room")

    group = GroupCommit[int, str](fails, lambda turn, another: True)
    for _ in range(2):
        with pytest.raises(PersistenceError, match="no room"):
            group.commit(1)


def test_every_commit_is_signed_and_continues_the_one_before(store: EventStore) -> None:
    store.save(fact("a-1"), fact("a-1", 2))
    store.save(fact("a-2"))
    found = store.source_recorder.signed_after(0, 100)
    assert [event.id for event in found.events] == [1, 2, 3]
    assert checked(found) == [2, 1]


def test_whole_batches_are_given_and_one_at_least(store: EventStore) -> None:
    store.save(fact("a-1"), fact("a-1", 2), fact("a-1", 3))
    store.save(fact("a-2"), fact("a-2", 2))
    recorder = store.source_recorder
    assert checked(recorder.signed_after(0, 1)) == [3]
    assert checked(recorder.signed_after(0, 4)) == [3]
    assert checked(recorder.signed_after(0, 5)) == [3, 2]
    assert [signature.last for signature in recorder.signed_after(3, 100).signatures] == [5]
    assert recorder.signed_after(5, 100).events == []


def test_of_those_committed_together_only_who_is_refused_hears_it(store: EventStore) -> None:
    store.save(fact("taken"))
    with ThreadPoolExecutor(CALLERS) as threads:
        saves = [
            threads.submit(store.save, fact("taken" if number == 7 else f"free-{number}")) for number in range(CALLERS)
        ]
    errors = [save.exception() for save in saves]
    assert [number for number, error in enumerate(errors) if error] == [7]
    assert isinstance(errors[7], IntegrityError)
    found = store.source_recorder.signed_after(0, 1000)
    assert [event.id for event in found.events] == list(range(1, CALLERS + 1))
    assert sum(checked(found)) == CALLERS


def test_a_companion_that_is_refused_takes_its_facts_along_and_nobody_elses(store: EventStore) -> None:
    answer = sql.SQL("INSERT INTO {}.answer (key, digest, answer) VALUES ('one', '', '')").format(
        sql.Identifier(service.name)
    )
    with ThreadPoolExecutor(2) as threads:
        saves = [threads.submit(store.save, fact(f"with-{number}"), companions=[(answer, ())]) for number in range(2)]
        other = threads.submit(store.save, fact("alone"))
    assert sorted(save.exception() is None for save in saves) == [False, True]
    assert other.exception() is None
    assert sum(checked(store.source_recorder.signed_after(0, 10))) == 2


def test_two_processes_record_each_fact_once_without_gaps(store: EventStore, url: str) -> None:
    other = open_store(service.name, url, KEY)
    stores, per_caller = (store, other), 20

    def write(caller: int) -> None:
        for number in range(per_caller):
            stores[caller % 2].save(fact(f"c-{caller}-{number}"))

    with ThreadPoolExecutor(CALLERS) as threads:
        list(threads.map(write, range(CALLERS)))
    other.close()
    found = store.source_recorder.signed_after(0, 10_000)
    assert [event.id for event in found.events] == list(range(1, CALLERS * per_caller + 1))
    assert len({event.originator_id for event in found.events}) == CALLERS * per_caller
    assert len(checked(found)) < CALLERS * per_caller, "some were committed together"


def test_nothing_is_saved_when_what_it_was_decided_on_has_changed(store: EventStore) -> None:
    store.save(fact("read"))
    with pytest.raises(IntegrityError):
        store.save(fact("written"), read={fact("read").originator_id: 0})
    store.save(fact("written"), read={fact("read").originator_id: 1, fact("other").originator_id: 0})
    assert sum(checked(store.source_recorder.signed_after(0, 10))) == 2


def test_two_that_each_read_what_the_other_writes_are_not_committed_together() -> None:
    """Each alone would leave the other's reading old."""
    one, other = fact("one"), fact("other")
    mapper = CloudEventMapper(JSONTranscoder())
    first = Work([mapper.to_stored_event(one)], [], {other.originator_id: 0})
    second = Work([mapper.to_stored_event(other)], [], {one.originator_id: 0})
    third = Work([mapper.to_stored_event(fact("third"))], [], {})
    assert not _fits([first], second)
    assert _fits([first], third)
