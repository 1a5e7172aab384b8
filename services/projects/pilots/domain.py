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


def invite_expression(asked: ExpressionInvited, project: Project) -> ExpressionInvited:
    """Invite the partnership's expression of interest in a pilot (CAN-5). Raises ``AlreadyThere``."""
    is_free(project.pilots.by_name, "pilot", asked.pilot, project.slug)
    return asked


def submit_expression(asked: ExpressionSubmitted, project: Project, at: Circumstances) -> ExpressionSubmitted | None:
    """Submit the expression of interest in a pilot (CAN-5). A decision about the pilot does so without this.

    Raises ``Unknown``, ``DatedAhead``, ``InvitationClosed`` and, without a decision, ``ExpressionAlreadySubmitted``.
    """
    pilot = entry(project.pilots.by_name, "pilot", asked.pilot, project.slug)
    if asked.decision is not None and pilot.submitted_on is not None:
        return None
    an_expression_is_submitted_once(asked.pilot, pilot.submitted_on)
    nothing_is_recorded_before_its_day("submitted_on", asked.submitted_on, at.today)
    an_expression_comes_before_the_invitation_closes(asked.pilot, asked.submitted_on, pilot.closes_on)
    return asked


def accept_expression(asked: ExpressionAccepted, project: Project, at: Circumstances) -> ExpressionAccepted:
    """Record that the inviting organisation accepted the expression of interest (CAN-5).

    Raises ``Unknown``, ``DatedAhead``, ``NoExpression``, ``ExpressionAlreadyAccepted``.
    """
    pilot = entry(project.pilots.by_name, "pilot", asked.pilot, project.slug)
    an_expression_is_accepted_once(asked.pilot, pilot.accepted_on)
    nothing_is_recorded_before_its_day("accepted_on", asked.accepted_on, at.today)
    an_expression_is_accepted_after_its_submission(asked.pilot, asked.accepted_on, pilot.submitted_on)
    return asked


def plan_pilot(asked: PilotPlanned, project: Project) -> PilotPlanned:
    """Plan when a pilot starts and which group builds it (CAN-5). Planned again, it replaces the earlier plan.

    Raises ``Unknown``, ``PilotRunning``.
    """
    pilot = entry(project.pilots.by_name, "pilot", asked.pilot, project.slug)
    a_pilot_starts_once(asked.pilot, pilot.started_on)
    return asked


def start_pilot(asked: PilotStarted, project: Project, at: Circumstances) -> PilotStarted:
    """Record that a pilot started (CAN-5). Raises ``Unknown``, ``DatedAhead``, ``NoAcceptance``, ``PilotRunning``."""
    pilot = entry(project.pilots.by_name, "pilot", asked.pilot, project.slug)
    a_pilot_starts_once(asked.pilot, pilot.started_on)
    nothing_is_recorded_before_its_day("started_on", asked.started_on, at.today)
    a_pilot_starts_after_its_acceptance(asked.pilot, asked.started_on, pilot.accepted_on)
    return asked
