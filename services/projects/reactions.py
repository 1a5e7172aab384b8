"""What projects does with a decision's effects, on the day of the decision."""

from __future__ import annotations

from services.projects.effects.domain import refuse_effect
from services.projects.pilots.domain import submit_expression
from services.projects.problems.domain import agree_mitigation
from shared.contracts.envelope import CloudEvent
from shared.contracts.meetings.effects import ExpressionDecided, MitigationDecided
from shared.runtime.deciding.reactions import Reactions
from shared.values.periods import day_of


def _day(envelope: CloudEvent) -> str:
    return day_of(envelope.time).isoformat()


reactions = Reactions(refuse_effect)
reactions.when(MitigationDecided, agree_mitigation, lambda _, envelope: {"agreed_on": _day(envelope)})
reactions.when(ExpressionDecided, submit_expression, lambda _, envelope: {"submitted_on": _day(envelope)})
