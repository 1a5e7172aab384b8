"""What projects publishes. Import from the modules."""

from shared.contracts.projects import (
    commissioning,
    delivery,
    documents,
    effects,
    measures,
    pilots,
    priorities,
    problems,
    questions,
)

__all__ = [
    "commissioning",
    "delivery",
    "documents",
    "effects",
    "measures",
    "pilots",
    "priorities",
    "problems",
    "questions",
]
