"""The register of decisions, the matters that were deferred, and the action log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, cast, false, func, or_, select

from services.meetings.queries.entries import About, entries
from services.meetings.views import action, decision, meeting
from shared.contracts.meetings import Outcome, ReferenceKind
from shared.runtime.endpoints.web import Page, ReadContext
from shared.values.refusals import Unknown


@dataclass(frozen=True)
class DeferralTerms:
    """When a deferred matter comes back and what must be known by then."""

    returns_to: str
    returns_on: dt.date | None = None
    must_know: list[str] = field(default_factory=list)
    awaits_project: str | None = None


@dataclass(frozen=True)
class AwardedShare:
    """What one stream pays of an award, in whole pence."""

    stream: str
    amount_pence: int


@dataclass(frozen=True)
class AwardDecided:
    """The terms on which a decision awards money."""

    reserve: str
    award: str
    shares: list[AwardedShare]
    payee: str
    purpose: str
    starts_on: dt.date
    ends_on: dt.date | None = None


@dataclass(frozen=True)
class FunderAsked:
    """Another funder whom a decision asks, and for which term."""

    funder: str
    starts_on: dt.date
    ends_on: dt.date


@dataclass(frozen=True)
class MitigationDecided:
    """What a decision does against a problem of a project."""

    project: str
    problem: str
    mitigation: str
    text: str
    owner: str


@dataclass(frozen=True)
class RegisteredDecision:
    """A decision in the partnership's register of decisions; ``day`` is its meeting's (CAN-2)."""

    decision: str
    meeting: str
    group: str
    day: dt.date
    item: str
    outcome: Outcome
    text: str
    reasons: str
    alternatives: list[str]
    about: About | None
    deferral: DeferralTerms | None
    award: AwardDecided | None
    exploration: FunderAsked | None
    mitigations: list[MitigationDecided]
    quorate: bool
    present: int
    required: int
    authority: str
    recorded_at: dt.datetime
    sources: list[int]


@dataclass(frozen=True)
class DeferredMatter:
    """A matter put off, with when it returns, as at a day.

    It is overdue when the day set has passed and no later decision about the same thing was taken up to that day.
    Noting it once more leaves it deferred.
    """

    decision: str
    meeting: str
    group: str
    day: dt.date
    item: str
    text: str
    reasons: str
    about: About | None
    deferral: DeferralTerms
    taken_up_by: str | None
    """The next decision about the same thing, other than noting it."""
    overdue: bool
    sources: list[int]


@dataclass(frozen=True)
class LoggedAction:
    """An action in the action log as at a day: done by then, overdue, or neither (TSP-1)."""

    meeting: str
    action: str
    group: str
    decision: str | None
    text: str
    owner: str
    due_on: dt.date
    overdue: bool
    completed_on: dt.date | None
    outcome: str | None
    sources: list[int]


ITS_MEETING = and_(meeting.c.partnership == decision.c.partnership, meeting.c.meeting == decision.c.meeting)


def decisions(
    reading: ReadContext,
    part: Page,
    *,
    group: str | None = None,
    outcome: Outcome | None = None,
    kind: ReferenceKind | None = None,
    about: str | None = None,
) -> list[RegisteredDecision]:
    """The register of decisions, the latest meeting first; of a group, with an outcome, about a kind or a thing."""
    statement = _decisions(reading).order_by(meeting.c.starts_at.desc(), decision.c.position.desc())
    if group is not None:
        statement = statement.where(decision.c.group == group)
    if outcome is not None:
        statement = statement.where(decision.c.outcome == outcome.value)
    if kind is not None:
        statement = statement.where(decision.c.about["kind"].astext == kind.value)
    if about is not None:
        statement = statement.where(decision.c.about["id"].astext == about)
    return entries(reading, RegisteredDecision, part.of(statement))


def decision_of(reading: ReadContext, slug: str) -> RegisteredDecision:
    """One decision. Raises ``Unknown``."""
    found = entries(reading, RegisteredDecision, _decisions(reading).where(decision.c.decision == slug))
    if not found:
        raise Unknown(f"There is no decision {slug!r} in {reading.partnership!r}.")
    return found[0]


def decisions_at(reading: ReadContext, meeting_slug: str) -> list[RegisteredDecision]:
    """The decisions of one meeting, in the order in which they were recorded."""
    taken = _decisions(reading).where(decision.c.meeting == meeting_slug).order_by(decision.c.position)
    return entries(reading, RegisteredDecision, taken)


def _decisions(reading: ReadContext) -> Select[Any]:
    return (
        select(decision, meeting.c.day)
        .join_from(decision, meeting, ITS_MEETING)
        .where(decision.c.partnership == reading.partnership)
    )


def deferred_matters(
    reading: ReadContext, part: Page, as_at: dt.date, *, settled: bool = False
) -> list[DeferredMatter]:
    """What was deferred up to a day and not decided since, the first to return first; those without a day come last.

    With ``settled``, those that a later decision took up as well.
    """
    later, its_meeting = decision.alias("later"), meeting.alias("its_meeting")
    taken_up_by = (
        select(later.c.decision)
        .join(
            its_meeting,
            and_(its_meeting.c.partnership == later.c.partnership, its_meeting.c.meeting == later.c.meeting),
        )
        .where(
            later.c.partnership == decision.c.partnership,
            later.c.about == decision.c.about,
            later.c.outcome != Outcome.NOTED.value,
            its_meeting.c.starts_at > meeting.c.starts_at,
            its_meeting.c.day <= as_at,
        )
        .order_by(its_meeting.c.starts_at, later.c.position)
        .limit(1)
        .scalar_subquery()
    )
    returns_on = cast(decision.c.deferral["returns_on"].astext, Date)
    overdue = and_(taken_up_by.is_(None), func.coalesce(returns_on < as_at, false()))
    statement = (
        select(decision, meeting.c.day, taken_up_by.label("taken_up_by"), overdue.label("overdue"))
        .join_from(decision, meeting, ITS_MEETING)
        .where(
            decision.c.partnership == reading.partnership,
            decision.c.outcome == Outcome.DEFERRED.value,
            meeting.c.day <= as_at,
        )
        .order_by(returns_on.asc().nulls_last(), meeting.c.starts_at, decision.c.position)
    )
    if not settled:
        statement = statement.where(taken_up_by.is_(None))
    return entries(reading, DeferredMatter, part.of(statement))


def actions(
    reading: ReadContext, part: Page, as_at: dt.date, *, owner: str | None = None, overdue: bool | None = None
) -> list[LoggedAction]:
    """The action log as at a day, the first due first; of one owner, only the overdue, or only those that are not."""
    statement = _actions(reading, as_at).order_by(action.c.due_on, action.c.meeting, action.c.action)
    if owner is not None:
        statement = statement.where(action.c.owner == owner)
    if overdue is not None:
        statement = statement.where(_overdue(as_at) == overdue)
    return entries(reading, LoggedAction, part.of(statement))


def actions_of(reading: ReadContext, meeting_slug: str, as_at: dt.date) -> list[LoggedAction]:
    """The actions that one meeting assigned, the first due first."""
    statement = _actions(reading, as_at).where(action.c.meeting == meeting_slug)
    return entries(reading, LoggedAction, statement.order_by(action.c.due_on, action.c.action))


def _actions(reading: ReadContext, as_at: dt.date) -> Select[Any]:
    done = action.c.completed_on <= as_at
    return (
        select(
            action.c.meeting,
            action.c.action,
            meeting.c.group,
            action.c.decision,
            action.c.text,
            action.c.owner,
            action.c.due_on,
            _overdue(as_at).label("overdue"),
            case((done, action.c.completed_on)).label("completed_on"),
            case((done, action.c.outcome)).label("outcome"),
            action.c.sources,
        )
        .join_from(
            action, meeting, and_(meeting.c.partnership == action.c.partnership, meeting.c.meeting == action.c.meeting)
        )
        .where(action.c.partnership == reading.partnership, meeting.c.day <= as_at)
    )


def _overdue(as_at: dt.date) -> ColumnElement[bool]:
    return and_(action.c.due_on < as_at, or_(action.c.completed_on.is_(None), action.c.completed_on > as_at))
