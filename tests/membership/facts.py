"""What the facts about membership start from: a board with a seat for the police, and people of two organisations."""

from __future__ import annotations

import datetime as dt

from stage import given

from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.officers import Office, OfficerElected
from shared.contracts.membership.organisations import OrganisationRegistered, Sector
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.contracts.membership.people import PersonRegistered, Sealed
from shared.contracts.membership.seats import DeputyNamed, DeputyWithdrawn, SeatCreated, SeatFilled
from shared.contracts.membership.terms_of_reference import QuorumShare, Rounding, TermsOfReference

JUNE, NOVEMBER, JANUARY = dt.date(2014, 6, 2), dt.date(2014, 11, 24), dt.date(2015, 1, 5)


def registered(organisation: str) -> OrganisationRegistered:
    return OrganisationRegistered(organisation=organisation, name=organisation, sector=Sector.OTHER)


def person(slug: str, organisation: str) -> PersonRegistered:
    return PersonRegistered(person=slug, name=Sealed(ciphertext="AAAA"), organisation=organisation)


def created(seat: str) -> SeatCreated:
    return SeatCreated(group="board", seat=seat, organisation=seat, office="Head", in_force_from=JUNE)


def filled(seat: str, by: str, since: dt.date = JUNE) -> SeatFilled:
    return SeatFilled(group="board", seat=seat, person=by, in_force_from=since)


def elected(office: Office, seat: str, on: dt.date = JUNE) -> OfficerElected:
    return OfficerElected(group="board", office=office, seat=seat, elected_on=on)


ESTABLISHED = PartnershipEstablished(name="Area", area_code="E07000192")
FORMED = GroupFormed(group="board", name="Strategic Board", kind=GroupKind.STRATEGIC_BOARD)
DEPUTY = DeputyNamed(group="board", seat="police", person="person-3", in_force_from=JUNE)
WITHDRAWN = DeputyWithdrawn(group="board", seat="police", person="person-3", withdrawn_from=JANUARY)
BOARD = given(
    ESTABLISHED,
    registered("police"),
    registered("fire"),
    person("person-1", "police"),
    person("person-2", "fire"),
    person("person-3", "police"),
    FORMED,
    created("police"),
)


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
