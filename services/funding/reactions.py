"""What funding does when a meeting has decided: nobody types a decision twice (CAN-2)."""

from __future__ import annotations

from collections.abc import Iterator

from services.funding.commands import (
    AwardByDecision,
    DeclineRequest,
    DeferRequest,
    NoteRequest,
    SeekOtherFunder,
)
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent
from shared.contracts.meetings import DecisionRecorded, Outcome, ReferenceKind
from shared.runtime.deciding.reactions import Reactions

reactions = Reactions()

AWARDS = {Outcome.AGREED, Outcome.ENDORSED}
"""The outcomes by which money is awarded; with any other, the terms of an award were only spoken of."""


@reactions.when(DecisionRecorded)
def when_decision_recorded(fact: DecisionRecorded, envelope: CloudEvent) -> Iterator[Command]:
    """Award, defer, note or decline what was requested, and seek the other funder the decision names."""
    decision = fact.decision
    authority = f"decision {decision}"
    is_request = fact.about is not None and fact.about.kind is ReferenceKind.REQUEST
    request = fact.about.id if fact.about is not None and is_request else None
    if fact.award is not None and fact.outcome in AWARDS:
        yield AwardByDecision(terms=fact.award, request=request, decision=decision, authority=authority)
    if request is None:
        return
    if fact.outcome is Outcome.DEFERRED and fact.deferral is not None:
        yield DeferRequest(request=request, decision=decision, deferral=fact.deferral, authority=authority)
    if fact.outcome is Outcome.NOTED:
        yield NoteRequest(request=request, decision=decision, authority=authority)
    if fact.outcome is Outcome.DECLINED:
        yield DeclineRequest(request=request, decision=decision, reasons=fact.reasons, authority=authority)
    if fact.exploration is not None:
        yield SeekOtherFunder(request=request, decision=decision, exploration=fact.exploration, authority=authority)
