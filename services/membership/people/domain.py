"""People: registered with name and contact sealed, and erased when they ask for it."""

from __future__ import annotations

from dataclasses import dataclass

from services.membership.organisations.domain import Organisation
from services.membership.people.rules import an_erased_person_takes_no_further_part
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.membership.people import PersonErased, PersonRegistered, Sealed
from shared.contracts.nouns import OrganisationSlug, PersonSlug
from shared.values.aggregate import Aggregate
from shared.values.identifiers import Name


class Person(Aggregate):
    """Someone who may fill seats. What is known of them is sealed; here is only whom they act for."""

    noun = "person"

    organisation: str = ""
    erased: bool = False


@Person.applies
def _(person: Person, fact: PersonRegistered) -> None:
    person.organisation = fact.organisation


@Person.applies
def _(person: Person, fact: PersonErased) -> None:
    person.erased = True


class RegisterPerson(Command, frozen=True, kw_only=True):
    """Register a person who may fill seats. Name and contact are sealed at once."""

    person: PersonSlug
    name: Name
    contact: Name | None = None
    organisation: OrganisationSlug


@dataclass(frozen=True)
class SealedDetails:
    """A person's name and contact, sealed with a new key of their own that is saved with the facts."""

    name: Sealed
    contact: Sealed | None


def register_person(
    command: RegisterPerson, person: Person, organisation: Organisation, sealed: SealedDetails
) -> PersonRegistered:
    """Register the person with an organisation (TSP-2). Raises ``AlreadyThere``, ``Unknown``."""
    return fact(PersonRegistered, command, name=sealed.name, contact=sealed.contact)


def erase_person(asked: PersonErased, person: Person) -> PersonErased:
    """Erase a person: the key to name and contact is destroyed, everywhere and for ever.

    Raises ``PersonIsErased`` the second time.
    """
    an_erased_person_takes_no_further_part(asked.person, person.erased)
    return asked
