"""A matter told step by step: request, papers, meeting, interests, decision, award, payments, project, outcome.

A step is one event, told alone and dated; what a step amounts to (who was there, what money came to) is added in the
words the reports use. Every part comes, also the empty ones: that nothing is on record is worth knowing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from services.reporting.cabinet.projects import what_it_is
from services.reporting.dossier.matter import Matter
from services.reporting.english import capital, day, listing
from services.reporting.history import Fact, History, latest
from services.reporting.money import total
from services.reporting.resolutions import comes_back
from services.reporting.scrutiny import ScrutinyScope
from services.reporting.scrutiny.decisions import (
    decided,
    interest_declared,
    whether_it_was_quorate,
    whether_papers_went_out_in_time,
    who_was_there,
)
from services.reporting.statements import Part, Statement, Table, item, nothing, say
from services.reporting.telling import told
from shared.contracts.event import EVENTS, Event
from shared.contracts.funding import (
    AwardRefused,
    CommitmentReleased,
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
    ReturnedFundsFreed,
    ReturnEstimated,
    StreamShare,
)
from shared.contracts.meetings import (
    ActionAssigned,
    ActionCompleted,
    AgendaItemAdded,
    DecisionRecorded,
    InterestDeclared,
    MeetingScheduled,
    MinutesApproved,
)
from shared.contracts.membership import PartnershipEstablished
from shared.contracts.projects import ExpressionSubmitted, MeasureRead, MitigationAgreed, ProjectStarted

OF_REQUESTS: tuple[type[Event], ...] = (FundsRequested, MatchFundingPledged, RequestReconsidered)
FOLLOWING: tuple[type[Event], ...] = (
    RequestDeferred,
    RequestNoted,
    RequestDeclined,
    OtherFunderSought,
    MitigationAgreed,
    ExpressionSubmitted,
)
"""What names the decision it follows from, beside awards."""
OF_PROJECTS: tuple[type[Event], ...] = tuple(
    declared
    for name, declared in EVENTS.items()
    if name.startswith("projects.") and "project" in declared.__struct_fields__ and declared is not MeasureRead
)
"""Everything that happens in a project; what its measures read is told with the outcome."""
STATES: dict[type[Event], str] = {
    RequestDeferred: "is deferred and still to be decided",
    RequestNoted: "has been noted",
    RequestDeclined: "has been declined",
    FundsAwarded: "has been met",
    AwardRefused: "was to be met, but the reserve did not allow it",
    RequestReconsidered: "has been taken up again and is still to be decided",
}
"""Where a request stands after its last decision."""


def tell_trail(history: History, matter: Matter) -> tuple[Part, ...]:
    """All parts, from the first wish to what came of it."""
    return (
        _request(history, matter),
        *(_decision(history, decision) for decision in matter.decisions),
        _award(history, matter),
        _payments(history, matter),
        _returns(history, matter),
        *(_project(history, project) for project in matter.projects),
        _outcome(history, matter),
    )


def step(history: History, fact: Fact[Any]) -> Statement:
    """One event: its day, and what happened."""
    said = told(fact.what, history.names)
    assert said is not None, f"{type(fact.what).__name__} has no sentence in services/reporting/telling"
    return say(f"{day(fact.day)}: {said}", fact)


def steps(history: History, facts: Iterable[Fact[Any]]) -> tuple[Statement, ...]:
    """Events in the order of days; those of one day in the order of the ledger."""
    once = {fact.position: fact for fact in facts}
    return tuple(step(history, fact) for fact in sorted(once.values(), key=lambda fact: (fact.day, fact.position)))


def _or(told_: tuple[Statement, ...], otherwise: str, matter: Matter) -> tuple[Statement, ...]:
    return told_ or (nothing(otherwise, matter.asked_by),)


def _request(history: History, matter: Matter) -> Part:
    facts = [
        fact for request in matter.requests for kind in OF_REQUESTS for fact in history.ever(kind, request=request)
    ]
    return Part("Request", _or(steps(history, facts), "No request for funding belongs to this matter.", matter))


def _decision(history: History, decision: Fact[DecisionRecorded]) -> Part:
    what = decision.what
    agenda = latest(history.ever(AgendaItemAdded, meeting=what.meeting, item=what.item), "item")
    meetings = latest(history.ever(MeetingScheduled, meeting=what.meeting), "meeting")
    interests = history.ever(InterestDeclared, meeting=what.meeting, item=what.item)
    papers = [statement for meeting in meetings for statement in whether_papers_went_out_in_time(history, meeting)]
    quorum = [statement for meeting in meetings for statement in whether_it_was_quorate(history, meeting)]
    followed: list[Fact[Any]] = [fact for kind in FOLLOWING for fact in history.ever(kind, decision=what.decision)]
    for action in history.ever(ActionAssigned, decision=what.decision):
        followed.append(action)
        followed += history.ever(ActionCompleted, meeting=what.meeting, action=action.what.action)
    followed += history.ever(MinutesApproved, meeting=what.meeting)
    not_opened = nothing("That the meeting was opened is not on record.", decision)
    none_followed = nothing("Nothing that followed from it is on record beside what is told below.", decision)
    return Part(
        f"Decision of {day(decision.day)}: {history.names.group(what.group)}",
        parts=(
            Part(
                "Agenda and papers",
                (*steps(history, agenda), *(papers or [nothing("No papers are on record for the meeting.", decision)])),
            ),
            Part(
                "Meeting and quorum",
                (
                    *steps(history, meetings),
                    *(quorum or [not_opened]),
                ),
                tuple(_attendance(history, meetings)),
            ),
            Part(
                "Interests",
                tuple(interest_declared(history, meeting, fact) for meeting in meetings for fact in interests)
                or (nothing("No interest was declared in this item.", decision),),
            ),
            Part("What was decided", tuple(_decided(history, decision, agenda))),
            Part("What followed", steps(history, followed) or (none_followed,)),
        ),
    )


def _attendance(history: History, meetings: Iterable[Fact[MeetingScheduled]]) -> Iterator[Table]:
    """By post: a dossier leaves the partnership, and names nobody."""
    established = history.ever(PartnershipEstablished)
    if established:
        for meeting in meetings:
            yield from who_was_there(ScrutinyScope(history, history, established[0], people={}), meeting)


def _decided(
    history: History, decision: Fact[DecisionRecorded], agenda: list[Fact[AgendaItemAdded]]
) -> Iterator[Statement]:
    yield from decided(decision, agenda[-1] if agenda else None)
    if decision.what.deferral is not None:
        yield item(comes_back(history.names, decision.what.deferral), decision)


def _award(history: History, matter: Matter) -> Part:
    return Part("Award", _or(steps(history, matter.awards), "No money was awarded.", matter))


def _awarded(matter: Matter) -> list[Fact[FundsAwarded]]:
    return [fact for fact in matter.awards if isinstance(fact.what, FundsAwarded)]


def _of_award[E: Event](history: History, kind: type[E], award: Fact[FundsAwarded]) -> list[Fact[E]]:
    return history.ever(kind, reserve=award.what.reserve, award=award.what.award)


def _payments(history: History, matter: Matter) -> Part:
    facts: list[Fact[Any]] = []
    for award in _awarded(matter):
        facts += _of_award(history, PaymentMade, award)
        facts += _of_award(history, CommitmentReleased, award)
    return Part("Payments", _or(steps(history, facts), "No payment is on record.", matter))


def _returns(history: History, matter: Matter) -> Part:
    facts: list[Fact[Any]] = []
    for award in _awarded(matter):
        returned = _of_award(history, FundsReturned, award)
        facts += _of_award(history, ReturnEstimated, award)
        facts += returned
        for each in returned:
            facts += history.ever(ReturnedFundsFreed, reserve=award.what.reserve, return_=each.what.return_)
    for decision in matter.decisions:
        facts += history.ever(ReturnedFundsFreed, decision=decision.what.decision)
    return Part("Money that came back", _or(steps(history, facts), "No return of money is on record.", matter))


def _project(history: History, project: Fact[ProjectStarted]) -> Part:
    facts = [fact for kind in OF_PROJECTS for fact in history.ever(kind, project=project.what.project)]
    since = [fact for fact in facts if not isinstance(fact.what, ProjectStarted)]
    return Part(f"Project: {project.what.title}", (what_it_is(history, project), *steps(history, since)))


def _outcome(history: History, matter: Matter) -> Part:
    """What came of it, as far as it is on record."""
    readings = [fact for project in matter.projects for fact in history.ever(MeasureRead, project=project.what.project)]
    said = (*_money(history, matter), *_standing(history, matter), *steps(history, readings))
    return Part("Outcome", _or(said, "No outcome is on record yet.", matter))


def _money(history: History, matter: Matter) -> Iterator[Statement]:
    for award in _awarded(matter):
        paid = _of_award(history, PaymentMade, award)
        back = _of_award(history, FundsReturned, award)
        payee = capital(history.names.payee(award.what.payee))
        yield say(
            f"{payee} was awarded {total(award.what.shares)}; {_sum(paid)} has been paid and {_sum(back)} has come"
            " back.",
            award,
            *paid,
            *back,
        )


def _sum(facts: Iterable[Fact[PaymentMade] | Fact[FundsReturned]]) -> str:
    shares: list[StreamShare] = [share for fact in facts for share in fact.what.shares]
    return total(shares) if shares else "none of it"


def _standing(history: History, matter: Matter) -> Iterator[Statement]:
    """Where each request stands after its last decision."""
    for request in matter.requests:
        ends: list[Fact[Any]] = [fact for kind in STATES for fact in history.ever(kind, request=request)]
        title = history.names.request(request)
        if not ends:
            asked = history.ever(FundsRequested, request=request)
            yield say(f"The request “{title}” is still to be decided.", *asked)
            continue
        last = max(ends, key=lambda fact: fact.position)
        yield say(f"The request “{title}” {STATES[type(last.what)]}, as on {day(last.day)}.", last)


def heading(history: History, matter: Matter) -> tuple[tuple[str, str], ...]:
    """What the page says at its top."""
    rows = [("Name in the record", matter.slug)]
    if matter.requests:
        rows.append(("Request", listing([history.names.request(request) for request in matter.requests])))
    if matter.decisions:
        taken = [
            f"{capital(each.what.outcome.value)} by {history.names.the_group(each.what.group)} on {day(each.day)}"
            for each in matter.decisions
        ]
        rows.append(("Decided" if len(taken) == 1 else "Decisions", "; ".join(taken)))
    if matter.projects:
        rows.append(("Project", listing([each.what.title for each in matter.projects])))
    return tuple(rows)
