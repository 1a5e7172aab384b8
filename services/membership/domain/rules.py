"""The rules of membership, each a sentence with the clause it comes from."""

from __future__ import annotations

import datetime as dt

from shared.contracts.membership.terms_of_reference import QuorumShare, TermsOfReference
from shared.values.refusals import Refusal


class QuorumBeyondMembership(Refusal):
    """A quorum is at most the whole membership."""

    clause = "TSP-1"
    remedy = "Give a share of at most one whole, such as 1 and 4 for a quarter."


def a_quorum_is_at_most_the_whole_membership(terms: TermsOfReference) -> None:
    """A share greater than one could never be met (TSP-1). Raises ``QuorumBeyondMembership``."""
    quorum = terms.quorum
    if isinstance(quorum, QuorumShare) and quorum.numerator > quorum.denominator:
        raise QuorumBeyondMembership(f"{quorum.numerator}/{quorum.denominator} is more than the whole membership.")


class ForeignRepresentative(Refusal):
    """A seat is held by its organisation; who fills it or stands in comes from there."""

    clause = "TSP-2"
    remedy = "Choose a person of the seat's organisation, or register the person with that organisation."


def who_fills_a_seat_comes_from_its_organisation(seat: str, holder: str, person: str, organisation: str) -> None:
    """A seat is an organisation's place, not a person's own (TSP-2). Raises ``ForeignRepresentative``."""
    if organisation != holder:
        raise ForeignRepresentative(f"Seat {seat!r} is held by {holder!r}; {person!r} belongs to {organisation!r}.")


class ForeignSeat(Refusal):
    """An organisation names its people for its own seats."""

    clause = "TSP-2"
    remedy = "Name a seat of that organisation."


def an_organisation_names_people_for_its_own_seats(seat: str, holder: str, organisation: str | None) -> None:
    """``organisation``: who names them, where it is not the clerk (TSP-2). Raises ``ForeignSeat``."""
    if organisation not in (None, holder):
        raise ForeignSeat(f"Seat {seat!r} is held by {holder!r}, not by {organisation!r}.")


class Erased(Refusal):
    """A person who was erased takes no further part."""

    clause = "design 10"
    remedy = "Register the person anew if they consent, under a new slug."


class TwoCapacities(Refusal):
    """Nobody stands in for themselves."""

    clause = "TSP-2"
    remedy = "Name another deputy."


def nobody_stands_in_for_themselves(seat: str, representative: str | None, deputy: str) -> None:
    """A deputy is somebody other than the representative (TSP-2). Raises ``TwoCapacities``."""
    if representative == deputy:
        raise TwoCapacities(f"{deputy!r} would be both representative and deputy in seat {seat!r}.")


class VacantSeat(Refusal):
    """An office goes to a seat that somebody fills."""

    clause = "TSP-3"
    remedy = "Fill the seat first, or elect another."


def an_officer_sits_in_a_filled_seat(seat: str, representative: str | None, day: dt.date) -> None:
    """Chair and vice-chair are members in their seats (TSP-3). Raises ``VacantSeat``."""
    if representative is None:
        raise VacantSeat(f"Nobody fills seat {seat!r} on {day.isoformat()}.")


class TwoOffices(Refusal):
    """Chair and vice-chair are two different seats."""

    clause = "TSP-3"
    remedy = "Elect another seat, or elect a new holder of the other office first."


def chair_and_vice_chair_are_two_seats(seat: str, other_office: str, other_seat: str | None) -> None:
    """The vice-chair stands in for the chair, so it cannot be the same seat (TSP-3). Raises ``TwoOffices``."""
    if seat == other_seat:
        raise TwoOffices(f"Seat {seat!r} holds the office of {other_office} already.")


class SeatNotHeld(Refusal):
    """What is given up must be held on that day."""

    clause = "TSP-2"
    remedy = "Look at the roster as at that day."
