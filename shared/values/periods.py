"""Financial years and quarters of local government in the United Kingdom: 1 April to 31 March, written 2014/15."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
"""The time zone of partnerships in the United Kingdom."""


def day_of(moment: dt.datetime) -> dt.date:
    """The day of a moment in that time zone, including summer time.

    >>> day_of(dt.datetime(2014, 6, 30, 23, 30, tzinfo=dt.UTC))
    datetime.date(2014, 7, 1)
    """
    return moment.astimezone(LONDON).date()


@dataclass(frozen=True, order=True)
class FinancialYear:
    """The year from 1 April of ``starts`` to 31 March of the next.

    >>> str(FinancialYear.of(dt.date(2015, 3, 31)))
    '2014/15'
    """

    starts: int

    @classmethod
    def of(cls, day: dt.date) -> FinancialYear:
        """The financial year of a day."""
        return cls(day.year if day.month >= 4 else day.year - 1)

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.starts, 4, 1)

    @property
    def last_day(self) -> dt.date:
        return dt.date(self.starts + 1, 3, 31)

    def __str__(self) -> str:
        return f"{self.starts}/{(self.starts + 1) % 100:02d}"


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a financial year; Q1 is April to June.

    >>> str(Quarter.of(dt.date(2014, 11, 24)))
    'Q3 2014/15'
    """

    year: FinancialYear
    number: int

    @classmethod
    def of(cls, day: dt.date) -> Quarter:
        """The quarter of a day."""
        return cls(FinancialYear.of(day), (day.month - 4) % 12 // 3 + 1)

    def __str__(self) -> str:
        return f"Q{self.number} {self.year}"


def a_year_after(day: dt.date) -> dt.date:
    """The same day of the next year.

    >>> a_year_after(dt.date(2011, 6, 1)).isoformat(), a_year_after(dt.date(2012, 2, 29)).isoformat()
    ('2012-06-01', '2013-03-01')
    """
    leap_day = (day.month, day.day) == (2, 29)
    return dt.date(day.year + 1, 3, 1) if leap_day else day.replace(year=day.year + 1)


def months_between(first: dt.date, last: dt.date) -> int:
    """The number of calendar months from the month of ``first`` to the month of ``last``, including both.

    >>> months_between(dt.date(2015, 5, 1), dt.date(2016, 3, 31))
    11
    """
    return (last.year - first.year) * 12 + last.month - first.month + 1
