"""What funding's facts say."""

from __future__ import annotations

from services.reporting.cabinet.requests import asked
from services.reporting.english import as_words, clause, day, listing, starting, term
from services.reporting.money import shares_in_words, total
from services.reporting.resolutions import comes_back
from services.reporting.views.names import Names
from shared.contracts.event import Event
from shared.contracts.funding import (
    AwardRefused,
    CommitmentReleased,
    ContributionPaid,
    FundsAwarded,
    FundsRequested,
    FundsReturned,
    MatchFundingPledged,
    OtherFunderSought,
    PaymentMade,
    RequestDeclined,
    RequestDeferred,
    RequestNoted,
    RequestReconsidered,
    ReserveOpened,
    ReturnedFundsFreed,
    ReturnEstimated,
    StreamReceived,
)
from shared.values.money import pounds


def told(fact: Event, names: Names) -> str | None:
    """What a fact says; None for one of another service, or one that is not told here yet."""
    match fact:
        case ReserveOpened():
            return f"the {fact.name} was opened."
        case StreamReceived():
            on = f", to be spent on {listing([as_words(p) for p in fact.purposes])}" if fact.purposes else ""
            until = f", until {day(fact.ends_on)}" if fact.ends_on else ""
            return (
                f"{pounds(fact.amount_pence)} came into the {names.reserve(fact.reserve)} from"
                f" {names.organisation(fact.source)}, as {fact.name}{on}{until}."
            )
        case FundsRequested():
            ends = (
                f" The money that pays for it at present ends on {day(fact.present_funding_ends_on)}."
                if fact.present_funding_ends_on
                else ""
            )
            return (
                f"{names.organisation(fact.applicant)} asked the {names.reserve(fact.reserve)} for {asked(fact)}, for"
                f" “{fact.title}”: {clause(fact.purpose_text)}.{ends}"
            )
        case RequestDeferred():
            return f"{_request(fact, names)} was deferred. {comes_back(names, fact)}"
        case RequestReconsidered():
            at = f" for {names.meeting(fact.meeting)}" if fact.meeting else ""
            return f"{_request(fact, names)} was taken up again{at}: {clause(fact.reasons)}."
        case RequestNoted():
            return f"{_request(fact, names)} was noted, and neither met nor refused."
        case OtherFunderSought():
            funder, length = names.organisation(fact.funder), term(fact.starts_on, fact.ends_on)
            return f"it is to be explored whether {funder} can pay for “{names.request(fact.request)}” {length}."
        case RequestDeclined():
            return f"{_request(fact, names)} was declined: {clause(fact.reasons)}."
        case FundsAwarded():
            length = term(fact.starts_on, fact.ends_on) if fact.ends_on else f"from {starting(fact.starts_on)}"
            met = f", which meets the request “{names.request(fact.request)}”" if fact.request else ""
            return (
                f"{names.payee(fact.payee)} was awarded {shares_in_words(names, fact.reserve, fact.shares)} for"
                f" {as_words(fact.purpose)} {length}{met}."
            )
        case AwardRefused():
            return (
                f"an award of {total(fact.shares)} could not be made from the {names.reserve(fact.reserve)}:"
                f" {clause(fact.reason)}. The rule is {fact.clause}: {clause(fact.rule)}."
            )
        case PaymentMade():
            paid = shares_in_words(names, fact.reserve, fact.shares)
            return f"{names.payee(fact.payee)} was paid {paid} of {_award(fact)} on {day(fact.paid_on)}."
        case CommitmentReleased():
            freed = shares_in_words(names, fact.reserve, fact.shares)
            return (
                f"{freed} committed to {_award(fact)} will not be paid out and became free again:"
                f" {clause(fact.reason)}."
            )
        case ReturnEstimated():
            return (
                f"{fact.wording} what was paid of {_award(fact)} will come back, estimated at"
                f" {pounds(fact.estimate_pence)}: {clause(fact.reason)}."
            )
        case FundsReturned():
            back = shares_in_words(names, fact.reserve, fact.shares)
            return f"{back} of {_award(fact)} came back on {day(fact.returned_on)}{_against(fact)}."
        case ReturnedFundsFreed():
            return f"returned money of {shares_in_words(names, fact.reserve, fact.shares)} was freed for new use."
        case ContributionPaid():
            payer, reserve = names.organisation(fact.organisation), names.reserve(fact.reserve)
            return f"{payer} says that it paid {pounds(fact.amount_pence)} to the {reserve} on {day(fact.paid_on)}."
        case MatchFundingPledged():
            funder = names.organisation(fact.funder)
            return f"{funder} pledged {pounds(fact.amount_pence)} beside what was asked for in {_request(fact, names)}."
    return None


type OfRequest = RequestDeferred | RequestReconsidered | RequestNoted | RequestDeclined | MatchFundingPledged


def _request(fact: OfRequest, names: Names) -> str:
    return f"the request “{names.request(fact.request)}”"


def _award(fact: PaymentMade | CommitmentReleased | ReturnEstimated | FundsReturned) -> str:
    return f"the award “{as_words(fact.award)}”"


def _against(fact: FundsReturned) -> str:
    difference = fact.difference_from_estimate_pence
    if difference is None:
        return ""
    if difference == 0:
        return ", exactly what was estimated"
    return f", {pounds(abs(difference))} {'more' if difference > 0 else 'less'} than was estimated"
