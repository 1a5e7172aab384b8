"""A pilot: invited, submitted, accepted, planned, started."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from services.projects.domain.rules import (
    a_pilot_starts_after_its_acceptance,
    a_pilot_starts_once,
    an_expression_comes_before_the_invitation_closes,
    an_expression_is_accepted_once,
    an_expression_is_submitted_once,
    nothing_is_done_before_its_day,
    only_a_submitted_expression_is_accepted,
)
from shared.contracts.projects import ExpressionAccepted, ExpressionSubmitted, PilotPlanned, PilotStarted


@dataclass
class Pilot:
    """Something new that an organisation invites partnerships to try (CAN-5)."""

    project: str
    slug: str
    closes_on: dt.date | None
    submitted_on: dt.date | None = None
    accepted_on: dt.date | None = None
    started_on: dt.date | None = None

    def submit(self, submitted_on: dt.date, decision: str | None, today: dt.date) -> tuple[ExpressionSubmitted, ...]:
        """Submit the partnership's expression of interest (CAN-5).

        Once that is done, a further decision about the pilot is about something else: there is nothing to submit.
        Raises ``DatedAhead``, ``InvitationClosed`` and, without a decision, ``ExpressionSubmittedBefore``.
        """
        if decision is not None and self.submitted_on is not None:
            return ()
        an_expression_is_submitted_once(self.slug, self.submitted_on)
        nothing_is_done_before_its_day("submitted_on", submitted_on, today)
        an_expression_comes_before_the_invitation_closes(self.slug, submitted_on, self.closes_on)
        return (
            ExpressionSubmitted(project=self.project, pilot=self.slug, submitted_on=submitted_on, decision=decision),
        )

    def accept(self, accepted_on: dt.date, today: dt.date) -> ExpressionAccepted:
        """Note that the expression was accepted (CAN-5).

        Raises ``DatedAhead``, ``NoExpression``, ``ExpressionAcceptedBefore``.
        """
        an_expression_is_accepted_once(self.slug, self.accepted_on)
        nothing_is_done_before_its_day("accepted_on", accepted_on, today)
        only_a_submitted_expression_is_accepted(self.slug, accepted_on, self.submitted_on)
        return ExpressionAccepted(project=self.project, pilot=self.slug, accepted_on=accepted_on)

    def plan(self, starts_on: dt.date, built_by: str) -> PilotPlanned:
        """Settle, or settle anew, when the pilot starts and who builds it (CAN-5). Raises ``PilotRunning``."""
        a_pilot_starts_once(self.slug, self.started_on)
        return PilotPlanned(project=self.project, pilot=self.slug, starts_on=starts_on, built_by=built_by)

    def start(self, started_on: dt.date, today: dt.date) -> PilotStarted:
        """Start the pilot (CAN-5). Raises ``DatedAhead``, ``NoAcceptance``, ``PilotRunning``."""
        a_pilot_starts_once(self.slug, self.started_on)
        nothing_is_done_before_its_day("started_on", started_on, today)
        a_pilot_starts_after_its_acceptance(self.slug, started_on, self.accepted_on)
        return PilotStarted(project=self.project, pilot=self.slug, started_on=started_on)
