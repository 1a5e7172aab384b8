"""Facts about seats, deputies, officers, terms and people, each with its clause."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from membership.facts import (
    BOARD,
    DEPUTY,
    ESTABLISHED,
    JANUARY,
    JUNE,
    NOVEMBER,
    WITHDRAWN,
    created,
    elected,
    filled,
    terms,
)
from stage import Given, given, partner

from services.membership.groups.domain import Group
from services.membership.officers.rules import (
    an_officer_is_elected_to_a_filled_seat,
    chair_and_vice_chair_are_two_seats,
)
from services.membership.people.rules import an_erased_person_takes_no_further_part
from services.membership.seats.domain import FillSeat, NameDeputy, Seat, WithdrawDeputy
from services.membership.seats.rules import (
    a_deputy_is_not_the_representative,
    only_a_deputy_is_withdrawn,
    only_a_filled_seat_is_vacated,
    people_in_a_seat_come_from_its_organisation,
)
from services.membership.terms_of_reference.rules import a_quorum_is_at_most_the_whole_membership
from shared.contracts.event import Event
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.officers import Office, OfficerElected
from shared.contracts.membership.people import PersonErased
from shared.contracts.membership.seats import SeatCreated, SeatVacated
from shared.contracts.membership.terms_of_reference import TermsOfReferenceAdopted
from shared.values.refusals import AlreadyThere, Unknown
from shared.values.rules import an_organisation_speaks_for_its_own_seats


def fill(seat: str, by: str, organisation: str | None = None) -> FillSeat:
    return FillSeat(group="board", seat=seat, person=by, in_force_from=JUNE, organisation=organisation)


def deputy(by: str) -> NameDeputy:
    return NameDeputy(group="board", seat="police", person=by, in_force_from=JUNE)


def withdrawal(organisation: str | None = None) -> WithdrawDeputy:
    return WithdrawDeputy(
        group="board", seat="police", person="person-3", withdrawn_from=JANUARY, organisation=organisation
    )


def elect(office: Office, seat: str) -> OfficerElected:
    return OfficerElected(group="board", office=office, seat=seat, elected_on=JUNE)


def seat(history: Given, slug: str = "police") -> Seat:
    return history.state(Group, "board").seats.held[slug]


def test_a_group_is_formed_in_a_partnership_and_accountable_to_one_that_exists() -> None:
    """STK-1, CAN-5"""
    forum = GroupFormed(group="forum", name="Forum", kind=GroupKind.LOCALITY_FORUM, accountable_to="board")
    given().when(forum).refused(Unknown, "no partnership 'area'")
    given(ESTABLISHED).when(forum).refused(Unknown, "no group 'board'")
    BOARD.when(forum).then(
        GroupFormed(group="forum", name="Forum", kind=GroupKind.LOCALITY_FORUM, accountable_to="board")
    )


def test_a_new_seat_is_vacant() -> None:
    """TSP-2: public health is to be confirmed."""
    assert seat(BOARD).representatives.on(NOVEMBER) is None


def test_a_seat_name_is_given_once() -> None:
    """TSP-2"""
    again = SeatCreated(group="board", seat="police", organisation="police", office="Inspector", in_force_from=JUNE)
    BOARD.when(again).refused(AlreadyThere, "has seat 'police' already")


def test_a_seat_is_created_for_a_registered_organisation() -> None:
    """TSP-2"""
    health = SeatCreated(group="board", seat="health", organisation="health", office="Director", in_force_from=JUNE)
    BOARD.when(health).refused(Unknown, "no organisation 'health'")


def test_a_seat_that_is_not_there_cannot_be_filled() -> None:
    """TSP-2"""
    BOARD.when(fill("health", "person-1")).refused(Unknown, "no seat 'health'")


def test_a_representative_comes_from_the_seats_organisation() -> None:
    """TSP-2"""
    BOARD.when(fill("police", "person-2")).refused(people_in_a_seat_come_from_its_organisation, "held by 'police'")
    BOARD.when(fill("police", "person-1")).then(filled("police", "person-1"))


def test_a_partner_speaks_for_its_own_seat_only() -> None:
    """TSP-2"""
    not_own = an_organisation_speaks_for_its_own_seats
    BOARD.when(fill("police", "person-1", "fire"), by=partner("fire")).refused(not_own, "not by 'fire'")
    BOARD.and_then(DEPUTY).when(withdrawal("fire"), by=partner("fire")).refused(not_own, "not by 'fire'")
    BOARD.when(fill("police", "person-1", "police"), by=partner("police")).then(filled("police", "person-1"))


def test_who_fills_a_seat_is_known_as_at_any_date() -> None:
    """TSP-2"""
    vacated = SeatVacated(group="board", seat="police", vacant_from=JANUARY, reason="Moved on.")
    representatives = seat(BOARD.and_then(filled("police", "person-1"), vacated)).representatives
    assert representatives.on(dt.date(2014, 6, 1)) is None
    assert representatives.on(NOVEMBER) == "person-1"
    assert representatives.on(JANUARY) is None


def test_a_vacant_seat_cannot_be_vacated() -> None:
    """TSP-2"""
    leave = SeatVacated(group="board", seat="police", vacant_from=JUNE, reason="No one was there.")
    BOARD.when(leave).refused(only_a_filled_seat_is_vacated, "vacant on 2014-06-02 already")


def test_no_one_is_their_own_deputy() -> None:
    """TSP-2"""
    BOARD.and_then(filled("police", "person-1")).when(deputy("person-1")).refused(
        a_deputy_is_not_the_representative, "both representative and deputy"
    )


def test_a_deputy_comes_from_the_seats_organisation() -> None:
    """TSP-2"""
    BOARD.when(deputy("person-2")).refused(people_in_a_seat_come_from_its_organisation, "held by 'police'")


def test_a_deputy_stands_in_until_withdrawn() -> None:
    """TSP-2"""
    history = BOARD.when(deputy("person-3")).then(DEPUTY).when(withdrawal()).then(WITHDRAWN)
    assert seat(history).has_deputy("person-3", NOVEMBER)
    assert not seat(history).has_deputy("person-3", JANUARY)
    history.when(withdrawal()).refused(only_a_deputy_is_withdrawn, "on 2015-01-05")


def test_a_chair_sits_in_a_filled_seat() -> None:
    """TSP-3"""
    BOARD.when(elect(Office.CHAIR, "police")).refused(an_officer_is_elected_to_a_filled_seat, "No one fills")


def test_chair_and_vice_chair_are_two_seats() -> None:
    """TSP-3: the chair is the Leader, the vice-chair the fire service's Area Commander."""
    board = BOARD.and_then(filled("police", "person-1"), created("fire"), filled("fire", "person-2"))
    chaired = board.when(elect(Office.CHAIR, "police")).then(elected(Office.CHAIR, "police"))
    chaired.when(elect(Office.VICE_CHAIR, "police")).refused(chair_and_vice_chair_are_two_seats, "office of chair")
    chaired.when(elect(Office.VICE_CHAIR, "fire")).then(elected(Office.VICE_CHAIR, "fire"))
    chaired.when(elect(Office.CHAIR, "police")).then(elected(Office.CHAIR, "police"))


