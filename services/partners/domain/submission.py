"""An event that a partner's system sent, where people had to decide about it."""

from __future__ import annotations

from services.partners.domain.rules import only_a_parked_event_is_dismissed
from shared.contracts.partners import SubmissionDismissed
from shared.values.aggregate import Aggregate


class Submission(Aggregate):
    """A submission has facts only if it was dismissed; its answer is kept beside them."""

    noun = "submission"

    def dismiss(self, organisation: str, state: str, reason: str) -> SubmissionDismissed:
        """Let nothing come of a parked event. Raises ``NotParked``."""
        only_a_parked_event_is_dismissed("dismissed" if self.exists else state)
        return SubmissionDismissed(submission=self.slug, organisation=organisation, reason=reason)


@Submission.applies
def _(submission: Submission, fact: SubmissionDismissed) -> None:
    """That it exists says that it was dismissed."""
