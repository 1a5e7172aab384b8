"""The rules about awards: what may be committed, paid and released, and what comes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from shared.values.money import pounds
from shared.values.rule import Broken, rule


@rule(
    "CAN-3",
    problem="reserve-exhausted",
    remedy="Award less, take the rest from another stream, or release commitments and free returned money first.",
)
def never_more_is_committed_than_a_stream_has_free(stream: str, name: str, free: int, asked: int) -> Broken | None:
    """Never more is committed than a stream has free."""
    short = asked - free
    if short > 0:
        return Broken(
            f"{name} has {pounds(free)} free, {pounds(short)} less than the award asks of it.",
            stream=stream,
            short_by_pence=short,
        )
    return None


@rule(
    "CAN-3",
    problem="purpose-mismatch",
    remedy="Take the money from a stream that has this purpose, or one that may be spent on anything.",
)
def money_with_a_purpose_is_spent_on_that_purpose(
    stream: str, name: str, purposes: Sequence[str], purpose: str
) -> Broken | None:
    """Money with a purpose is spent on that purpose only."""
    if purposes and purpose not in purposes:
        return Broken(f"{name} may be spent on {', '.join(purposes)} only; this is for {purpose}.", stream=stream)
    return None


@rule(
    "CAN-3",
    problem="commit-by-passed",
    remedy="Take the money from another stream, or record the decision that carries this one forward.",
)
def money_is_committed_by_its_streams_day(stream: str, name: str, until: dt.date | None, day: dt.date) -> Broken | None:
    """Money is committed by its stream's day to commit by."""
    if until is not None and day > until:
        return Broken(
            f"{name} could be awarded until {until.isoformat()}; this award is made on {day.isoformat()}.",
            stream=stream,
            commit_by=until.isoformat(),
            awarded_on=day.isoformat(),
        )
    return None


@rule(
    "CAN-3",
    problem="spend-by-passed",
    remedy="End the term by that day, take the money from another stream, or record the decision that carries this one"
    " forward.",
)
def money_is_spent_by_its_streams_day(stream: str, name: str, until: dt.date | None, day: dt.date) -> Broken | None:
    """Money is spent by its stream's day to spend by."""
    if until is not None and day > until:
        return Broken(
            f"{name} may be spent until {until.isoformat()}; this is for {day.isoformat()}.",
            stream=stream,
            spend_by=until.isoformat(),
            needed_until=day.isoformat(),
        )
    return None


@rule(
    "CAN-3",
    problem="request-to-another-reserve",
    remedy="Award from the reserve that the request names, or make a request to this one.",
)
def a_request_is_met_from_the_reserve_it_was_made_to(request: str, asked: str, awarding: str) -> Broken | None:
    """A request is met from the reserve it was made to."""
    if asked != awarding:
        return Broken(f"Request {request!r} was made to reserve {asked!r}, not to {awarding!r}.", reserve=asked)
    return None


@rule(
    "CAN-2",
    problem="award-differs-from-decision",
    remedy="Award what the decision says. For other terms, record another decision first.",
)
def an_award_has_the_terms_of_its_decision(
    decision: str, outcome: str, differing: Mapping[str, tuple[str, str]] | None
) -> Broken | None:
    """An award has the terms of the decision it names.

    ``differing``: for each term that differs, what was decided and what is asked for; None where the decision awards
    nothing.
    """
    if differing is None:
        return Broken(f"Decision {decision!r} awards nothing: its outcome is {outcome}.", decision=decision)
    if differing:
        each = "; ".join(f"{term}: {decided} decided, {asked} here" for term, (decided, asked) in differing.items())
        return Broken(f"Decision {decision!r} has other terms. {each}.", decision=decision, terms=sorted(differing))
    return None


@rule("CAN-3", problem="commitment-exceeded", remedy="Pay or release less, or have more awarded first.")
def payments_and_releases_stay_within_the_award(award: str, stream: str, left: int, amount: int) -> Broken | None:
    """Payments and releases never exceed what an award still commits."""
    short = amount - left
    if short > 0:
        return Broken(
            f"Award {award!r} still commits {pounds(left)} of {stream!r}, {pounds(short)} less than this.",
            stream=stream,
            short_by_pence=short,
        )
    return None


@rule(
    "CAN-2",
    problem="return-exceeds-payments",
    remedy="Record what is beyond the payments as a stream of its own: it is a contribution, not a return.",
)
def no_more_comes_back_than_was_paid(award: str, held: int, amount: int, stream: str | None = None) -> Broken | None:
    """No more comes back than was paid.

    ``held``: what was paid and has not come back, of the ``stream`` or in all.
    """
    if amount > held:
        of = f" of {stream!r}" if stream else ""
        return Broken(
            f"The payee of award {award!r} holds {pounds(held)}{of}; {pounds(amount)} is more than that.",
            **({"stream": stream} if stream else {}),
        )
    return None


@rule(
    "CAN-2",
    problem="return-already-reconciled",
    remedy="Record further money that comes back as a return of its own.",
)
def a_return_is_reconciled_once(return_: str, reconciled: bool) -> Broken | None:
    """A return is reconciled once, to the penny, and not estimated afterwards."""
    return Broken(f"Return {return_!r} was reconciled.") if reconciled else None


@rule(
    "CAN-3",
    problem="nothing-to-free",
    remedy="Look at the return. If the money is back, reconcile it first. If it was freed, it can be awarded.",
)
def money_is_freed_once_after_it_has_come_back(return_: str, reconciled: bool, freed: bool) -> Broken | None:
    """Money is freed once, after it has come back."""
    if not reconciled:
        return Broken(f"Return {return_!r} is only estimated; the money has not come back.")
    return Broken(f"The money of return {return_!r} was freed.") if freed else None


@rule(
    "CAN-2",
    problem="not-the-payee",
    remedy="Name the award's payee, or the award that was paid to this one.",
)
def a_return_is_estimated_for_the_awards_own_payee(award: str, payee: str, named: str) -> Broken | None:
    """A return is estimated for the award's own payee."""
    if named != payee:
        return Broken(f"Award {award!r} pays {payee!r}, not {named!r}.", field="payee", payee=payee)
    return None
