"""What funding does with the effects of a decision: no one types a decision twice (CAN-2)."""

from __future__ import annotations

from msgspec.structs import asdict

from services.funding.awards.domain import award_by_decision
from services.funding.effects.domain import refuse_effect
from services.funding.requests.domain import decline_request, defer_request, note_request, seek_other_funder
from shared.contracts.meetings.effects import (
    AwardDecided,
    DeclineDecided,
    DeferralDecided,
    FunderExplorationDecided,
    NotingDecided,
)
from shared.runtime.deciding.reactions import Reactions

reactions = Reactions(refuse_effect)
reactions.when(AwardDecided, award_by_decision)
reactions.when(DeferralDecided, defer_request, lambda effect, _: asdict(effect.deferral))
reactions.when(NotingDecided, note_request)
reactions.when(DeclineDecided, decline_request)
reactions.when(FunderExplorationDecided, seek_other_funder)
