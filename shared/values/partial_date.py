"""Dates that may be known only to the month or year: ``2014-12-05``, ``2014-12`` or ``2014`` (ISO 8601).

"In February 2015" is kept as that month, never as its first day. It is an interval from its first to its last day.
Sorting and filters use ``first_day``. Deadlines use ``last_day``, so that nothing is late before its month is over.
Reports use ``settled_day`` to decide what is new.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Annotated

from msgspec import Meta

PartialDate = Annotated[
    str,
    Meta(
        pattern=r"^(?:19|20|21)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$(?!\n)",
        max_length=10,
        description="A day, or only a month or a year where no more is known: 2014-12-05, 2014-12 or 2014.",
        examples=["2014-12-05"],
        extra={"partial_date": True},
    ),
]


def first_day(date: str) -> dt.date:
    """The first day of the interval. Raises ``ValueError`` for a day that does not exist.

    >>> first_day("2015-02").isoformat()
    '2015-02-01'
    """
    year, month, day = _parts(date)
    return dt.date(year, month or 1, day or 1)


def last_day(date: str) -> dt.date:
    """The last day of the interval.

    >>> last_day("2015-02").isoformat(), last_day("2014").isoformat(), last_day("2014-12-05").isoformat()
    ('2015-02-28', '2014-12-31', '2014-12-05')
    """
    year, month, day = _parts(date)
    month = month or 12
    return dt.date(year, month, day or calendar.monthrange(year, month)[1])


def settled_day(date: str, recorded_on: dt.date) -> dt.date:
    """The day by which it had happened: its last day, or the day of recording if that was earlier.

    >>> settled_day("2014-12", dt.date(2014, 12, 16)).isoformat()
    '2014-12-16'
    >>> settled_day("2014-12", dt.date(2015, 1, 5)).isoformat()
    '2014-12-31'
    """
    return max(first_day(date), min(last_day(date), recorded_on))


def is_before(date: str, other: str) -> bool:
    """Whether a date is certainly before another: a month is not before a day in it.

    >>> is_before("2014-11", "2014-12-05"), is_before("2014-12", "2014-12-05")
    (True, False)
    """
    return last_day(date) < first_day(other)


def is_exact(date: str) -> bool:
    """Whether the exact day is known."""
    return date.count("-") == 2


def _parts(date: str) -> tuple[int, int | None, int | None]:
    year, *rest = (int(part) for part in date.split("-"))
    return year, rest[0] if rest else None, rest[1] if len(rest) > 1 else None
