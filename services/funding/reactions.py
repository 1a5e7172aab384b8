"""What funding does with the effects of a decision: no one types a decision twice (CAN-2)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import asdict

from services.funding.awards.domain import AwardByDecision
from services.funding.effects.domain import RefuseEffect
from services.funding.requests.domain import DeclineRequest, DeferRequest, NoteRequest, SeekOtherFunder
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent
from shared.contracts.meetings.effects import (
    AwardDecided,
    DeclineDecided,
    DeferralDecided,
    FunderExplorationDecided,
    NotingDecided,
)
from shared.runtime.deciding.reactions import Reactions, command_from

reactions = Reactions(RefuseEffect)


@reactions.when(AwardDecided)
def when_award_decided(fact: AwardDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Award the money."""
    yield command_from(AwardByDecision, fact)


@reactions.when(DeferralDecided)
def when_deferral_decided(fact: DeferralDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Defer the request."""
    yield command_from(DeferRequest, fact, **asdict(fact.deferral))


@reactions.when(NotingDecided)
def when_noting_decided(fact: NotingDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Note the request."""
    yield command_from(NoteRequest, fact)


@reactions.when(DeclineDecided)
def when_decline_decided(fact: DeclineDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Decline the request."""
    yield command_from(DeclineRequest, fact)


@reactions.when(FunderExplorationDecided)
def when_funder_exploration_decided(fact: FunderExplorationDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Ask whether the other funder can pay."""
    yield command_from(SeekOtherFunder, fact)
