"""The circumstances of a command: when it happened, who asks, and for whom. Decisions take them as an argument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from shared.values.periods import day_of
from shared.values.roles import Role


@dataclass(frozen=True)
class Circumstances:
    """When, by whom, and for whom. The unit of work makes it; tests make their own."""

    partnership: str
    happened_at: dt.datetime
    """When it happened, which may be long before it is recorded."""
    recorded_at: dt.datetime
    roles: frozenset[Role] = frozenset()
    organisation: str | None = None
    """The organisation the caller speaks for; a partner always has one."""
    authority: str | None = None
    """By what authority, as the command says; None if it says nothing."""

    @property
    def today(self) -> dt.date:
        """The day it happened, by the clocks of the partnership."""
        return day_of(self.happened_at)

    @property
    def recorded_on(self) -> dt.date:
        """The day it is recorded."""
        return day_of(self.recorded_at)

    @property
    def received_on(self) -> dt.date:
        """The day by which a deadline of the partnership is judged.

        A clerk may record something later that came in time. A partner's own time for its item does not count.
        """
        return self.recorded_on if self.only_a_partner else self.today

    @property
    def only_a_partner(self) -> bool:
        """Whether the caller speaks for a partner and keeps no record of the partnership."""
        return Role.PARTNER in self.roles and not self.has({Role.CLERK, Role.CHAIR, Role.SERVICE})

    def has(self, roles: Collection[Role]) -> bool:
        """Whether the caller has one of these roles."""
        return not self.roles.isdisjoint(roles)
