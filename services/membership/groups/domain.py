"""Groups: formed by the clerk, each accountable to another or to none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.membership.partnership.domain import Partnership
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.nouns import GroupSlug
from shared.values.identifiers import Name

if TYPE_CHECKING:
    from services.membership.group import Group


class FormGroup(Command, frozen=True, kw_only=True):
    """Form a group of the partnership."""

    group: GroupSlug
    name: Name
    kind: GroupKind
    accountable_to: GroupSlug | None = None


def form_group(
    command: FormGroup, group: Group, partnership: Partnership, accountable_to: Group | None = None
) -> GroupFormed:
    """Form it within the partnership (STK-1). Raises ``AlreadyThere``, ``Unknown``."""
    return fact(GroupFormed, command)
