"""Facts about quorum: how many members a meeting needs, who counts, and how it is explained (TSP-1)."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meetings.given import SEATS, board, terms

from services.meetings.attendance.domain import Attendee
from services.meetings.quorum.domain import Counted, counted_as_present, counted_seats, needed, worked_out
from shared.contracts.meetings.attendance import Capacity
from shared.contracts.membership.terms_of_reference import QuorumNumber, QuorumShare, Rounding, TermsOfReference

REPRESENTATIVE, DEPUTY = Capacity.REPRESENTATIVE, Capacity.DEPUTY

shares = st.integers(1, 1000).flatmap(
    lambda whole: st.builds(QuorumShare, numerator=st.integers(1, whole), denominator=st.just(whole))
)
numbers = st.builds(QuorumNumber, members=st.integers(1, 1000))
all_terms = st.builds(
    terms,
    shares | numbers,
    rounding=st.sampled_from(Rounding),
    deputies_count=st.booleans(),
    vacant_seats_count=st.booleans(),
)
attendances = st.dictionaries(
    st.sampled_from(SEATS), st.builds(Attendee, st.none(), st.sampled_from(Capacity)), max_size=len(SEATS)
)


def sat(*seats: str, by: Capacity = REPRESENTATIVE) -> dict[str, Attendee]:
    return {seat: Attendee(f"person-{seat}", by) for seat in seats}


def required_of(board_terms: TermsOfReference, seats: int) -> int:
    return needed(board_terms.quorum, Counted(seats, seats, f"{seats} seats", board_terms.rounding)).members


def half(rounding: Rounding) -> int:
    return required_of(terms(QuorumShare(numerator=1, denominator=2), rounding=rounding), 5)


def test_eleven_seats_need_three() -> None:
    """TSP-1: a quarter of the whole number of members, the vacant seat counted, rounded up."""
    quorum = worked_out(board(), sat("council", "police", "fire"))
    assert (quorum.seats, quorum.vacant, quorum.counted_membership) == (11, 1, 11)
    assert (quorum.required, quorum.present, quorum.quorate) == (3, 3, True)
    assert quorum.explanation == (
        "A quarter of 11 seats, 1 vacant included, is 2 3/4, rounded up to 3; 3 are present: the meeting is quorate."
        " Terms of reference in force from 1 April 2014."
    )


def test_two_of_eleven_are_one_short() -> None:
    """TSP-1"""
    quorum = worked_out(board(), sat("council", "police"))
    assert not quorum.quorate
    assert "2 are present: the meeting is inquorate, 1 short." in quorum.explanation


def test_vacant_seats_count_only_where_the_terms_say_so() -> None:
    """TSP-1: of nine seats four are vacant; a third of nine is three, of five it is two."""
    empty = SEATS[:4]
    third = QuorumShare(numerator=1, denominator=3)
    counted = worked_out(board(terms(third), seats=SEATS[:9], vacant=empty), {})
    left_out = worked_out(board(terms(third, vacant_seats_count=False), seats=SEATS[:9], vacant=empty), {})
    assert (counted.counted_membership, counted.required) == (9, 3)
    assert (left_out.counted_membership, left_out.required) == (5, 2)
    assert left_out.explanation.startswith("A third of 5 seats, 4 vacant left out, is 1 2/3, rounded up to 2; 0 are")


def test_a_deputy_counts_only_where_the_terms_say_so() -> None:
    """TSP-1, TSP-2"""
    attendance = sat("council", "police") | sat("fire", by=DEPUTY)
    assert worked_out(board(), attendance).present == 3
    assert "3 are present, 1 of them by deputy: the" in worked_out(board(), attendance).explanation
    uncounted = worked_out(board(terms(deputies_count=False)), attendance)
    assert (uncounted.present, uncounted.quorate) == (2, False)
    assert "2 are present, and 1 whose attendance does not count: the meeting is inquorate" in uncounted.explanation


def test_a_deputy_in_a_vacant_seat_counts_only_where_the_seat_does() -> None:
    """TSP-1, TSP-2: nobody is present who does not belong to the membership the quorum is worked out from."""
    attendance = sat("public-health", by=DEPUTY)
    assert worked_out(board(), attendance).present == 1
    assert worked_out(board(terms(vacant_seats_count=False)), attendance).present == 0


def test_a_half_of_five_is_three_rounded_up_two_down_and_three_to_the_nearest() -> None:
    """TSP-1: a half is rounded up."""
    assert [half(rounding) for rounding in (Rounding.UP, Rounding.DOWN, Rounding.NEAREST)] == [3, 2, 3]


def test_a_number_is_the_quorum_whatever_the_membership() -> None:
    """TSP-1"""
    quorum = worked_out(board(terms(QuorumNumber(members=5))), sat("council"))
    assert (quorum.required, quorum.present) == (5, 1)
    assert quorum.explanation.startswith(
        "The terms of reference ask for 5 of 11 seats; 1 is present: the meeting is inquorate, 4 short."
    )


def test_nobody_is_no_meeting() -> None:
    """TSP-1: a quarter of one seat, rounded down, is still one."""
    quorum = worked_out(board(terms(rounding=Rounding.DOWN), seats=SEATS[:1], vacant=()), {})
    assert (quorum.required, quorum.quorate) == (1, False)
    assert quorum.explanation.startswith("A quarter of 1 seat is 1/4, but never less than 1; 0 are present")


def test_a_quarter_and_at_least_three_of_four_seats_is_three() -> None:
    """TSP-1: terms may set a floor to a share."""
    floor = terms(QuorumShare(numerator=1, denominator=4, minimum=3))
    quorum = worked_out(board(floor, seats=SEATS[:4], vacant=()), sat("council", "police", "fire"))
    assert (quorum.required, quorum.quorate) == (3, True)
    assert quorum.explanation.startswith("A quarter of 4 seats is 1, but never less than 3; 3 are present: the meeting")
    assert worked_out(board(floor, vacant=()), {}).explanation.startswith(
        "A quarter of 11 seats is 2 3/4, rounded up to 3; 0 are present"
    )


@given(shares, st.sampled_from(Rounding), st.integers(0, 1000), st.integers(1, 1000))
def test_a_floor_raises_a_quorum_and_never_lowers_it(
    share: QuorumShare, rounding: Rounding, membership: int, minimum: int
) -> None:
    """TSP-1"""
    bare = required_of(terms(share, rounding=rounding), membership)
    floor = QuorumShare(numerator=share.numerator, denominator=share.denominator, minimum=minimum)
    assert required_of(terms(floor, rounding=rounding), membership) == max(bare, minimum)


def test_a_share_without_a_fraction_is_not_rounded() -> None:
    """TSP-1"""
    quorum = worked_out(board(seats=SEATS[:8], vacant=()), {})
    assert quorum.explanation.startswith("A quarter of 8 seats is 2; 0 are present")


def test_a_share_without_a_name_is_told_in_figures() -> None:
    """TSP-1"""
    odd = terms(QuorumShare(numerator=2, denominator=5), rounding=Rounding.NEAREST)
    assert worked_out(board(odd, vacant=()), {}).explanation.startswith(
        "2/5 of 11 seats is 4 2/5, rounded to the nearest, 4; 0 are present"
    )


def test_who_withdraws_is_not_counted() -> None:
    """TSP-1, CAN-2"""
    attendance = sat("council", "police", "fire")
    assert counted_as_present(board(), attendance, {"police"}) == {"council", "fire"}


@given(all_terms, st.integers(0, 1000))
def test_a_quorum_is_never_less_than_one(board_terms: TermsOfReference, membership: int) -> None:
    """TSP-1"""
    assert required_of(board_terms, membership) >= 1


@given(shares, st.sampled_from(Rounding), st.integers(1, 1000))
def test_a_share_of_the_membership_is_never_more_than_the_membership(
    share: QuorumShare, rounding: Rounding, membership: int
) -> None:
    """TSP-1"""
    assert required_of(terms(share, rounding=rounding), membership) <= membership


@given(shares, st.sampled_from(Rounding), st.integers(0, 999))
def test_one_more_seat_never_lowers_a_quorum(share: QuorumShare, rounding: Rounding, membership: int) -> None:
    """TSP-1"""
    both = [required_of(terms(share, rounding=rounding), seats) for seats in (membership, membership + 1)]
    assert both == sorted(both)


@given(shares, st.integers(0, 1000))
def test_roundings_differ_by_less_than_a_member(share: QuorumShare, membership: int) -> None:
    """TSP-1: the exact share lies between the roundings, and the nearest is one of them, a half going up."""
    exact = Fraction(share.numerator * membership, share.denominator)
    down, nearest, up = (
        required_of(terms(share, rounding=rounding), membership)
        for rounding in (Rounding.DOWN, Rounding.NEAREST, Rounding.UP)
    )
    assert (down, up) == (max(1, math.floor(exact)), max(1, math.ceil(exact)))
    assert nearest == (up if exact - math.floor(exact) >= Fraction(1, 2) else down)


@given(all_terms, st.sets(st.sampled_from(SEATS)), attendances, st.sets(st.sampled_from(SEATS)))
def test_no_more_are_present_than_belong(
    board_terms: TermsOfReference, vacant: set[str], attendance: dict[str, Attendee], withdrawn: set[str]
) -> None:
    """TSP-1: whoever counts sits there, belongs to the counted membership, and has not withdrawn."""
    membership = board(board_terms, vacant=vacant)
    counting = counted_as_present(membership, attendance, withdrawn)
    assert counting <= counted_seats(membership)
    assert counting <= attendance.keys() - withdrawn


@given(all_terms, st.sets(st.sampled_from(SEATS)), attendances)
def test_a_quorum_is_explained_by_its_own_figures(
    board_terms: TermsOfReference, vacant: set[str], attendance: dict[str, Attendee]
) -> None:
    """TSP-1"""
    quorum = worked_out(board(board_terms, vacant=vacant), attendance)
    assert quorum.quorate == (quorum.present >= quorum.required)
    assert quorum.quorate != ("inquorate" in quorum.explanation)
    assert str(quorum.required) in quorum.explanation
    assert f"{quorum.present} {'is' if quorum.present == 1 else 'are'} present" in quorum.explanation


@pytest.mark.parametrize("rounding", Rounding)
def test_the_whole_membership_as_quorum_needs_everybody(rounding: Rounding) -> None:
    """TSP-1"""
    everybody = terms(QuorumShare(numerator=1, denominator=1), rounding=rounding)
    assert required_of(everybody, 11) == 11
