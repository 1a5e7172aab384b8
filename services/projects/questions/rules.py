"""The rules of questions."""

from __future__ import annotations

from shared.values.partial_date import PartialDate
from shared.values.rule import Broken, rule


@rule("CAN-7", problem="question-already-answered", remedy="Raise a new question if the answer leaves one.")
def a_question_is_answered_once(question: str, answered_on: PartialDate | None) -> Broken | None:
    """A question is answered once."""
    return Broken(f"The question {question!r} was answered on {answered_on}.") if answered_on else None
