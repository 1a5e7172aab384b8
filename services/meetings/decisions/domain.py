"""Decisions: state, command, decision. What a decision brings about is in ``effects.py``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, field

from services.meetings.decisions.effects import ALLOWED, FOLLOWS, effect_decided
from services.meetings.decisions.rules import (
    a_decision_awards_what_funding_can_commit,
    a_deferral_says_when_it_returns_or_what_must_be_known,
    an_effect_fits_the_outcome,
    an_effect_has_what_it_is_about,
    only_a_deferred_matter_has_a_deferral,
)
from services.meetings.rules import (
    a_reference_says_what_its_thing_belongs_to,
    an_inquorate_meeting_may_note_but_not_decide,
)
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.meetings.decisions import DecisionRecorded, Deferral, Outcome
from shared.contracts.meetings.effects import EVERY_EFFECT, AwardMoney, Effect, EffectDecided
from shared.contracts.meetings.references import About, Reference
from shared.contracts.nouns import DecisionSlug, ItemSlug, MeetingSlug, Reason, Texts
from shared.readmodels.membership import Membership
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry, is_free
from shared.values.identifiers import Text
from shared.values.rules import a_period_ends_no_earlier_than_it_starts, each_is_named_once

if TYPE_CHECKING:
    from services.meetings.meeting import Meeting


class Decisions(Part):
    """What a meeting has decided."""

    items: dict[str, str] = field(default_factory=dict)
    """The item that each decision was taken on."""


@Decisions.applies
def _(decisions: Decisions, fact: DecisionRecorded) -> None:
    decisions.items[fact.decision] = fact.item


Decisions.ignores(*EVERY_EFFECT)


class RecordDecision(Command, frozen=True, kw_only=True):
    """Record what a meeting decided on an item: agreed, endorsed, noted, deferred or declined.

    Without ``about`` it is about what its item is about. ``effects`` are what the decision brings about: funding and
    projects act on each as soon as it is recorded.
    """

    meeting: MeetingSlug
    decision: DecisionSlug
    item: ItemSlug
    outcome: Outcome
    text: Text
    reasons: Reason
    alternatives: Texts = ()
    about: About | None = None
    deferral: Deferral | None = None
    effects: Annotated[tuple[Effect, ...], Meta(max_length=50)] = ()


class AwardCheck(msgspec.Struct, frozen=True):
    """What funding said when it was asked whether it can make the awards of a decision."""

    answered: bool = False
    """False where it did not answer in time, or there was nothing to ask."""
    reasons: tuple[dict[str, Any], ...] = ()
    """The problems against the awards, each with its figures; none where they can be made."""


def about_of(command: RecordDecision, meeting: Meeting) -> Reference | None:
    """What a decision is about: what it says itself, or what its item is about. Raises ``Unknown``."""
    item_about = entry(meeting.agenda.items, "item", command.item, meeting.slug)
    return command.about or item_about


def record_decision(
    command: RecordDecision, meeting: Meeting, membership: Membership, check: AwardCheck, at: Circumstances
) -> Iterator[DecisionRecorded | EffectDecided]:
    """Record a decision on an item with the members present for it, and each effect as a fact of its own (CAN-2).

    Raises ``before-meeting-day``, ``meeting-not-open``, ``meeting-closed``, ``Unknown``, ``AlreadyThere``,
    ``deferral-unclear``, ``deferral-not-deferred``, ``effect-not-allowed``, ``effect-about-nothing``, ``named-twice``,
    ``period-reversed``, ``ambiguous-reference``, ``inquorate``, ``award-not-possible``.
    """
    quorum = meeting.quorum_of_open(at.today)
    about = about_of(command, meeting)
    is_free(meeting.decisions.items, "decision", command.decision, meeting.slug)
    only_a_deferred_matter_has_a_deferral(command.decision, command.outcome, command.deferral)
    a_deferral_says_when_it_returns_or_what_must_be_known(command.decision, command.deferral, meeting.sitting.day)
    _effects_are_sound(command, about)
    a_reference_says_what_its_thing_belongs_to(about)
    present, merely_notes = meeting.present_for(command.item, membership), not command.effects
    an_inquorate_meeting_may_note_but_not_decide(
        f"Item {command.item!r} of {meeting.slug!r}",
        merely_notes and command.outcome is Outcome.NOTED,
        present,
        quorum.required,
    )
    a_decision_awards_what_funding_can_commit(command.decision, check.reasons)
    yield fact(
        DecisionRecorded,
        command,
        about=about,
        group=meeting.sitting.group,
        quorate=present >= quorum.required,
        present=present,
        required=quorum.required,
    )
    if about is not None and (follows := FOLLOWS.get((command.outcome, about.kind))):
        yield effect_decided(follows, about, command, command)
    for effect in command.effects:
        yield effect_decided(ALLOWED[type(effect)].event, about, effect, command, award_checked=check.answered)


def _effects_are_sound(command: RecordDecision, about: Reference | None) -> None:
    names: dict[str, list[str]] = {}
    for effect in command.effects:
        row = ALLOWED[type(effect)]
        an_effect_fits_the_outcome(command.decision, row, command.outcome)
        an_effect_has_what_it_is_about(command.decision, row, about)
        starts, ends = getattr(effect, "starts_on", None), getattr(effect, "ends_on", None)
        if starts is not None:
            a_period_ends_no_earlier_than_it_starts(starts, ends, f"The term for which it {row.does}")
        if isinstance(effect, AwardMoney):
            each_is_named_once("Stream", [share.stream for share in effect.shares])
        names.setdefault(row.once[-1], []).append("/".join(getattr(effect, name) for name in row.once))
    for what, found in names.items():
        each_is_named_once(what.capitalize(), found)
