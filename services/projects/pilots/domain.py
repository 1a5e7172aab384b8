"""Pilots: invited, submitted, accepted, planned, started."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec

from services.projects.pilots.rules import (
    a_pilot_starts_after_its_acceptance,
    a_pilot_starts_once,
    an_expression_comes_before_the_invitation_closes,
    an_expression_is_accepted_after_its_submission,
    an_expression_is_accepted_once,
    an_expression_is_submitted_once,
)
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.nouns import (
    DayOrMonth,
    DecisionSlug,
    GroupSlug,
    LastDay,
    OrganisationSlug,
    PilotSlug,
    ProjectSlug,
)
from shared.contracts.projects.pilots import (
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    PilotPlanned,
    PilotStarted,
)
from shared.values.aggregate import Part
from shared.values.circumstances import Circumstances
from shared.values.entries import entry, is_free
from shared.values.identifiers import Name, Text
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.projects.project import Project


class Pilot(msgspec.Struct, frozen=True):
    """Something new that an organisation invites partnerships to try (CAN-5)."""

    closes_on: dt.date | None
    submitted_on: str | None = None
    accepted_on: str | None = None
    started_on: str | None = None


class Pilots(Part):
    """A project's pilots by name."""

    by_name: dict[str, Pilot] = {}

    def change(self, name: str, **day: str) -> None:
        """Set a day of a pilot."""
        self.by_name[name] = msgspec.structs.replace(self.by_name[name], **day)


Pilots.ignores(PilotPlanned)


@Pilots.applies
def _(pilots: Pilots, fact: ExpressionInvited) -> None:
    pilots.by_name[fact.pilot] = Pilot(fact.closes_on)


@Pilots.applies
def _(pilots: Pilots, fact: ExpressionSubmitted) -> None:
    pilots.change(fact.pilot, submitted_on=fact.submitted_on)


@Pilots.applies
def _(pilots: Pilots, fact: ExpressionAccepted) -> None:
    pilots.change(fact.pilot, accepted_on=fact.accepted_on)


@Pilots.applies
def _(pilots: Pilots, fact: PilotStarted) -> None:
    pilots.change(fact.pilot, started_on=fact.started_on)


class InviteExpression(Command, frozen=True, kw_only=True):
    """Invite the partnership's expression of interest in a pilot."""

    project: ProjectSlug
    pilot: PilotSlug
    title: Name
    invited_by: OrganisationSlug
    text: Text
    closes_on: LastDay | None = None


def invite_expression(command: InviteExpression, project: Project) -> ExpressionInvited:
    """Record the invitation (CAN-5). Raises ``AlreadyThere``."""
    is_free(project.pilots.by_name, "pilot", command.pilot, project.slug)
    return fact(ExpressionInvited, command)


class SubmitExpression(Command, frozen=True, kw_only=True):
    """Submit the expression of interest in a pilot. A decision about the pilot does so without this."""

    project: ProjectSlug
    pilot: PilotSlug
    submitted_on: DayOrMonth
    decision: DecisionSlug | None = None


def submit_expression(command: SubmitExpression, project: Project, at: Circumstances) -> ExpressionSubmitted | None:
    """Submit it (CAN-5). A further decision about a pilot is about something else: there is nothing to submit.

    Raises ``Unknown``, ``DatedAhead``, ``InvitationClosed`` and, without a decision, ``ExpressionAlreadySubmitted``.
    """
    pilot = entry(project.pilots.by_name, "pilot", command.pilot, project.slug)
    if command.decision is not None and pilot.submitted_on is not None:
        return None
    an_expression_is_submitted_once(command.pilot, pilot.submitted_on)
    nothing_is_recorded_before_its_day("submitted_on", command.submitted_on, at.today)
    an_expression_comes_before_the_invitation_closes(command.pilot, command.submitted_on, pilot.closes_on)
    return fact(ExpressionSubmitted, command)


class AcceptExpression(Command, frozen=True, kw_only=True):
    """Record that the inviting organisation accepted the expression of interest."""

    project: ProjectSlug
    pilot: PilotSlug
    accepted_on: DayOrMonth


def accept_expression(command: AcceptExpression, project: Project, at: Circumstances) -> ExpressionAccepted:
    """Accept it (CAN-5). Raises ``Unknown``, ``DatedAhead``, ``NoExpression``, ``ExpressionAlreadyAccepted``."""
    pilot = entry(project.pilots.by_name, "pilot", command.pilot, project.slug)
    an_expression_is_accepted_once(command.pilot, pilot.accepted_on)
    nothing_is_recorded_before_its_day("accepted_on", command.accepted_on, at.today)
    an_expression_is_accepted_after_its_submission(command.pilot, command.accepted_on, pilot.submitted_on)
    return fact(ExpressionAccepted, command)


class PlanPilot(Command, frozen=True, kw_only=True):
    """Plan when a pilot starts and which group builds it. Planned again, it replaces the earlier plan."""

    project: ProjectSlug
    pilot: PilotSlug
    starts_on: DayOrMonth
    built_by: GroupSlug


def plan_pilot(command: PlanPilot, project: Project) -> PilotPlanned:
    """Plan it (CAN-5). Raises ``Unknown``, ``PilotRunning``."""
    pilot = entry(project.pilots.by_name, "pilot", command.pilot, project.slug)
    a_pilot_starts_once(command.pilot, pilot.started_on)
    return fact(PilotPlanned, command)


class StartPilot(Command, frozen=True, kw_only=True):
    """Record that a pilot started."""

    project: ProjectSlug
    pilot: PilotSlug
    started_on: DayOrMonth


def start_pilot(command: StartPilot, project: Project, at: Circumstances) -> PilotStarted:
    """Start it (CAN-5). Raises ``Unknown``, ``DatedAhead``, ``NoAcceptance``, ``PilotRunning``."""
    pilot = entry(project.pilots.by_name, "pilot", command.pilot, project.slug)
    a_pilot_starts_once(command.pilot, pilot.started_on)
    nothing_is_recorded_before_its_day("started_on", command.started_on, at.today)
    a_pilot_starts_after_its_acceptance(command.pilot, command.started_on, pilot.accepted_on)
    return fact(PilotStarted, command)
