"""Measures of a project, and their readings. A measure has a history of its own."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import FirstDay, LastDay, MeasureSlug, OrganisationSlug, ProjectSlug
from shared.values.identifiers import Name, Text

MeasureValue = Annotated[
    int, Meta(ge=-(10**13), le=10**13, description="A value, in the measure's unit.", examples=[0])
]


class Better(enum.StrEnum):
    """Which way a measure should go."""

    HIGHER = "higher"
    LOWER = "lower"


@event("projects.measure_defined.v1", about="measure", names="name")
class MeasureDefined(Event, frozen=True, kw_only=True):
    """A measure of a project's success was defined. Clause CAN-6."""

    project: ProjectSlug
    measure: MeasureSlug
    name: Annotated[Name, Meta(examples=["Referrals to the programme"])]
    unit: Annotated[Name, Meta(examples=["people"])]
    target: Annotated[MeasureValue, Meta(examples=[12])] | None = None
    """The value to be reached in each period, where there is one."""
    better: Better


@event("projects.measure_read.v1", about="measure")
class MeasureRead(Event, frozen=True, kw_only=True):
    """An organisation reported a measure's value for a period; zero is a value. Clause CAN-6."""

    project: ProjectSlug
    measure: MeasureSlug
    value: MeasureValue
    period_starts: Annotated[FirstDay, Meta(examples=["2014-10-01"])]
    period_ends: Annotated[LastDay, Meta(examples=["2014-12-31"])]
    reported_by: OrganisationSlug
    note: Annotated[Text, Meta(examples=["A similar picture to other areas of the county."])] | None = None
