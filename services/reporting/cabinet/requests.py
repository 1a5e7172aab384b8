"""5.2, first half: who asked for money, what for, and what the board did with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.reporting.english import (
    capital,
    clause,
    count,
    day,
    sentence,
    starting,
    term,
    was,
)
from services.reporting.history import Fact, History, latest
from services.reporting.money import streams_in_words, total
from services.reporting.resolutions import by_the_group, comes_back, request_of
from services.reporting.statements import Lines, Statement, item, say
from shared.contracts.funding import (
    AwardRefused,
    Basis,
    FundsAwarded,
    FundsRequested,
    MatchFundingPledged,
    OtherFunderSought,
    RequestDeclined,
    RequestDeferred,
    RequestNoted,
    RequestReconsidered,
)
from shared.contracts.meetings import DecisionRecorded, Outcome
from shared.values.money import pounds

lines = Lines[[History]]()
of_one_request = Lines[[History, "Handling"]]()


@dataclass
class Handling:
    """One request and everything on record that was done with it, by the decision that did it."""

    request: Fact[FundsRequested]
    outcomes: dict[str, list[Fact[Any]]] = field(default_factory=dict)
    """By decision, in order of days: the decision itself, where it is known here, and what followed from it."""
    news: bool = False

    @property
    def title(self) -> str:
        return self.request.what.title


type Following = RequestDeferred | RequestNoted | OtherFunderSought | RequestDeclined | FundsAwarded | AwardRefused


def following(history: History) -> Iterator[Fact[Following]]:
    """What followed from decisions about requests."""
    yield from history.known(RequestDeferred)
    yield from history.known(RequestNoted)
    yield from history.known(OtherFunderSought)
    yield from history.known(RequestDeclined)
    yield from history.known(FundsAwarded)
    yield from history.known(AwardRefused)


def handlings(history: History) -> list[Handling]:
    """Every request on record by the end of the period."""
    found: dict[str, Handling] = {}
    for request in latest(history.known(FundsRequested), "request"):
        found[request.what.request] = Handling(request, news=history.is_news(request))
    for decision in history.known(DecisionRecorded):
        slug = request_of(history, decision.what)
        if slug in found:
            _add(history, found[slug], decision.what.decision, decision)
    for fact in following(history):
        if fact.what.request in found:
            _add(history, found[fact.what.request], fact.what.decision, fact)
    touched = {fact.what.request for fact in history.news(RequestReconsidered)}
    touched |= {fact.what.request for fact in history.news(MatchFundingPledged)}
    for slug in touched & set(found):
        found[slug].news = True
    return list(found.values())


def _add(history: History, handling: Handling, decision: str, fact: Fact[Any]) -> None:
    handling.outcomes.setdefault(decision, []).append(fact)
    handling.news = handling.news or history.is_news(fact)


def _one[E](facts: list[Fact[Any]], kind: type[E]) -> Fact[Any] | None:
    return next((fact for fact in facts if isinstance(fact.what, kind)), None)


@lines.add
def requests_that_were_made(history: History) -> Iterator[Statement]:
    """All requests of the period at a glance (CAN-2)."""
    made = latest(history.news(FundsRequested), "request")
    if made:
        yield say(f"{capital(count(len(made), 'request'))} for funding {was(len(made))} made:", *made)
    for request in made:
        applicant = history.names.organisation(request.what.applicant)
        yield item(f"{request.what.title}: {asked(request.what)}, asked for by {applicant}.", request)


@lines.add
def what_became_of_each(history: History) -> Iterator[Statement]:
    """Every request with which something was done in the period."""
    for handling in handlings(history):
        if handling.news:
            yield from of_one_request.tell(history, handling)


@lines.add
def requests_still_deferred_from_before(history: History) -> Iterator[Statement]:
    """Deferred before the period and not decided since."""
    for handling in handlings(history):
        facts: list[Fact[Any]] = next(reversed(handling.outcomes.values()), [])
        deferred = _one(facts, RequestDeferred)
        if deferred is not None and not handling.news:
            told = comes_back(history.names, deferred.what)
            yield say(
                f"{handling.title}: deferred on {day(deferred.day)} and still to be decided. {told}",
                handling.request,
                deferred,
            )


@of_one_request.add
def what_it_is_for(history: History, handling: Handling) -> Iterator[Statement]:
    """The purpose, and when the present money ends (LOC-2)."""
    request = handling.request.what
    purpose = clause(request.purpose_text)
    told = [f"{request.title}: {'the money is meant ' if purpose.startswith('to ') else ''}{purpose}."]
    if not history.is_news(handling.request):
        applicant = history.names.organisation(request.applicant)
        told.append(f"{capital(applicant)} asked for {asked(request)} on {day(handling.request.day)}.")
    if request.present_funding_ends_on:
        told.append(f"The money that pays for it at present ends on {day(request.present_funding_ends_on)}.")
    if request.match_pence:
        told.append(f"The applicant says that others would add {pounds(request.match_pence)}.")
    yield say(" ".join(told), handling.request)


@of_one_request.add
def what_others_pledged(history: History, handling: Handling) -> Iterator[Statement]:
    """Match funding (CAN-3)."""
    for pledge in history.news(MatchFundingPledged, request=handling.request.what.request):
        funder = history.names.organisation(pledge.what.funder)
        yield say(
            f"{handling.title}: {funder} pledged {pounds(pledge.what.amount_pence)} beside what was requested.",
            pledge,
            handling.request,
        )


@of_one_request.add
def that_it_was_taken_up_again(history: History, handling: Handling) -> Iterator[Statement]:
    """A deferred request back before a board."""
    for again in history.news(RequestReconsidered, request=handling.request.what.request):
        told = f"{handling.title}: the request was taken up again on {day(again.day)}."
        yield say(f"{told} {sentence(again.what.reasons)}", again, handling.request)


@of_one_request.add
def what_was_decided(history: History, handling: Handling) -> Iterator[Statement]:
    """One statement a decision: the outcome, its reasons and what follows from it."""
    for facts in handling.outcomes.values():
        if any(history.is_news(fact) for fact in facts):
            yield say(" ".join(_outcome(history, handling, facts)), handling.request, *facts)


def _outcome(history: History, handling: Handling, facts: list[Fact[Any]]) -> Iterator[str]:
    decision: Fact[DecisionRecorded] | None = _one(facts, DecisionRecorded)
    by = by_the_group(history, decision)
    on = f" on {day(facts[0].day)}"
    request = f"{handling.title}: the request"
    if deferred := _one(facts, RequestDeferred):
        yield f"{request} was deferred{by}{on}."
        yield from _reasons(decision)
        yield comes_back(history.names, deferred.what)
    elif declined := _one(facts, RequestDeclined):
        yield f"{request} was declined{by}{on}. {sentence(declined.what.reasons)}"
    elif _one(facts, RequestNoted):
        yield f"{request} was noted{by}{on}."
        yield from _reasons(decision)
    elif decision is not None:
        verb = "deferred" if decision.what.outcome is Outcome.DEFERRED else decision.what.outcome.value
        yield f"{request} was {verb}{by}{on}: {clause(decision.what.text)}."
        yield from _reasons(decision)
        if decision.what.deferral is not None:
            yield comes_back(history.names, decision.what.deferral)
    if sought := _one(facts, OtherFunderSought):
        funder = history.names.organisation(sought.what.funder)
        length = term(sought.what.starts_on, sought.what.ends_on)
        yield f"It is to be explored whether {funder} can pay for it {length}."
    if award := _one(facts, FundsAwarded):
        yield awarded(history, award.what)
    if refused := _one(facts, AwardRefused):
        yield f"The award could not be made from the reserve: {clause(refused.what.reason)}."


def _reasons(decision: Fact[DecisionRecorded] | None) -> Iterator[str]:
    if decision is not None:
        yield sentence(decision.what.reasons)


def asked(request: FundsRequested) -> str:
    """What is asked for: ``£1,300 per month from May 2015``."""
    amount = pounds(request.amount_pence)
    each = {Basis.ONE_OFF: " once,", Basis.PER_MONTH: " per month", Basis.PER_ANNUM: " per annum"}[request.basis]
    until = f" until {day(request.ends_on)}" if request.ends_on else ""
    total = (
        f" ({pounds(request.total_pence)} in all)" if request.total_pence and request.basis is not Basis.ONE_OFF else ""
    )
    return f"{amount}{each} from {starting(request.starts_on)}{until}{total}"


def awarded(history: History, award: FundsAwarded) -> str:
    """Who gets how much, for what, from which streams."""
    amount = total(award.shares)
    streams = streams_in_words(history.names, award.reserve, award.shares)
    length = term(award.starts_on, award.ends_on) if award.ends_on else f"from {starting(award.starts_on)}"
    purpose = award.purpose.replace("-", " ")
    return f"{capital(history.names.payee(award.payee))} was awarded {amount} for {purpose} {length}, from {streams}."
