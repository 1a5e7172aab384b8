"""5.2: requests, awards, payments, money that comes back, and what every stream of the reserve holds."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.cabinet import requests
from services.reporting.cabinet.requests import awarded
from services.reporting.english import as_words, capital, clause, day, sentence
from services.reporting.history import Fact, History
from services.reporting.money import reserve_sentences, reserve_tables, total
from services.reporting.resolutions import by_the_group, resolved
from services.reporting.statements import Lines, Part, Statement, nothing, say
from shared.contracts.funding import (
    AwardRefused,
    CommitmentReleased,
    ContributionPaid,
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReserveOpened,
    ReturnedFundsFreed,
    ReturnEstimated,
    StreamReceived,
)
from shared.contracts.meetings import DecisionRecorded, ReferenceKind, UpdateCommissioned
from shared.values.money import pounds

lines = Lines[[History]]()


def funding_update(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """Requests first, then every other movement of money, then where it all stands."""
    told = requests.lines.tell(history) + lines.tell(history)
    if not told:
        told = (nothing("No money was requested, awarded, paid or returned in this period.", update),)
    as_at = history.period.until
    told += reserve_sentences(history, as_at)
    return Part("Funding update", told, reserve_tables(history, as_at))


def the_award(history: History, reserve: str, award: str) -> Fact[FundsAwarded] | None:
    """The award of that name, if it is on record."""
    return next(iter(history.ever(FundsAwarded, reserve=reserve, award=award)), None)


def paid_to(history: History, award: Fact[FundsAwarded] | None, slug: str) -> str:
    """Who an award pays, in a sentence; where the award is not on record, the award by its name."""
    return history.names.payee(award.what.payee) if award else f"the award “{as_words(slug)}”"


@lines.add
def awards_nobody_asked_for(history: History) -> Iterator[Statement]:
    """Awards, and awards that the reserve did not allow, without a request before them."""
    for award in history.news(FundsAwarded, request=None):
        decisions = history.ever(DecisionRecorded, decision=award.what.decision)
        by = by_the_group(history, decisions[0] if decisions else None)
        yield say(f"{awarded(history, award.what)} This was decided{by} on {day(award.day)}.", award, *decisions)
    for refused in history.news(AwardRefused, request=None):
        decisions = history.ever(DecisionRecorded, decision=refused.what.decision)
        yield say(
            f"An award of {total(refused.what.shares)} could not be made from the"
            f" {history.names.reserve(refused.what.reserve)}: {clause(refused.what.reason)}.",
            refused,
            *decisions,
        )


@lines.add
def what_was_resolved_about_awards(history: History) -> Iterator[Statement]:
    """Decisions about an award that has been made."""
    for decision in history.news(DecisionRecorded):
        about = decision.what.about
        if about is not None and about.kind is ReferenceKind.AWARD:
            yield resolved(history, decision)


@lines.add
def returns_to_be_expected(history: History) -> Iterator[Statement]:
    """Estimates in the words of the payee (CAN-2)."""
    for estimated in history.news(ReturnEstimated):
        what = estimated.what
        award = the_award(history, what.reserve, what.award)
        payee = capital(paid_to(history, award, what.award))
        whole = f"the {total(award.what.shares)} awarded to it" if award else "what it was paid"
        for_what = f" for {as_words(award.what.purpose)}" if award else ""
        yield say(
            f"{payee} will return {what.wording} {whole}{for_what}. {sentence(what.reason)}"
            f" The return is estimated at {pounds(what.estimate_pence)};"
            " the exact amount will be known when the money is back.",
            estimated,
            *([award] if award else []),
        )


@lines.add
def money_that_came_back(history: History) -> Iterator[Statement]:
    """Returns reconciled to the penny, against what was estimated (CAN-2)."""
    for returned in history.news(FundsReturned):
        what = returned.what
        award = the_award(history, what.reserve, what.award)
        estimates = history.known(ReturnEstimated, reserve=what.reserve, return_=what.return_)
        difference = what.difference_from_estimate_pence
        against = {
            None: "",
            0: ", exactly what was estimated",
        }.get(
            difference,
            f", {pounds(abs(difference or 0))} {'more' if (difference or 0) > 0 else 'less'} than was estimated",
        )
        yield say(
            f"{total(what.shares)} came back from {paid_to(history, award, what.award)} on {day(returned.day)}"
            f"{against}. It lies apart until a decision frees it for new use.",
            returned,
            *estimates,
            *([award] if award else []),
        )


@lines.add
def returned_money_that_was_freed(history: History) -> Iterator[Statement]:
    """Returned money that may be awarded anew."""
    for freed in history.news(ReturnedFundsFreed):
        decisions = history.ever(DecisionRecorded, decision=freed.what.decision)
        by = by_the_group(history, decisions[0] if decisions else None)
        yield say(
            f"Returned money of {total(freed.what.shares)} was freed for new use{by} on {day(freed.day)}.",
            freed,
            *decisions,
        )


@lines.add
def payments_that_were_made(history: History) -> Iterator[Statement]:
    """Payments of the period."""
    for payment in history.news(PaymentMade):
        award = the_award(history, payment.what.reserve, payment.what.award)
        for_what = f" for {as_words(award.what.purpose)}" if award else ""
        payee = capital(history.names.payee(payment.what.payee))
        yield say(
            f"{payee} was paid {total(payment.what.shares)}{for_what} on {day(payment.day)}.",
            payment,
            *([award] if award else []),
        )


@lines.add
def commitments_that_were_released(history: History) -> Iterator[Statement]:
    """Awarded money that will not be paid out."""
    for released in history.news(CommitmentReleased):
        award = the_award(history, released.what.reserve, released.what.award)
        payee = paid_to(history, award, released.what.award)
        yield say(
            f"{total(released.what.shares)} committed to {payee} will not be paid out and became free again on"
            f" {day(released.day)}. {sentence(released.what.reason)}",
            released,
            *([award] if award else []),
        )


@lines.add
def reserves_and_money_that_came_in(history: History) -> Iterator[Statement]:
    """New reserves and streams (CAN-3)."""
    for opened in history.news(ReserveOpened):
        yield say(f"The {opened.what.name} was opened on {day(opened.day)}.", opened)
    for paid in history.news(ContributionPaid):
        payer = capital(history.names.organisation(paid.what.organisation))
        yield say(
            f"{payer} says that it paid {pounds(paid.what.amount_pence)} to the"
            f" {history.names.reserve(paid.what.reserve)} on {day(paid.day)}; it counts once it has been received.",
            paid,
        )
    for received in history.news(StreamReceived):
        what = received.what
        ends = f" It may be spent until {day(what.ends_on)}." if what.ends_on else ""
        yield say(
            f"{pounds(what.amount_pence)} came into the {history.names.reserve(what.reserve)} from"
            f" {history.names.organisation(what.source)} on {day(received.day)}, as {what.name}.{ends}",
            received,
        )
