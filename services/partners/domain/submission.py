"""A partner's event that a clerk has decided about."""

from __future__ import annotations

from services.partners.domain.rules import only_a_parked_event_is_dismissed
from shared.contracts.partners import SubmissionDismissed
from shared.values.aggregate import Aggregate


class Submission(Aggregate):
    """A submission has facts only if it was dismissed. Its answer is kept in the table of submissions."""

    noun = "submission"

    def dismiss(self, organisation: str, state: str, reason: str) -> SubmissionDismissed:
        """Dismiss a parked event. Raises ``NotParked``."""
        only_a_parked_event_is_dismissed("dismissed" if self.exists else state)
        return SubmissionDismissed(submission=self.slug, organisation=organisation, reason=reason)


@Submission.applies
def _(submission: Submission, fact: SubmissionDismissed) -> None:
    """It exists, which means that it was dismissed."""
