"""What a meeting resolved on an item, before it is known whether it may."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.contracts.meetings import AwardTerms, Deferral, FunderExploration, MitigationTerms, Outcome, Reference


@dataclass(frozen=True)
class Resolution:
    """A decision as the minutes have it; the meeting adds who was present for it (CAN-2)."""

    decision: str
    item: str
    outcome: Outcome
    text: str
    reasons: str
    alternatives: tuple[str, ...] = ()
    about: Reference | None = None
    deferral: Deferral | None = None
    award: AwardTerms | None = None
    exploration: FunderExploration | None = None
    mitigations: tuple[MitigationTerms, ...] = ()

    @property
    def merely_notes(self) -> bool:
        """Whether it takes note and does nothing else. Noting may go with asking another funder, which is a deed."""
        return self.outcome is Outcome.NOTED and self.exploration is None

    def on(self, item_about: Reference | None) -> Resolution:
        """The same on an item: unless it says otherwise, it is about what its item is about."""
        return self if self.about is not None else replace(self, about=item_about)
