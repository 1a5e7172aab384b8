"""Money: whole pence, as integers, from the request to the report. No float ever holds an amount."""

from typing import Annotated

from msgspec import Meta

MAX_PENCE = 10**13
"""£100 billion: more than any partnership holds, and far inside a 64-bit column."""

PENCE = {"unit": "pence"}
"""Marks a type as money, for code that reads text: 1300.00 would mean pounds, so it is not an amount of pence."""
Pence = Annotated[
    int,
    Meta(ge=0, le=MAX_PENCE, description="Whole pence; £1,300.00 is 130000.", examples=[130000], extra=PENCE),
]
"""An amount that can be zero."""

PositivePence = Annotated[
    int,
    Meta(
        ge=1,
        le=MAX_PENCE,
        description="Whole pence, at least one; £1,300.00 is 130000.",
        examples=[130000],
        extra=PENCE,
    ),
]
"""An amount above zero."""


def pounds(pence: int) -> str:
    """An amount in the form that people read.

    >>> pounds(130000), pounds(4873217), pounds(-5)
    ('£1,300', '£48,732.17', '-£0.05')
    """
    sign = "-" if pence < 0 else ""
    whole, part = divmod(abs(pence), 100)
    return f"{sign}£{whole:,}" + (f".{part:02d}" if part else "")
