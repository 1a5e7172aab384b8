"""The rules about requests for funding."""

from __future__ import annotations

from shared.values.money import MAX_PENCE, pounds
from shared.values.rule import Broken, rule


@rule(
    "CAN-2",
    problem="total-too-large",
    remedy="Check the amount, how often it falls due, and the term.",
    status=422,
)
def a_total_is_no_more_than_an_amount_can_be(total_pence: int) -> Broken | None:
    """A request's total is no more than £100 billion."""
    if total_pence > MAX_PENCE:
        return Broken(f"The request would be for {pounds(total_pence)} in all.", field="amount_pence")
    return None


@rule("CAN-2", problem="request-not-deferred", remedy="Decide the request as it is: it is open.")
def only_a_deferred_request_is_reconsidered(request: str, deferred: bool) -> Broken | None:
    """Only a deferred request is reconsidered."""
    return None if deferred else Broken(f"Request {request!r} is not deferred.")


@rule("CAN-2", problem="request-already-declined", remedy="Make a new request.")
def a_declined_request_stays_declined(request: str, declined_by: str | None) -> Broken | None:
    """A declined request stays declined."""
    if declined_by is not None:
        return Broken(f"Request {request!r} was declined by {declined_by!r}.", decision=declined_by)
    return None


@rule("CAN-2", problem="request-already-met", remedy="Look at the award that met it, or make a new request.")
def a_request_is_met_once(request: str, award: str | None) -> Broken | None:
    """A request is met once."""
    return Broken(f"Request {request!r} was met by award {award!r}.", award=award) if award else None
