"""What projects does with a decision's effects: it carries mitigations and expressions of interest over."""

from __future__ import annotations

from collections.abc import Iterator

from services.projects.effects.domain import RefuseEffect
from services.projects.pilots.domain import SubmitExpression
from services.projects.problems.domain import AgreeMitigation
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent
from shared.contracts.meetings.effects import ExpressionDecided, MitigationDecided
from shared.runtime.deciding.reactions import Reactions, command_from
from shared.values.periods import day_of

reactions = Reactions(RefuseEffect)


@reactions.when(MitigationDecided)
def when_mitigation_decided(fact: MitigationDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Agree the mitigation, on the day of the decision."""
    yield command_from(AgreeMitigation, fact, agreed_on=day_of(envelope.time).isoformat())


@reactions.when(ExpressionDecided)
def when_expression_decided(fact: ExpressionDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Submit the expression of interest in the pilot, on the day of the decision."""
    yield command_from(SubmitExpression, fact, submitted_on=day_of(envelope.time).isoformat())
