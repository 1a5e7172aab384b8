"""What funding does with the effects of a decision: no one types a decision twice (CAN-2)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from services.funding.commands import (
    AwardByDecision,
    DeclineRequest,
    DeferRequest,
    NoteRequest,
    SeekOtherFunder,
)
from shared.contracts.command import Command
from shared.contracts.envelope import CloudEvent
from shared.contracts.meetings.effects import (
    AwardDecided,
    AwardTerms,
    DeclineDecided,
    DeferralDecided,
    FunderExploration,
    FunderExplorationDecided,
    NotingDecided,
)
from shared.runtime.deciding.reactions import Reactions, command_from

reactions = Reactions()


@reactions.when(AwardDecided)
def when_award_decided(fact: AwardDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Award the money."""
    yield command_from(AwardByDecision, fact, terms=msgspec.convert(fact, AwardTerms, from_attributes=True))


@reactions.when(DeferralDecided)
def when_deferral_decided(fact: DeferralDecided, envelope: CloudEvent) -> Iterator[Command]:
    """Defer the request."""
    yield command_from(DeferRequest, fact)


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
    exploration = msgspec.convert(fact, FunderExploration, from_attributes=True)
    yield command_from(SeekOtherFunder, fact, exploration=exploration)
