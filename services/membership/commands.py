"""What clerks and partners ask membership to do."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from services.membership.domain.group import Group
from services.membership.domain.partnership import Organisation, Partnership, Person
from services.membership.people import destroy_key, new_sealed
from shared.contracts.command import Command
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.officers import Office
from shared.contracts.membership.organisations import Identifier, OrganisationRegistered, Sector
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.contracts.membership.people import PersonRegistered
from shared.contracts.membership.terms_of_reference import TermsOfReference
from shared.contracts.nouns import GroupSlug, OrganisationSlug, PersonSlug, Reason, SeatSlug
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name
from shared.values.roles import Role

CLERK = {Role.CLERK}
CLERK_OR_PARTNER = {Role.CLERK, Role.PARTNER}

commands = Commands("membership")


class EstablishPartnership(Command, frozen=True, kw_only=True):
    """Establish the partnership of an area."""

    name: Name
    area_code: Annotated[str, Meta(pattern=r"^[A-Z][0-9]{8}$(?!\n)", max_length=9, examples=["E07000192"])]


@commands.handles("/partnership", roles=CLERK)
def establish_partnership(command: EstablishPartnership, unit: UnitOfWork) -> None:
    partnership = unit.new(Partnership, unit.partnership)
    unit.record(partnership, PartnershipEstablished(name=command.name, area_code=command.area_code))


class RegisterOrganisation(Command, frozen=True, kw_only=True):
    """Register an organisation that takes part."""

    organisation: OrganisationSlug
    name: Name
    sector: Sector
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=20)] = ()


@commands.handles("/organisations", roles=CLERK)
def register_organisation(command: RegisterOrganisation, unit: UnitOfWork) -> None:
    unit.existing(Partnership, unit.partnership)
    unit.record(
        unit.new(Organisation, command.organisation),
        OrganisationRegistered(
            organisation=command.organisation,
            name=command.name,
            sector=command.sector,
            identifiers=command.identifiers,
        ),
    )


class RegisterPerson(Command, frozen=True, kw_only=True):
    """Register a person who may fill seats; name and contact are sealed at once."""

    person: PersonSlug
    name: Name
    contact: Name | None = None
    organisation: OrganisationSlug


@commands.handles("/people", roles=CLERK_OR_PARTNER, acts_for="organisation")
def register_person(command: RegisterPerson, unit: UnitOfWork) -> None:
    person = unit.new(Person, command.person)
    unit.existing(Organisation, command.organisation)
    name, contact = new_sealed(unit, command.person, command.name, command.contact)
    unit.record(
        person,
        PersonRegistered(person=command.person, name=name, contact=contact, organisation=command.organisation),
    )


class ErasePerson(Command, frozen=True, kw_only=True):
    """Erase a person: the key to name and contact is destroyed, everywhere and for ever."""

    person: PersonSlug
    reason: Reason


@commands.handles("/people/{person}/erasure", roles=CLERK)
def erase_person(command: ErasePerson, unit: UnitOfWork) -> None:
    person = unit.existing(Person, command.person)
    unit.record(person, person.erase(command.reason))
    destroy_key(unit, command.person)


class FormGroup(Command, frozen=True, kw_only=True):
    """Form a group of the partnership."""

    group: GroupSlug
    name: Name
    kind: GroupKind
    accountable_to: GroupSlug | None = None


@commands.handles("/groups", roles=CLERK)
def form_group(command: FormGroup, unit: UnitOfWork) -> None:
    unit.existing(Partnership, unit.partnership)
    group = unit.new(Group, command.group)
    if command.accountable_to is not None:
        unit.existing(Group, command.accountable_to)
    unit.record(
        group,
        GroupFormed(group=command.group, name=command.name, kind=command.kind, accountable_to=command.accountable_to),
    )


class AdoptTermsOfReference(Command, frozen=True, kw_only=True):
    """Adopt a group's terms of reference from a day on."""

    group: GroupSlug
    terms: TermsOfReference
    in_force_from: dt.date


