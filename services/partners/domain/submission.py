"""An event that a partner's system sent, where people had to decide about it."""

from __future__ import annotations

from functools import singledispatchmethod

from services.partners.domain.rules import only_a_parked_event_is_dismissed
from shared.contracts.partners import SubmissionDismissed
from shared.values.aggregate import Aggregate


class Submission(Aggregate):
    """A submission has facts only if it was dismissed; its answer is kept beside them."""

    noun = "submission"

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        """Change the submission by one fact."""
        super().apply(fact)

    @apply.register
    def _(self, fact: SubmissionDismissed) -> None:
        self.dismissed = fact.reason

    def dismiss(self, organisation: str, state: str, reason: str) -> SubmissionDismissed:
        """Let nothing come of a parked event. Raises ``NotParked``."""
        only_a_parked_event_is_dismissed("dismissed" if self.exists else state)
        return SubmissionDismissed(submission=self.slug, organisation=organisation, reason=reason)
