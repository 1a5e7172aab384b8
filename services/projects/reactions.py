"""What projects does when a meeting has decided: carry mitigations and expressions of interest over, as commands."""

from __future__ import annotations

from collections.abc import Iterator

from services.projects.pilots.domain import SubmitExpression
from services.projects.problems.domain import AgreeMitigation
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent
from shared.contracts.meetings import DecisionRecorded, Outcome, ReferenceKind
from shared.runtime.deciding.reactions import Reactions
from shared.values.periods import day_of

DECIDED = {Outcome.AGREED, Outcome.ENDORSED}
"""The outcomes by which something is to be done; what was noted, deferred or declined changes no project."""

reactions = Reactions()


@reactions.when(DecisionRecorded)
def when_decision_recorded(fact: DecisionRecorded, envelope: CloudEvent) -> Iterator[Command]:
    """Agree the mitigations that a decision names, and submit the expression of interest that it is about."""
    if fact.outcome not in DECIDED:
        return
    decided_on = day_of(envelope.time).isoformat()
    authority = f"decision {fact.decision}"
    for terms in fact.mitigations:
        yield AgreeMitigation(
            project=terms.project,
            problem=terms.problem,
            mitigation=terms.mitigation,
            text=terms.text,
            owner=terms.owner,
            agreed_on=decided_on,
            decision=fact.decision,
            authority=authority,
        )
    about = fact.about
    if about is not None and about.kind is ReferenceKind.PILOT and about.within is not None:
        yield SubmitExpression(
            project=about.within,
            pilot=about.id,
            submitted_on=decided_on,
            decision=fact.decision,
            authority=authority,
        )
