"""Facts about the order in which batches become entries."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from ledger_sources import batch, event

from services.ledger.batches import Batch, Head
from services.ledger.entry import Candidate, examine
from services.ledger.order import Arrangement, KnownEntry, arrange, identity
from shared.contracts.envelope import encode


def candidate(source: str, sequence: int, event_id: str | None = None, **changed: object) -> Candidate:
    name = event_id or f"{source}-{sequence}"
    return examine(source, sequence, encode(event(source, id=name, **changed)))


def after(of: Batch) -> Head:
    return Head(of.signature.last, of.head)


def numbers(arranged: Arrangement) -> list[tuple[str, int]]:
    return [(each.source, each.sequence) for each in arranged.candidates]


ONE = batch([candidate("meetings", 1)])
TWO = batch([candidate("meetings", 2), candidate("meetings", 3)], after(ONE))
MONEY = batch([candidate("funding", 1)])


def test_what_continues_its_source_is_appended_as_it_came() -> None:
    arranged = arrange([ONE, MONEY, TWO], {"meetings": Head(), "funding": Head()}, [])
    assert numbers(arranged) == [("meetings", 1), ("funding", 1), ("meetings", 2), ("meetings", 3)]
    assert arranged.heads == {"meetings": after(TWO), "funding": after(MONEY)}


def test_nothing_from_beyond_a_gap_is_appended() -> None:
    arranged = arrange([TWO, MONEY], {"meetings": Head(), "funding": Head()}, [])
    assert numbers(arranged) == [("funding", 1)]


def test_a_batch_that_follows_another_head_is_not_appended() -> None:
    arranged = arrange([TWO], {"meetings": Head(1, bytes([1] * 32))}, [])
    assert (arranged.new, arranged.conflicts) == ([], [])


def test_the_same_again_is_a_duplicate() -> None:
    held = identity(candidate("meetings", 1))
    arranged = arrange([ONE, TWO, ONE, TWO], {"meetings": after(ONE)}, [held])
    assert (numbers(arranged), arranged.duplicates, arranged.conflicts) == ([("meetings", 2), ("meetings", 3)], 4, [])


def test_another_event_under_a_number_that_is_taken_is_a_conflict() -> None:
    held = identity(candidate("meetings", 1))
    arranged = arrange([batch([candidate("meetings", 1, "another")]), TWO], {"meetings": after(ONE)}, [held])
    assert [conflict.held for conflict in arranged.conflicts] == [held]
    assert numbers(arranged) == [("meetings", 2), ("meetings", 3)]


def test_the_same_id_with_other_bytes_is_a_conflict() -> None:
    held = identity(candidate("meetings", 1))
    arranged = arrange([batch([candidate("meetings", 1, actor="chair")])], {"meetings": after(ONE)}, [held])
    assert len(arranged.conflicts) == 1
    assert "other bytes" in str(arranged.conflicts[0])


def test_an_event_id_is_unique_over_all_sources_and_its_batch_stays_out() -> None:
    held = identity(candidate("meetings", 1))
    funding = batch([candidate("funding", 1), candidate("funding", 2, "meetings-1")])
    arranged = arrange(
        [funding, batch([candidate("funding", 3)], after(funding))], {"funding": Head(), "meetings": after(ONE)}, [held]
    )
    assert [conflict.candidate.sequence for conflict in arranged.conflicts] == [2]
    assert (arranged.new, arranged.heads["funding"]) == ([], Head())


def test_an_id_twice_in_a_batch_is_a_conflict() -> None:
    arranged = arrange(
        [batch([candidate("funding", 1, "same"), candidate("funding", 2, "same")])], {"funding": Head()}, []
    )
    assert len(arranged.conflicts) == 1
    assert arranged.new == []


@given(
    sizes=st.lists(st.lists(st.integers(1, 3), max_size=4), min_size=1, max_size=3),
    seed=st.randoms(use_true_random=False),
    lost=st.sets(st.integers(0, 12)),
)
def test_whatever_comes_each_source_continues_without_gap(
    sizes: list[list[int]], seed: random.Random, lost: set[int]
) -> None:
    everything: list[Batch] = []
    heads: dict[str, Head] = {}
    for number, own in enumerate(sizes):
        head = Head()
        for size in own:
            first = head.last + 1
            everything.append(batch([candidate(f"s{number}", each) for each in range(first, first + size)], head))
            head = after(everything[-1])
        heads[f"s{number}"] = Head()
    came = [each for place, each in enumerate(everything) if place not in lost]
    came += seed.choices(came, k=len(came)) if came else []
    seed.shuffle(came)
    held: list[KnownEntry] = []
    for start in range(0, len(came), 5):
        arranged = arrange(came[start : start + 5], heads, held)
        for each in arranged.new:
            assert (each.signature.first, each.before) == (heads[each.source].last + 1, heads[each.source].head)
            heads[each.source] = after(each)
        held += [identity(each) for each in arranged.candidates]
        assert arranged.conflicts == []
        assert arranged.heads == heads
