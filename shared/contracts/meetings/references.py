"""References: what an agenda item, a decision or an answer is about."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Value
from shared.values.identifiers import Slug


class ReferenceKind(enum.StrEnum):
    """The kinds of thing that an item or decision can be about: nouns, by their names."""

    REQUEST = "request"
    AWARD = "award"
    PROJECT = "project"
    PROBLEM = "problem"
    MEASURE = "measure"
    PILOT = "pilot"
    QUESTION = "question"
    ACTION = "action"
    AREA_OF_INTEREST = "area_of_interest"


class Reference(Value, frozen=True, kw_only=True):
    """The thing an item or decision is about."""

    kind: Annotated[ReferenceKind, Meta(examples=["problem"])]
    id: Annotated[Slug, Meta(examples=["no-take-up"])]
    """Its slug."""
    within: Annotated[Slug, Meta(examples=["perpetrators-programme"])] | None = None
    """What it belongs to, where its slug is unique only within that: the project of a problem, measure, pilot or
    question, the reserve of an award, the meeting of an action."""


About = Annotated[Reference, Meta(examples=[{"kind": "request", "id": "blake-worker"}])]
