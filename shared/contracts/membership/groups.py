"""The groups of a partnership."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import Aliases, GroupSlug, ShortName
from shared.values.identifiers import Name, Slug


class GroupKind(enum.StrEnum):
    """What sort of body a group is."""

    STRATEGIC_BOARD = "strategic_board"
    EXECUTIVE_BOARD = "executive_board"
    THEMATIC_PARTNERSHIP = "thematic_partnership"
    STATUTORY_BOARD = "statutory_board"
    LOCALITY_FORUM = "locality_forum"
    TASK_AND_FINISH_GROUP = "task_and_finish_group"
    COMMUNITY_OF_INTEREST = "community_of_interest"
    STEERING_GROUP = "steering_group"


@event("membership.group_formed.v1", about="group", names="name")
class GroupFormed(Event, frozen=True, kw_only=True):
    """A group of the partnership was formed. Clauses STK-1, CAN-5, X-3."""

    group: GroupSlug
    name: Annotated[Name, Meta(examples=["Strategic Board"])]
    short_name: ShortName | None = None
    aliases: Aliases = ()
    kind: GroupKind
    accountable_to: Annotated[Slug, Meta(examples=["executive-board"])] | None = None
    """The group it answers to; none for the group at the top."""
