"""The register of decisions with what each brought about, and the matters that were deferred."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, and_

from services.meetings.meetings.view import meeting
from services.meetings.views import queries, views
from shared.contracts.event import name_of
from shared.contracts.funding.awards import AwardRefused, FundsAwarded
from shared.contracts.funding.effects import FundingEffectRefused
from shared.contracts.meetings.decisions import DecisionRecorded, Outcome
from shared.contracts.meetings.effects import EVERY_EFFECT, AwardDecided, EffectDecided, EffectRefused
from shared.contracts.meetings.references import ReferenceKind
from shared.contracts.nouns import Day, DayOrMonth, DecisionSlug, GroupSlug
from shared.contracts.projects.effects import ProjectEffectRefused
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import At, Row, happened_day, row
from shared.values.deferrals import taken_up_by
from shared.values.identifiers import Slug, Text
from shared.values.partial_date import last_day
from shared.values.refusals import Unknown


class Effect(msgspec.Struct):
    """What a decision brought about."""

    decision: DecisionSlug
    position: int
    effect: str
    """The event that says so, such as ``award_decided``."""
    terms: dict[str, Any]
    """Its fields."""


def _position(fact: DecisionRecorded, at: At) -> int:
    return at.position


def _authority(fact: DecisionRecorded, at: At) -> str:
    return at.envelope.authority


def _recorded_at(fact: DecisionRecorded, at: At) -> dt.datetime:
    return at.envelope.recordedtime


def _returns_on(fact: DecisionRecorded, at: At) -> DayOrMonth | None:
    return fact.deferral.returns_on if fact.deferral else None


def _returns_by(fact: DecisionRecorded, at: At) -> Day | None:
    returns_on = _returns_on(fact, at)
    return last_day(returns_on) if returns_on else None


decision = views.keeps(
    "decision",
    DecisionRecorded,
    key=("decision",),
    position=_position,
    authority=_authority,
    recorded_at=_recorded_at,
    returns_on=_returns_on,
    returns_by=_returns_by,
)
effect = views.keeps("effect", Effect, key=("decision", "position"))
award = views.keeps(
    "award",
    AwardDecided,
    AwardRefused,
    key=("decision", "reserve", "award"),
    leaves_out=(
        *("meeting", "request", "shares", "payee", "purpose", "starts_on", "ends_on"),
        *("rule", "clause", "stream", "short_by_pence"),
    ),
    refused_on=Day | None,
    made_on=Day | None,
)
"""What came of the awards of decisions: refused for a reason, or made, which may be after it was refused."""


@views.on(AwardRefused)
def _(fact: AwardRefused, at: At) -> Iterator[Row]:
    key = {"decision": fact.decision, "reserve": fact.reserve, "award": fact.award}
    yield row(award, **key, refused_on=happened_day(fact, at))


@views.on(FundsAwarded)
def _(fact: FundsAwarded, at: At) -> Iterator[Row]:
    key = {"decision": fact.decision, "reserve": fact.reserve, "award": fact.award}
    yield row(award, **key, made_on=happened_day(fact, at))


class Refused(msgspec.Struct):
    """An effect that a service refused."""

    decision: DecisionSlug
    position: int
    effect: str
    """The event that said so, such as ``deferral_decided``."""
    reason: Text


refused_effect = views.keeps("refused_effect", Refused, key=("decision", "position"))


def _refused(fact: EffectRefused, at: At) -> Iterator[Row]:
    which = {"decision": fact.decision, "position": at.position}
    yield row(refused_effect, **which, effect=fact.effect.split(".")[1], reason=fact.reason)


for refused in (FundingEffectRefused, ProjectEffectRefused):
    views.on(refused)(_refused)


def _effect(fact: EffectDecided, at: At) -> Iterator[Row]:
    terms = {k: v for k, v in msgspec.to_builtins(fact).items() if k not in ("meeting", "decision")}
    name = name_of(type(fact)).split(".")[1]
    yield row(effect, decision=fact.decision, position=at.position, effect=name, terms=terms)


for kind in EVERY_EFFECT:
    views.on(kind)(_effect)


@entry(effect, leaves_out=("decision", "position"))
class DecidedEffect:
    """What a decision brought about."""


@entry(refused_effect, leaves_out=("decision", "position"))
class NotDone:
    """An effect of a decision that the service concerned refused (CAN-2)."""


@entry(award, leaves_out=("decision",), where=award.c.award_checked.is_not(None))
class DecidedAward:
    """An award that a decision made, and what funding did with it (CAN-3).

    Where ``award_checked`` is false, funding was not asked in time whether it can be made. ``reason`` says why funding
    refused it; it may have been made after that. Without either day funding has not answered yet.
    """


@entry(decision, leaves_out=("position", "returns_on", "returns_by"))
class RegisteredDecision:
    """A decision in the partnership's register of decisions; ``day`` is its meeting's (CAN-2)."""

    day: Day
    effects: list[DecidedEffect]
    awards: list[DecidedAward]
    not_done: list[NotDone]


@entry(
    decision,
    leaves_out=(
        *("outcome", "alternatives", "quorate", "present", "required"),
        *("position", "authority", "recorded_at", "returns_on", "returns_by"),
    ),
)
class DeferredMatter:
    """A matter put off, with when it returns, as at a day.

    It is overdue when the day or month set has passed and no later decision about the same thing took it up.
    Noting it once more leaves it deferred, and so does an award that funding refused.
    """

    day: Day
    taken_up_by: DecisionSlug | None
    overdue: bool


@queries.gets("/decisions")
def decisions(
    reading: ReadContext,
    page: Page,
    group: GroupSlug | None = None,
    outcome: Outcome | None = None,
    about_kind: ReferenceKind | None = None,
    about: Slug | None = None,
) -> list[RegisteredDecision]:
    """The register of decisions, the latest first; of a group, with an outcome, about a kind or a thing."""
    found = _decisions(reading)
    if group is not None:
        found = found.where(decision.c.group == group)
    if outcome is not None:
        found = found.where(decision.c.outcome == outcome.value)
    if about_kind is not None:
        found = found.where(decision.c.about["kind"].astext == about_kind.value)
    if about is not None:
        found = found.where(decision.c.about["id"].astext == about)
    return _registered(reading, page.rows(reading, found, meeting.c.starts_at.desc(), decision.c.position.desc()))


@queries.gets("/decisions/{decision}")
def decision_of(reading: ReadContext, decision: DecisionSlug) -> RegisteredDecision:
    """One decision."""
    found = _registered(reading, reading.rows(_decisions(reading, decision=decision)))
    if not found:
        raise Unknown(f"There is no decision {decision!r} in {reading.partnership!r}.", field="decision")
    return found[0]


def decisions_at(reading: ReadContext, meeting: str) -> list[RegisteredDecision]:
    """The decisions of one meeting, in the order in which they were recorded."""
    return _registered(reading, reading.rows(_decisions(reading, meeting=meeting).order_by(decision.c.position)))


@queries.gets("/deferred-matters")
def deferred_matters(
    reading: ReadContext, page: Page, as_at: Day | None = None, settled: bool = False
) -> list[DeferredMatter]:
    """The matters deferred up to a day and not taken up since, the first to return first; those without a day last.

    With ``settled``, those that a later decision took up as well.
    """
    day = as_at or reading.today
    taken_up = {slug: later for slug, later in deferrals(reading, day).items() if settled or later is None}
    found = _decisions(reading, decision=list(taken_up))
    order = (decision.c.returns_on, meeting.c.starts_at, decision.c.position)
    return [
        as_entry(
            DeferredMatter,
            row,
            taken_up_by=taken_up[row["decision"]],
            overdue=taken_up[row["decision"]] is None and row["returns_by"] is not None and row["returns_by"] < day,
        )
        for row in page.rows(reading, found, *order)
    ]


def deferrals(reading: ReadContext, day: Day) -> dict[str, str | None]:
    """The decisions up to a day that deferred a matter, each with the decision that took it up since, if one did."""
    until = _decisions(reading).where(meeting.c.day <= day).order_by(meeting.c.starts_at, decision.c.position)
    decided = [_Decided(**{k: row[k] for k in _DECIDED}) for row in reading.rows(until)]
    found = taken_up_by(decided, _not_awarded(reading, day))
    return {deferred.decision: later.decision if later else None for deferred, later in found}


def _not_awarded(reading: ReadContext, day: Day) -> set[str]:
    """The decisions whose awards funding refused, and had made none of by a day."""
    answered = reading.rows(reading.select(award))
    made = {row["decision"] for row in answered if row["made_on"] is not None and row["made_on"] <= day}
    return {row["decision"] for row in answered if row["reason"] is not None} - made


class _Decided(msgspec.Struct):
    decision: str
    meeting: str
    outcome: str
    about: Any


_DECIDED = _Decided.__struct_fields__


def _decisions(reading: ReadContext, **columns: object) -> Select[Any]:
    its_meeting = and_(meeting.c.partnership == decision.c.partnership, meeting.c.meeting == decision.c.meeting)
    return reading.select(decision, **columns).add_columns(meeting.c.day).join(meeting, its_meeting)


def _registered(reading: ReadContext, rows: Sequence[RowMapping]) -> list[RegisteredDecision]:
    named = [row["decision"] for row in rows]
    effects = reading.entries_by("decision", DecidedEffect, effect.c.position, decision=named)
    awards = reading.entries_by("decision", DecidedAward, decision=named)
    not_done = reading.entries_by("decision", NotDone, refused_effect.c.position, decision=named)
    return [
        as_entry(RegisteredDecision, row, effects=effects[slug], awards=awards[slug], not_done=not_done[slug])
        for row in rows
        for slug in [row["decision"]]
    ]
