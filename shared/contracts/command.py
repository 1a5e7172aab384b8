"""Commands: what people and systems ask for. Published language, like the events: partners send commands by name."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from shared.values.identifiers import Text


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody asks for: imperative. Fields in the path are taken from there, the rest from the body."""

    happened_at: (
        Annotated[dt.datetime, Meta(tz=True, description="When it happened, if not now; never in the future.")] | None
    ) = None
    authority: Annotated[Text, Meta(description="By what authority: the decision, minute or clause.")] | None = None
