"""Commands: what people and systems ask for. Published language, like the events: partners send commands by name."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, get_type_hints

import msgspec
from msgspec import Meta

from shared.contracts.event import Event
from shared.values.identifiers import Text


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command whose fields are not those of the fact that it becomes."""


type Asked = Command | Event
"""What a caller asks for: usually the fact to be recorded, otherwise a command with fields of its own."""


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody may say with a command, in addition to its fields."""

    happened_at: (
        Annotated[dt.datetime, Meta(tz=True, description="When it happened, if not now; never in the future.")] | None
    ) = None
    authority: Annotated[Text, Meta(description="By what authority: the decision, minute or clause.")] | None = None


def body_of(asked: type[Asked]) -> type[msgspec.Struct]:
    """The record in which something is asked for: its own fields and those of its occasion."""
    occasion = get_type_hints(Occasion, include_extras=True)
    return msgspec.defstruct(
        asked.__name__,
        [(name, kind, None) for name, kind in occasion.items()],
        bases=(asked,),
        module=asked.__module__,
        frozen=True,
        kw_only=True,
    )
