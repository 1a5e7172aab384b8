"""Asking funding about a decision's awards before the decision is recorded (CAN-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from services.meetings.decisions.domain import AwardCheck, RecordDecision, about_of
from services.meetings.decisions.effects import ALLOWED
from shared.contracts.meetings.effects import AwardMoney
from shared.contracts.meetings.references import ReferenceKind
from shared.rpc.funding.v1 import funding_pb2
from shared.rpc.funding.v1.funding_pb2_grpc import FundingStub
from shared.runtime.deciding.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from services.meetings.meeting import Meeting


def check_awards(unit: UnitOfWork, command: RecordDecision, meeting: Meeting) -> AwardCheck:
    """What funding says of the awards of a decision, by the very rules it will make them by. Raises ``Unknown``."""
    awards = [effect for effect in command.effects if isinstance(effect, AwardMoney)]
    if not awards or command.outcome not in ALLOWED[AwardMoney].outcomes:
        return AwardCheck()
    about = about_of(command, meeting)
    request = funding_pb2.CheckAwardsRequest(
        partnership=unit.partnership,
        decision=command.decision,
        request=about.id if about and about.kind is ReferenceKind.REQUEST else "",
        happened_at=unit.occasion.happened_at.isoformat() if unit.occasion.happened_at else "",
        awards=[_award(award) for award in awards],
    )
    reply = unit.asking.ask("funding", lambda channel: FundingStub(channel).CheckAwards, request)
    if reply is None:
        return AwardCheck()
    return AwardCheck(answered=True, reasons=tuple(_reason(refusal) for refusal in reply.refusals))


def _award(award: AwardMoney) -> funding_pb2.Award:
    return funding_pb2.Award(
        reserve=award.reserve,
        award=award.award,
        payee=award.payee,
        purpose=award.purpose,
        starts_on=award.starts_on.isoformat(),
        ends_on=award.ends_on.isoformat() if award.ends_on else "",
        shares=[funding_pb2.Share(stream=share.stream, amount_pence=share.amount_pence) for share in award.shares],
    )


def _reason(refusal: funding_pb2.Refusal) -> dict[str, object]:
    named = ("type", "title", "detail", "clause", "remedy")
    figures: dict[str, object] = msgspec.json.decode(refusal.figures)
    return {**{name: getattr(refusal, name) for name in named}, **figures}
