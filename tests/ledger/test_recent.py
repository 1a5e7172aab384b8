"""What was appended last is read from memory: the same entries as from the table, or none at all."""

from __future__ import annotations

from ledger_sources import event

from services.ledger.entry import Candidate, examine
from services.ledger.pages import EntryFilter
from services.ledger.recent import Recent
from shared.contracts.envelope import encode

ALL = EntryFilter().admits


def appended(first: int, count: int, source: str = "meetings", **changed: object) -> list[Candidate]:
    return [examine(source, number, encode(event(source, **changed))) for number in range(first, first + count)]


def positions(
    recent: Recent, start: int, end: int, which: EntryFilter | None = None, most: int = 500
) -> list[int] | None:
    page = recent.read(start, end, (which or EntryFilter()).admits, most)
    return None if page is None else [row.position for row in page.rows]


def test_a_range_that_is_not_all_here_is_read_elsewhere() -> None:
    recent = Recent()
    recent.add(10, appended(1, 5))
    assert positions(recent, 10, 15) == [10, 11, 12, 13, 14]
    assert positions(recent, 12, 13) == [12]
    assert positions(recent, 15, 15) == []
    assert positions(recent, 9, 12) is None
    assert positions(recent, 12, 16) is None


def test_a_page_that_is_full_says_where_it_ends() -> None:
    recent = Recent()
    recent.add(0, appended(1, 5))
    page = recent.read(1, 5, ALL, 2)
    assert page is not None
    assert ([row.source_sequence for row in page.rows], page.next_position) == ([2, 3], 3)


def test_only_what_is_wanted_is_read() -> None:
    recent = Recent()
    recent.add(0, [*appended(1, 2), *appended(1, 1, "funding", type="funding.request_deferred.v1"), *appended(3, 1)])
    assert positions(recent, 0, 4, EntryFilter(types=frozenset({"funding.request_deferred.v1"}))) == [2]
    assert positions(recent, 0, 4, EntryFilter(service="meetings")) == [0, 1, 3]


def test_entries_of_another_process_in_between_make_it_forget_what_came_before() -> None:
    recent = Recent()
    recent.add(0, appended(1, 3))
    recent.add(5, appended(6, 1))
    assert positions(recent, 0, 3) is None
    assert positions(recent, 5, 6) == [5]


def test_it_keeps_a_bounded_number_of_entries_and_bytes() -> None:
    recent = Recent(most=3)
    recent.add(0, appended(1, 5))
    assert positions(recent, 1, 5) is None
    assert positions(recent, 2, 5) == [2, 3, 4]
    one = appended(1, 1)
    small = Recent(most_bytes=2 * len(one[0].entry))
    small.add(0, appended(1, 4))
    assert positions(small, 2, 4) == [2, 3]


def test_heads_are_known_at_the_end_once_they_were_learnt() -> None:
    recent = Recent()
    recent.add(4, [])
    assert recent.heads(4) is None
    recent.learn(3, {"meetings": 9})
    assert recent.heads(4) is None, "these are of another position"
    recent.learn(4, {"meetings": 3, "funding": 1})
    recent.add(4, appended(4, 2))
    assert recent.heads(6) == {"meetings": 5, "funding": 1}
    assert recent.heads(5) is None
    recent.add(9, appended(9, 1))
    assert recent.heads(10) is None
