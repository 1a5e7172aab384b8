"""What the partners' doors record themselves; what partners tell us is recorded by the services concerned."""

from __future__ import annotations

from services.reporting.english import clause
from services.reporting.views.names import Names
from shared.contracts.event import Event
from shared.contracts.partners import SubmissionDismissed


def told(fact: Event, names: Names) -> str | None:
    """What a fact says; None for one of another service, or one that is not told here yet."""
    match fact:
        case SubmissionDismissed():
            of = names.organisation(fact.organisation)
            return f"an event that {of} had sent and that could not be taken was dismissed: {clause(fact.reason)}."
    return None
