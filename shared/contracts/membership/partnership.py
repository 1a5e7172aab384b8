"""The partnership itself."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.values.identifiers import Name

AreaCode = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z][0-9]{8}$(?!\n)",
        max_length=9,
        description="The area's nine-character code of the Office for National Statistics.",
        examples=["E07000192"],
    ),
]


@event("membership.partnership_established.v1", about="partnership", names="name")
class PartnershipEstablished(Event, frozen=True, kw_only=True):
    """A partnership of an area's organisations was established here. Clause CAN-1."""

    name: Annotated[Name, Meta(examples=["Chase Community Partnership"])]
    area_code: AreaCode
