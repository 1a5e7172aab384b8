"""Facts about seats, deputies, officers and terms, each with its clause."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.membership.domain.group import Group
from services.membership.domain.partnership import Person
from services.membership.domain.rules import (
    Erased,
    ForeignRepresentative,
    QuorumBeyondMembership,
    SeatNotHeld,
    TwoCapacities,
    TwoOffices,
    VacantSeat,
)
from shared.contracts.event import Event
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.officers import Office, OfficerElected
from shared.contracts.membership.people import PersonErased, PersonRegistered, Sealed
from shared.contracts.membership.seats import DeputyNamed, SeatCreated, SeatFilled, SeatVacated
from shared.contracts.membership.terms_of_reference import QuorumShare, Rounding, TermsOfReference
from shared.values.refusals import AlreadyThere, Unknown

JUNE, NOVEMBER, JANUARY = dt.date(2014, 6, 2), dt.date(2014, 11, 24), dt.date(2015, 1, 5)

FORMED = GroupFormed(group="board", name="Strategic Board", kind=GroupKind.STRATEGIC_BOARD)
POLICE_SEAT = SeatCreated(
    group="board", seat="police", organisation="police", office="Superintendent", in_force_from=JUNE
)
FIRE_SEAT = SeatCreated(group="board", seat="fire", organisation="fire", office="Area Commander", in_force_from=JUNE)
POLICE_FILLED = SeatFilled(group="board", seat="police", person="person-1", in_force_from=JUNE)
FIRE_FILLED = SeatFilled(group="board", seat="fire", person="person-2", in_force_from=JUNE)


def board(*facts: Event) -> Group:
    """A board to which these facts happened."""
    group = Group("area", "board")
    for fact in (FORMED, *facts):
        group.apply(fact)
        group.version += 1
    return group


def terms(numerator: int, denominator: int) -> TermsOfReference:
    return TermsOfReference(
        quorum=QuorumShare(numerator=numerator, denominator=denominator),
        rounding=Rounding.UP,
        deputies_count=True,
        vacant_seats_count=True,
        agenda_notice_days=14,
        papers_notice_days=7,
        meetings_a_year=4,
    )


def test_a_new_seat_is_vacant() -> None:
    """TSP-2: public health is to be confirmed."""
    assert board(POLICE_SEAT).seat("police").representative(NOVEMBER) is None


def test_a_seat_name_is_given_once() -> None:
    """TSP-2"""
    with pytest.raises(AlreadyThere):
        board(POLICE_SEAT).create_seat("police", "police", "Inspector", JUNE)


def test_a_seat_that_is_not_there_cannot_be_filled() -> None:
    """TSP-2"""
    with pytest.raises(Unknown, match="no seat 'health'"):
        board(POLICE_SEAT).fill_seat("health", "person-1", "police", JUNE)


def test_a_representative_comes_from_the_seats_organisation() -> None:
    """TSP-2"""
    with pytest.raises(ForeignRepresentative, match="held by 'police'"):
        board(POLICE_SEAT).fill_seat("police", "person-2", "fire", JUNE)


def test_who_fills_a_seat_is_known_as_at_any_date() -> None:
    """TSP-2"""
    seat = board(
        POLICE_SEAT,
        POLICE_FILLED,
        SeatVacated(group="board", seat="police", vacant_from=JANUARY, reason="Moved on."),
    ).seat("police")
    assert seat.representative(dt.date(2014, 6, 1)) is None
    assert seat.representative(NOVEMBER) == "person-1"
    assert seat.representative(JANUARY) is None


def test_a_vacant_seat_cannot_be_vacated() -> None:
    """TSP-2"""
    with pytest.raises(SeatNotHeld):
        board(POLICE_SEAT).vacate_seat("police", JUNE, "Nobody was there.")


def test_nobody_stands_in_for_themselves() -> None:
    """TSP-2"""
    with pytest.raises(TwoCapacities):
        board(POLICE_SEAT, POLICE_FILLED).name_deputy("police", "person-1", "police", JUNE)


def test_a_deputy_stands_in_until_withdrawn() -> None:
    """TSP-2"""
    group = board(POLICE_SEAT, DeputyNamed(group="board", seat="police", person="person-3", in_force_from=JUNE))
    group.apply(group.withdraw_deputy("police", "person-3", JANUARY))
    assert group.seat("police").is_deputy("person-3", NOVEMBER)
    assert not group.seat("police").is_deputy("person-3", JANUARY)
    with pytest.raises(SeatNotHeld):
        group.withdraw_deputy("police", "person-3", JANUARY)


def test_a_chair_sits_in_a_filled_seat() -> None:
    """TSP-3"""
    with pytest.raises(VacantSeat):
        board(POLICE_SEAT).elect(Office.CHAIR, "police", JUNE)


def test_chair_and_vice_chair_are_two_seats() -> None:
    """TSP-3: the chair is the Leader, the vice-chair the fire service's Area Commander."""
    group = board(POLICE_SEAT, POLICE_FILLED, FIRE_SEAT, FIRE_FILLED)
    group.apply(group.elect(Office.CHAIR, "police", JUNE))
    with pytest.raises(TwoOffices, match="office of chair"):
        group.elect(Office.VICE_CHAIR, "police", JUNE)
    assert group.elect(Office.VICE_CHAIR, "fire", JUNE).seat == "fire"


def test_an_officer_holds_office_until_the_next_election() -> None:
    """TSP-3"""
    group = board(
        OfficerElected(group="board", office=Office.CHAIR, seat="police", elected_on=JUNE),
        OfficerElected(group="board", office=Office.CHAIR, seat="fire", elected_on=JANUARY),
    )
    assert group.officer(Office.CHAIR, NOVEMBER) == "police"
    assert group.officer(Office.CHAIR, JANUARY) == "fire"
    assert group.officer(Office.VICE_CHAIR, JANUARY) is None


def test_a_quorum_of_five_quarters_is_refused() -> None:
    """TSP-1"""
    with pytest.raises(QuorumBeyondMembership, match="5/4"):
        board().adopt_terms(terms(5, 4), JUNE)
    assert board().adopt_terms(terms(4, 4), JUNE).terms == terms(4, 4)


def test_an_erased_person_is_erased_once() -> None:
    """design 10"""
    person = Person("area", "person-1")
    person.apply(PersonRegistered(person="person-1", name=Sealed(ciphertext="AAAA"), organisation="police"))
    person.takes_part()
    person.apply(PersonErased(person="person-1", reason="Asked for."))
    with pytest.raises(Erased):
        person.erase("Asked for again.")


@given(st.lists(st.tuples(st.dates(dt.date(2010, 1, 1), dt.date(2020, 12, 31)), st.sampled_from(["p-1", "p-2", None]))))
def test_the_latest_holding_by_date_counts_in_whatever_order_it_was_recorded(
    holdings: list[tuple[dt.date, str | None]],
) -> None:
    """TSP-2: minutes are written up late; what is in force goes by its date."""
    group = board(POLICE_SEAT)
    for since, person in holdings:
        group.apply(
            SeatVacated(group="board", seat="police", vacant_from=since, reason="Left.")
            if person is None
            else SeatFilled(group="board", seat="police", person=person, in_force_from=since)
        )
    in_force = {since: person for since, person in holdings if since <= NOVEMBER}
    expected = in_force[max(in_force)] if in_force else None
    assert group.seat("police").representative(NOVEMBER) == expected