def test_an_officer_holds_office_until_the_next_election() -> None:
    """TSP-3"""
    history = BOARD.and_then(elected(Office.CHAIR, "police"), elected(Office.CHAIR, "fire", JANUARY))
    officers = history.state(Group, "board").officers.elected
    assert officers[Office.CHAIR].on(NOVEMBER) == "police"
    assert officers[Office.CHAIR].on(JANUARY) == "fire"
    assert Office.VICE_CHAIR not in officers


def test_a_quorum_of_five_quarters_is_refused() -> None:
    """TSP-1"""

    def adopt(numerator: int) -> TermsOfReferenceAdopted:
        return TermsOfReferenceAdopted(group="board", terms=terms(numerator, 4), in_force_from=JUNE)

    BOARD.when(adopt(5)).refused(a_quorum_is_at_most_the_whole_membership, "5/4")
    assert BOARD.when(adopt(4)).fact.terms == terms(4, 4)


@pytest.mark.parametrize("command", [PersonErased(person="person-3", reason="Asked for again."), deputy("person-3")])
def test_an_erased_person_is_erased_once_and_takes_no_further_part(command: PersonErased | NameDeputy) -> None:
    """design 10"""
    erased = PersonErased(person="person-3", reason="Asked for.")
    history = BOARD.when(PersonErased(person="person-3", reason="Asked for.")).then(erased)
    history.when(command).refused(an_erased_person_takes_no_further_part, "'person-3' was erased")


@for_all(
    st.lists(st.tuples(st.dates(dt.date(2010, 1, 1), dt.date(2020, 12, 31)), st.sampled_from(["p-1", "p-2", None])))
)
def test_the_latest_holding_by_date_counts_in_whatever_order_it_was_recorded(
    holdings: list[tuple[dt.date, str | None]],
) -> None:
    """TSP-2: minutes are written up late; what is in force goes by its date."""
    facts: list[Event] = [
        SeatVacated(group="board", seat="police", vacant_from=since, reason="Left.")
        if by is None
        else filled("police", by, since)
        for since, by in holdings
    ]
    in_force = {since: by for since, by in holdings if since <= NOVEMBER}
    expected = in_force[max(in_force)] if in_force else None
    assert seat(BOARD.and_then(*facts)).representatives.on(NOVEMBER) == expected
