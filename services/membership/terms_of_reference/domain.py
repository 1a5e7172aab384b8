"""Terms of reference: adopted in versions, each in force from a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.membership.terms_of_reference.rules import a_quorum_is_at_most_the_whole_membership
from shared.contracts.membership.terms_of_reference import TermsOfReference, TermsOfReferenceAdopted
from shared.values.aggregate import Part
from shared.values.in_force import InForce

if TYPE_CHECKING:
    from services.membership.groups.domain import Group


class Terms(Part):
    """The terms that a group meets by, by day."""

    adopted: InForce[TermsOfReference] = InForce()


@Terms.applies
def _(terms: Terms, fact: TermsOfReferenceAdopted) -> None:
    terms.adopted = terms.adopted.since(fact.in_force_from, fact.terms)


def adopt_terms_of_reference(asked: TermsOfReferenceAdopted, group: Group) -> TermsOfReferenceAdopted:
    """Adopt a group's terms of reference from a day on (TSP-1). Raises ``Unknown``, ``QuorumAboveMembership``."""
    a_quorum_is_at_most_the_whole_membership(asked.terms)
    return asked
