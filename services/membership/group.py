"""A group, composed of its nouns."""

from __future__ import annotations

import msgspec

from services.membership.officers.domain import Officers
from services.membership.seats.domain import Seats
from shared.contracts.membership.groups import GroupFormed
from shared.contracts.membership.terms_of_reference import TermsOfReferenceAdopted
from shared.values.aggregate import Aggregate


class Group(Aggregate):
    """Any body inside the partnership: a board, a thematic partnership, a forum, a task-and-finish group (STK-1)."""

    noun = "group"

    seats: Seats = msgspec.field(default_factory=Seats)
    officers: Officers = msgspec.field(default_factory=Officers)


# Meetings are held to the terms; no rule of the group depends on them.
Group.ignores(GroupFormed, TermsOfReferenceAdopted)
