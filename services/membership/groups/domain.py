"""Groups: formed by the clerk, each accountable to another or to none. A group is composed of its nouns."""

from __future__ import annotations

import msgspec

from services.membership.officers.domain import Officers
from services.membership.partnership.domain import Partnership
from services.membership.seats.domain import Seats
from services.membership.terms_of_reference.domain import Terms
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.nouns import Aliases, GroupSlug, ShortName
from shared.values.aggregate import Aggregate
from shared.values.identifiers import Name


class Group(Aggregate):
    """Any body inside the partnership: a board, a thematic partnership, a forum, a task-and-finish group (STK-1)."""

    noun = "group"

    seats: Seats = msgspec.field(default_factory=Seats)
    officers: Officers = msgspec.field(default_factory=Officers)
    terms: Terms = msgspec.field(default_factory=Terms)


Group.ignores(GroupFormed)


class FormGroup(Command, frozen=True, kw_only=True):
    """Form a group of the partnership."""

    group: GroupSlug
    name: Name
    short_name: ShortName | None = None
    aliases: Aliases = ()
    kind: GroupKind
    accountable_to: GroupSlug | None = None


def form_group(
    command: FormGroup, group: Group, partnership: Partnership, accountable_to: Group | None = None
) -> GroupFormed:
    """Form it within the partnership (STK-1). Raises ``AlreadyThere``, ``Unknown``."""
    return fact(GroupFormed, command)
