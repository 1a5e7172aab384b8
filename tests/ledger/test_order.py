"""Facts about the order in which candidates become entries."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from ledger_sources import event

from services.ledger.entry import Candidate, examine
from services.ledger.order import KnownEntry, arrange, identity
from shared.contracts.envelope import encode


def candidate(source: str, sequence: int, event_id: str | None = None, **changed: object) -> Candidate:
    name = event_id or f"{source}-{sequence}"
    return examine(source, sequence, encode(event(source, id=name, **changed)))


def numbers(candidates: list[Candidate]) -> list[tuple[str, int]]:
    return [(each.source, each.sequence) for each in candidates]


def test_what_continues_its_source_is_appended_as_it_came() -> None:
    batch = [candidate("meetings", 8), candidate("funding", 1), candidate("meetings", 9)]
    arranged = arrange(batch, {"meetings": 7, "funding": 0}, [])
    assert numbers(arranged.new) == [("meetings", 8), ("funding", 1), ("meetings", 9)]
    assert arranged.last == {"meetings": 9, "funding": 1}


def test_what_came_too_early_waits_for_the_rest_of_its_batch() -> None:
    batch = [candidate("meetings", 3), candidate("funding", 1), candidate("meetings", 2), candidate("meetings", 1)]
    arranged = arrange(batch, {"meetings": 0, "funding": 0}, [])
    assert numbers(arranged.new) == [("funding", 1), ("meetings", 1), ("meetings", 2), ("meetings", 3)]
    assert not arranged.ahead


def test_nothing_from_beyond_a_gap_is_appended() -> None:
    batch = [candidate("meetings", 1), candidate("meetings", 3), candidate("meetings", 4), candidate("funding", 5)]
    arranged = arrange(batch, {"meetings": 0, "funding": 4}, [])
    assert numbers(arranged.new) == [("meetings", 1), ("funding", 5)]
    assert arranged.ahead == {"meetings": 2}


def test_the_same_again_is_a_duplicate() -> None:
    held = identity(candidate("meetings", 1))
    arranged = arrange(
        [candidate("meetings", 1), candidate("meetings", 2), candidate("meetings", 2)], {"meetings": 1}, [held]
    )
    assert (numbers(arranged.new), arranged.duplicates, arranged.conflicts) == ([("meetings", 2)], 2, [])


def test_another_event_under_a_number_that_is_taken_is_a_conflict() -> None:
    held = identity(candidate("meetings", 1))
    arranged = arrange([candidate("meetings", 1, "another"), candidate("meetings", 2)], {"meetings": 1}, [held])
    assert [conflict.held for conflict in arranged.conflicts] == [held]
    assert numbers(arranged.new) == [("meetings", 2)]


def test_the_same_id_with_other_bytes_is_a_conflict() -> None:
    held = identity(candidate("meetings", 1))
    arranged = arrange([candidate("meetings", 1, actor="chair")], {"meetings": 1}, [held])
    assert len(arranged.conflicts) == 1
    assert "other bytes" in str(arranged.conflicts[0])


def test_an_event_id_is_unique_over_all_sources_for_ever() -> None:
    held = identity(candidate("meetings", 1, "e-1"))
    arranged = arrange([candidate("funding", 1, "e-1"), candidate("funding", 2)], {"meetings": 1, "funding": 0}, [held])
    assert len(arranged.conflicts) == 1
    assert arranged.new == []
    assert arranged.ahead == {"funding": 1}


def test_two_claims_to_one_number_in_a_batch_are_a_conflict() -> None:
    batch = [candidate("meetings", 2, "late"), candidate("meetings", 2, "later"), candidate("meetings", 1)]
    arranged = arrange(batch, {"meetings": 0}, [])
    assert [each.event_id for each in arranged.new] == ["meetings-1", "late"]
    assert [conflict.candidate.event_id for conflict in arranged.conflicts] == ["later"]


@given(
    lengths=st.lists(st.integers(0, 8), min_size=1, max_size=3),
    seed=st.randoms(use_true_random=False),
    lost=st.sets(st.integers(0, 30)),
)
def test_whatever_comes_each_source_continues_without_gap(
    lengths: list[int], seed: random.Random, lost: set[int]
) -> None:
    everything = [candidate(f"source{number}", i) for number, n in enumerate(lengths) for i in range(1, n + 1)]
    came = [each for place, each in enumerate(everything) if place not in lost]
    came += seed.choices(came, k=len(came)) if came else []
    seed.shuffle(came)
    last = {f"source{number}": 0 for number in range(len(lengths))}
    held: list[KnownEntry] = []
    for start in range(0, len(came), 5):
        arranged = arrange(came[start : start + 5], last, held)
        for each in arranged.new:
            last[each.source] += 1
            assert each.sequence == last[each.source]
        held += [identity(each) for each in arranged.new]
        assert arranged.conflicts == []
        assert {source: arranged.last[source] for source in last} == last
