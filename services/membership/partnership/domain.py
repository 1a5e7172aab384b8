"""The partnership itself: it is established once, before anything else."""

from __future__ import annotations

from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.membership.partnership import AreaCode, PartnershipEstablished
from shared.values.aggregate import Aggregate
from shared.values.identifiers import Name


class Partnership(Aggregate):
    """A non-statutory body that brings an area's organisations together (CAN-1)."""

    noun = "partnership"


Partnership.ignores(PartnershipEstablished)


class EstablishPartnership(Command, frozen=True, kw_only=True):
    """Establish the partnership of an area."""

    name: Name
    area_code: AreaCode


def establish_partnership(command: EstablishPartnership, partnership: Partnership) -> PartnershipEstablished:
    """Establish it, once (CAN-1). Raises ``AlreadyThere``."""
    return fact(PartnershipEstablished, command)