@commands.handles("/groups/{group}/terms-of-reference", roles=CLERK)
def adopt_terms_of_reference(command: AdoptTermsOfReference, unit: UnitOfWork) -> None:
    group = unit.existing(Group, command.group)
    unit.record(group, group.adopt_terms(command.terms, command.in_force_from))


class CreateSeat(Command, frozen=True, kw_only=True):
    """Create a seat for an organisation and an office; it is vacant until it is filled."""

    group: GroupSlug
    seat: SeatSlug
    organisation: OrganisationSlug
    office: Name
    in_force_from: dt.date


@commands.handles("/groups/{group}/seats", roles=CLERK)
def create_seat(command: CreateSeat, unit: UnitOfWork) -> None:
    group = unit.existing(Group, command.group)
    unit.existing(Organisation, command.organisation)
    unit.record(group, group.create_seat(command.seat, command.organisation, command.office, command.in_force_from))


class FillSeat(Command, frozen=True, kw_only=True):
    """Seat an organisation's representative. A partner names its organisation, and a seat and a person of its own."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    in_force_from: dt.date
    organisation: OrganisationSlug | None = None


@commands.handles("/groups/{group}/seats/{seat}/representative", roles=CLERK_OR_PARTNER, acts_for="organisation")
def fill_seat(command: FillSeat, unit: UnitOfWork) -> None:
    group, person = _group_and_person(unit, command.group, command.person)
    group.own_seat(command.seat, command.organisation)
    unit.record(group, group.fill_seat(command.seat, person.slug, person.organisation, command.in_force_from))


class VacateSeat(Command, frozen=True, kw_only=True):
    """Leave a seat vacant from a day on."""

    group: GroupSlug
    seat: SeatSlug
    vacant_from: dt.date
    reason: Reason


@commands.handles("/groups/{group}/seats/{seat}/vacancy", roles=CLERK)
def vacate_seat(command: VacateSeat, unit: UnitOfWork) -> None:
    group = unit.existing(Group, command.group)
    unit.record(group, group.vacate_seat(command.seat, command.vacant_from, command.reason))


class NameDeputy(Command, frozen=True, kw_only=True):
    """Name a deputy who may stand in for a seat's representative. A partner names its organisation, as for its seat."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    in_force_from: dt.date
    organisation: OrganisationSlug | None = None


@commands.handles("/groups/{group}/seats/{seat}/deputies", roles=CLERK_OR_PARTNER, acts_for="organisation")
def name_deputy(command: NameDeputy, unit: UnitOfWork) -> None:
    group, person = _group_and_person(unit, command.group, command.person)
    group.own_seat(command.seat, command.organisation)
    unit.record(group, group.name_deputy(command.seat, person.slug, person.organisation, command.in_force_from))


class WithdrawDeputy(Command, frozen=True, kw_only=True):
    """End a deputy's standing in for a seat. A partner names its organisation, as for its seat."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    withdrawn_from: dt.date
    organisation: OrganisationSlug | None = None


@commands.handles(
    "/groups/{group}/seats/{seat}/deputies/{person}/withdrawal", roles=CLERK_OR_PARTNER, acts_for="organisation"
)
def withdraw_deputy(command: WithdrawDeputy, unit: UnitOfWork) -> None:
    group = unit.existing(Group, command.group)
    group.own_seat(command.seat, command.organisation)
    unit.record(group, group.withdraw_deputy(command.seat, command.person, command.withdrawn_from))


class ElectOfficer(Command, frozen=True, kw_only=True):
    """Elect a seat to the chair or vice-chair of its group."""

    group: GroupSlug
    office: Office
    seat: SeatSlug
    elected_on: dt.date


@commands.handles("/groups/{group}/officers", roles=CLERK)
def elect_officer(command: ElectOfficer, unit: UnitOfWork) -> None:
    group = unit.existing(Group, command.group)
    unit.record(group, group.elect(command.office, command.seat, command.elected_on))


def _group_and_person(unit: UnitOfWork, group: str, person: str) -> tuple[Group, Person]:
    found = unit.existing(Person, person)
    found.takes_part()
    return unit.existing(Group, group), found
