"""Amounts by stream, and who is paid."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Value
from shared.contracts.nouns import StreamSlug
from shared.values.identifiers import Slug, Text
from shared.values.money import MAX_PENCE, PositivePence

Payee = Annotated[Slug, Meta(description="Who is paid: an organisation or a group.", examples=["skills-board"])]
ReturnsTo = Annotated[Text, Meta(examples=["A future meeting of the Strategic Board"])]
PenceMoreOrLess = Annotated[int, Meta(ge=-MAX_PENCE, le=MAX_PENCE, description="Whole pence.", examples=[-12550])]


class StreamShare(Value, frozen=True, kw_only=True):
    """An amount that comes from, or goes back to, one stream of a reserve."""

    stream: StreamSlug
    amount_pence: Annotated[PositivePence, Meta(examples=[5000000])]


Shares = Annotated[tuple[StreamShare, ...], Meta(min_length=1, max_length=50)]
ReturnedShares = Annotated[Shares, Meta(examples=[[{"stream": "locality-funds", "amount_pence": 4487450}]])]
