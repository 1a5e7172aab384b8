"""What funding does when a meeting has decided: nobody types a decision twice (CAN-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import asdict

from services.funding.awards.domain import AWARDING, AwardByDecision
from services.funding.requests.domain import DeclineRequest, DeferRequest, NoteRequest, SeekOtherFunder
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent
from shared.contracts.meetings import DecisionRecorded, Outcome, ReferenceKind
from shared.runtime.deciding.reactions import Reactions

reactions = Reactions()


@reactions.when(DecisionRecorded)
def when_decision_recorded(fact: DecisionRecorded, envelope: CloudEvent) -> Iterator[Command]:
    """Award, defer, note or decline what was requested, and seek the other funder the decision names."""
    is_request = fact.about is not None and fact.about.kind is ReferenceKind.REQUEST
    request = fact.about.id if fact.about is not None and is_request else None
    by: dict[str, Any] = {"decision": fact.decision, "authority": f"decision {fact.decision}"}
    if fact.award is not None and fact.outcome in AWARDING:
        yield AwardByDecision(request=request, **asdict(fact.award), **by)
    if request is None:
        return
    if fact.outcome is Outcome.DEFERRED and fact.deferral is not None:
        yield DeferRequest(request=request, **asdict(fact.deferral), **by)
    if fact.outcome is Outcome.NOTED:
        yield NoteRequest(request=request, **by)
    if fact.outcome is Outcome.DECLINED:
        yield DeclineRequest(request=request, reasons=fact.reasons, **by)
    if fact.exploration is not None:
        yield SeekOtherFunder(request=request, **asdict(fact.exploration), **by)
