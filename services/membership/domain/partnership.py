"""The partnership itself, the organisations that take part, and the people who act for them."""

from __future__ import annotations

from functools import singledispatchmethod

from services.membership.domain.rules import Erased
from shared.contracts.membership.organisations import OrganisationRegistered
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.contracts.membership.people import PersonErased, PersonRegistered
from shared.values.old_aggregate import Aggregate


class Partnership(Aggregate):
    """A non-statutory body that brings an area's organisations together (CAN-1)."""

    noun = "partnership"

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: PartnershipEstablished) -> None:
        self.name = fact.name


class Organisation(Aggregate):
    """A body that takes part: a council, the police, a college, a charity (TSP-2)."""

    noun = "organisation"

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: OrganisationRegistered) -> None:
        self.name = fact.name


class Person(Aggregate):
    """Somebody who may fill seats. What is known of them is sealed; here only whom they act for."""

    noun = "person"

    def __init__(self, partnership: str, slug: str) -> None:
        super().__init__(partnership, slug)
        self.organisation = ""
        self.erased = False

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: PersonRegistered) -> None:
        self.organisation = fact.organisation

    @apply.register
    def _(self, fact: PersonErased) -> None:
        self.erased = True

    def erase(self, reason: str) -> PersonErased:
        """The fact that this person's key is destroyed (design 10). Raises ``Erased`` the second time."""
        self.takes_part()
        return PersonErased(person=self.slug, reason=reason)

    def takes_part(self) -> None:
        """Raises ``Erased`` if this person was erased."""
        if self.erased:
            raise Erased(f"The person {self.slug!r} was erased.")
