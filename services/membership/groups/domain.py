"""Groups: formed by the clerk, each accountable to another or to none. A group is composed of its nouns."""

from __future__ import annotations

import msgspec

from services.membership.officers.domain import Officers
from services.membership.partnership.domain import Partnership
from services.membership.seats.domain import Seats
from services.membership.terms_of_reference.domain import Terms
from shared.contracts.membership.groups import GroupFormed
from shared.values.aggregate import Aggregate


class Group(Aggregate):
    """Any body inside the partnership: a board, a thematic partnership, a forum, a task-and-finish group (STK-1)."""

    noun = "group"

    seats: Seats = msgspec.field(default_factory=Seats)
    officers: Officers = msgspec.field(default_factory=Officers)
    terms: Terms = msgspec.field(default_factory=Terms)


Group.ignores(GroupFormed)


def form_group(
    asked: GroupFormed, group: Group, partnership: Partnership, accountable_to: Group | None = None
) -> GroupFormed:
    """Form a group of the partnership (STK-1). Raises ``AlreadyThere``, ``Unknown``."""
    return asked
