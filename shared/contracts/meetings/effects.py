"""What a decision brings about: one event for each effect, saved together with the decision itself.

A service reacts to the effects it knows and needs no other. A new effect is a member of ``Effect``, an event here, and
a row in ``services/meetings/decisions/effects.py``, which says which outcomes allow it.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import EVENTS, Event, Value, event
from shared.contracts.funding.shares import Payee, Shares
from shared.contracts.meetings.decisions import Deferral
from shared.contracts.nouns import (
    AwardSlug,
    DecisionSlug,
    FirstDay,
    LastDay,
    MeetingSlug,
    MitigationSlug,
    OrganisationSlug,
    PilotSlug,
    ProblemSlug,
    ProjectSlug,
    PurposeSlug,
    Reason,
    RequestSlug,
    ReserveSlug,
)
from shared.values.identifiers import Name, Text

Funder = Annotated[OrganisationSlug, Meta(examples=["police-and-crime-commissioner"])]
Mitigation = Annotated[Text, Meta(examples=["The police will signpost people to the programme."])]
Owner = Annotated[OrganisationSlug, Meta(examples=["police"])]


class AwardMoney(Value, frozen=True, kw_only=True, tag_field="kind", tag="award_money"):
    """Award money from a reserve, which funding commits, or refuses and says why."""

    reserve: ReserveSlug
    award: AwardSlug
    shares: Shares
    payee: Payee
    purpose: PurposeSlug
    starts_on: FirstDay
    ends_on: LastDay | None = None
    """The last day the award pays for; none means until it is spent."""


class AskFunder(Value, frozen=True, kw_only=True, tag_field="kind", tag="ask_funder"):
    """Ask another funder to meet the request that the decision is about, and for which term."""

    funder: Funder
    starts_on: FirstDay
    ends_on: LastDay


class AgreeMitigation(Value, frozen=True, kw_only=True, tag_field="kind", tag="agree_mitigation"):
    """Do something against a problem of a project."""

    project: ProjectSlug
    problem: ProblemSlug
    mitigation: MitigationSlug
    text: Mitigation
    owner: Owner
    """The organisation that does it."""


Effect = AwardMoney | AskFunder | AgreeMitigation
"""What the command that records a decision may ask for."""


class EffectDecided(Event, frozen=True, kw_only=True):
    """What all effects say: which decision of which meeting brings it about."""

    meeting: MeetingSlug
    decision: DecisionSlug


@event("meetings.award_decided.v1", about="meeting")
class AwardDecided(EffectDecided, frozen=True, kw_only=True):
    """A decision awarded money. Clauses CAN-2, CAN-3."""

    request: RequestSlug | None = None
    """The request that the decision is about, if it is about one."""
    reserve: ReserveSlug
    award: AwardSlug
    shares: Shares
    payee: Payee
    purpose: PurposeSlug
    starts_on: FirstDay
    ends_on: LastDay | None = None
    """The last day the award pays for; none means until it is spent."""
    award_checked: bool
    """Whether funding said beforehand that it can be made. False where funding did not answer; it may still refuse."""


@event("meetings.funder_exploration_decided.v1", about="meeting")
class FunderExplorationDecided(EffectDecided, frozen=True, kw_only=True):
    """A decision asked another funder to meet a request, for a term. Clause CAN-2."""

    request: RequestSlug
    funder: Funder
    starts_on: FirstDay
    ends_on: LastDay


@event("meetings.mitigation_decided.v1", about="meeting")
class MitigationDecided(EffectDecided, frozen=True, kw_only=True):
    """A decision agreed what is done against a problem of a project. Clause CAN-6."""

    project: ProjectSlug
    problem: ProblemSlug
    mitigation: MitigationSlug
    text: Mitigation
    owner: Owner
    """The organisation that does it."""


@event("meetings.deferral_decided.v1", about="meeting")
class DeferralDecided(EffectDecided, frozen=True, kw_only=True):
    """A decision put off a request for funding. Clause CAN-2."""

    request: RequestSlug
    deferral: Deferral


@event("meetings.noting_decided.v1", about="meeting")
class NotingDecided(EffectDecided, frozen=True, kw_only=True):
    """A decision noted a request for funding. Clause CAN-2."""

    request: RequestSlug


@event("meetings.decline_decided.v1", about="meeting")
class DeclineDecided(EffectDecided, frozen=True, kw_only=True):
    """A decision declined a request for funding. Clause CAN-2."""

    request: RequestSlug
    reasons: Reason


@event("meetings.expression_decided.v1", about="meeting")
class ExpressionDecided(EffectDecided, frozen=True, kw_only=True):
    """A decision agreed to submit an expression of interest in a pilot. Clause CAN-5."""

    project: ProjectSlug
    pilot: PilotSlug


class EffectRefused(Event, frozen=True, kw_only=True):
    """What a service says when a rule keeps it from an effect; the service declares it. Clause CAN-2."""

    decision: DecisionSlug
    effect: Annotated[Name, Meta(examples=["meetings.mitigation_decided.v1"])]
    """The event that says so."""
    reason: Annotated[Text, Meta(examples=["There is no problem 'no-take-up' of project 'perpetrators'."])]
    """What was wrong."""
    rule: Annotated[Text, Meta(examples=["A thing that is named must exist in this partnership."])]
    """The rule, as a sentence."""
    clause: Annotated[Name, Meta(examples=["CAN-6"])]


EVERY_EFFECT: tuple[type[EffectDecided], ...] = tuple(
    kind for kind in EVENTS.values() if issubclass(kind, EffectDecided)
)
