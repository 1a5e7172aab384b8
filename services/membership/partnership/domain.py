"""The partnership itself: it is established once, before anything else."""

from __future__ import annotations

from shared.contracts.membership.partnership import PartnershipEstablished
from shared.values.aggregate import Aggregate


class Partnership(Aggregate):
    """A non-statutory body that brings an area's organisations together (CAN-1)."""

    noun = "partnership"


Partnership.ignores(PartnershipEstablished)


def establish_partnership(asked: PartnershipEstablished, partnership: Partnership) -> PartnershipEstablished:
    """Establish the partnership of an area (CAN-1). Raises ``AlreadyThere``."""
    return asked
