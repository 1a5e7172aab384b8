"""The rules about terms of reference."""

from __future__ import annotations

from shared.contracts.membership.terms_of_reference import QuorumShare, TermsOfReference
from shared.values.rule import Broken, rule


@rule(
    "TSP-1",
    problem="quorum-above-membership",
    remedy="Give a share of at most one whole, such as 1 and 4 for a quarter.",
    status=422,
)
def a_quorum_is_at_most_the_whole_membership(terms: TermsOfReference) -> Broken | None:
    """A quorum is at most the whole membership."""
    quorum = terms.quorum
    if isinstance(quorum, QuorumShare) and quorum.numerator > quorum.denominator:
        return Broken(f"{quorum.numerator}/{quorum.denominator} is more than the whole membership.", field="terms")
    return None
