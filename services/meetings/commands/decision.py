"""Commands about what a meeting decides and what follows: decisions and actions."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services.meetings.commands.decision_names import claim_name
from services.meetings.commands.declared import CLERK_OR_CHAIR, commands
from services.meetings.commands.membership import membership_on, take_part
from services.meetings.domain.meeting import Meeting
from services.meetings.domain.resolution import Resolution
from shared.contracts.command import Command
from shared.contracts.meetings import About, AwardTerms, Deferral, FunderExploration, MitigationTerms, Outcome
from shared.contracts.nouns import ActionSlug, Day, DecisionSlug, ItemSlug, MeetingSlug, OrganisationSlug, Reason, Texts
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Text


class RecordDecision(Command, frozen=True, kw_only=True):
    """Record what a meeting decided on an item: agreed, endorsed, noted, deferred or declined.

    Funding and projects act on it as soon as it is recorded. Without ``about`` it is about what its item is about.
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
    award: AwardTerms | None = None
    exploration: FunderExploration | None = None
    mitigations: Annotated[tuple[MitigationTerms, ...], Meta(max_length=50)] = ()


@commands.handles("/meetings/{meeting}/decisions", roles=CLERK_OR_CHAIR)
def record_decision(command: RecordDecision, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    membership = membership_on(unit, meeting.group, meeting.day)
    funder = () if command.exploration is None else (command.exploration.funder,)
    take_part(unit, *funder, *(terms.owner for terms in command.mitigations))
    resolution = Resolution(
        decision=command.decision,
        item=command.item,
        outcome=command.outcome,
        text=command.text,
        reasons=command.reasons,
        alternatives=command.alternatives,
        about=command.about,
        deferral=command.deferral,
        award=command.award,
        exploration=command.exploration,
        mitigations=command.mitigations,
    )
    unit.record(meeting, meeting.decide(membership, resolution, today=unit.at.today))
    claim_name(unit, command.decision, command.meeting)


class AssignAction(Command, frozen=True, kw_only=True):
    """Give an organisation something to do by a day."""

    meeting: MeetingSlug
    action: ActionSlug
    decision: DecisionSlug | None = None
    text: Text
    owner: OrganisationSlug
    due_on: Day


@commands.handles("/meetings/{meeting}/actions", roles=CLERK_OR_CHAIR)
def assign_action(command: AssignAction, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    take_part(unit, command.owner)
    action = meeting.assign(
        command.action, command.decision, command.text, command.owner, command.due_on, today=unit.at.today
    )
    unit.record(meeting, action)


class CompleteAction(Command, frozen=True, kw_only=True):
    """Note what came of an action; the day is that of ``happened_at``."""

    meeting: MeetingSlug
    action: ActionSlug
    outcome: Text


@commands.handles("/meetings/{meeting}/actions/{action}/completion", roles=CLERK_OR_CHAIR)
def complete_action(command: CompleteAction, unit: UnitOfWork) -> None:
    meeting = unit.existing(Meeting, command.meeting)
    unit.record(meeting, meeting.complete(command.action, command.outcome, today=unit.at.today))
