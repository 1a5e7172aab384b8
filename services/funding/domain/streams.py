"""What a reserve consists of: streams of money, the awards that commit it, and the returns that bring it back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shared.contracts.funding import StreamShare


@dataclass
class Stream:
    """Money that came in together, and where it is now, in pence.

    ``received == free + committed + paid + returned``, always, and none of them is negative (CAN-3).
    """

    name: str
    purposes: tuple[str, ...]
    """What it may be spent on; empty means on anything."""
    ends_on: dt.date | None
    """The last day on which it may be spent."""
    received: int
    free: int
    """Neither committed nor paid nor lying apart."""
    committed: int = 0
    """Awarded, and not yet paid or released."""
    paid: int = 0
    """Paid, and kept by the payee."""
    returned: int = 0
    """Came back, and lies apart until it is freed."""


@dataclass
class Award:
    """Money committed to a payee, in pence by the streams it comes from."""

    payee: str
    committed: dict[str, int]
    """Not yet paid or released."""
    kept: dict[str, int]
    """Paid, and not come back."""
    payments: set[str]


@dataclass
class Return:
    """Money that comes back, or has come back, from an award."""

    award: str
    estimate: int | None = None
    """About how much, in pence; None where nothing was estimated."""
    shares: tuple[StreamShare, ...] = ()
    """What came back, to the penny; empty while it is only estimated."""
    freed: bool = False

    @property
    def reconciled(self) -> bool:
        """Whether the exact amount is known, because the money is back."""
        return bool(self.shares)
