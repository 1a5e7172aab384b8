"""Wording: dates, counts, lists and names in the style of a council's report. Plain functions of their arguments.

Babel formats dates and lists; inflect makes plurals and number words. Both use British English. Nothing here changes
text that people wrote. ``the`` puts an article only before the *name* of a body.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.lists import format_list

from shared.values.partial_date import first_day, is_exact
from shared.values.periods import LONDON

if TYPE_CHECKING:
    import inflect

LOCALE = "en_GB"
LAST_IN_WORDS = 9
"""The highest number that is written as a word."""
_TAKES_ARTICLE = re.compile(
    r"(?:Office|Department|Association|Ministry|Federation|Diocese|University)\b"
    r"|.*\b(?:Board|Group|Panel|Forum|Commissioner|Partnership|Network|Service|Committee|Authority|Association"
    r"|Federation|Team|Programme|Trust|Hub|Alliance|Consortium|Commission|Reserve|Fund)$",
    re.IGNORECASE,
)
"""Names that take an article, by what they begin or end with."""


def day(date: dt.date) -> str:
    """``24 November 2014``"""
    return format_date(date, "d MMMM y", locale=LOCALE)


def moment(at: dt.datetime) -> str:
    """``24 November 2014, 14:40``, on London's clock."""
    local = at.astimezone(LONDON)
    return f"{day(local.date())}, {local:%H:%M}"


def month(date: dt.date) -> str:
    """``May 2015``"""
    return format_date(date, "MMMM y", locale=LOCALE)


def partial(date: str) -> str:
    """A day that may be known only to the month or year: ``5 December 2014``, ``December 2014``, ``2014``."""
    if is_exact(date):
        return day(first_day(date))
    return month(first_day(date)) if "-" in date else str(date)


def starting(date: dt.date) -> str:
    """When something starts: ``May 2015`` for the first of a month, else the day."""
    return month(date) if date.day == 1 else day(date)


def length_of(first: dt.date, last: dt.date) -> str | None:
    """The length of a term in whole months or years, both days included; None if it has no such length.

    >>> length_of(dt.date(2015, 4, 1), dt.date(2017, 3, 31)), length_of(dt.date(2015, 4, 1), dt.date(2015, 4, 14))
    ('two years', None)
    """
    after = last + dt.timedelta(days=1)
    months = (after.year - first.year) * 12 + after.month - first.month
    if after.day != first.day or months < 1:
        return None
    return count(months // 12, "year") if months % 12 == 0 else count(months, "month")


def span(first: dt.date, last: dt.date) -> str:
    """The period of a figure, from one day to another.

    >>> span(dt.date(2014, 10, 1), dt.date(2014, 12, 31)), span(dt.date(2014, 12, 1), dt.date(2014, 12, 31))
    ('October to December 2014', 'December 2014')
    """
    if first.day != 1 or (last + dt.timedelta(days=1)).day != 1:
        return f"{day(first)} to {day(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return month(last)
    return f"{format_date(first, 'MMMM', locale=LOCALE) if first.year == last.year else month(first)} to {month(last)}"


@cache
def number(n: int) -> str:
    """Words to nine, figures from ten: ``seven``, ``11``."""
    return "no" if n == 0 else str(_english().number_to_words(str(n), threshold=LAST_IN_WORDS))


def count(n: int, noun: str) -> str:
    """``one seat``, ``no seats``, ``11 seats``"""
    return f"{number(n)} {plural(noun, n)}"


@cache
def plural(word: str, n: int) -> str:
    """A noun or verb in its form for ``n``: ``seats``, ``have``, ``were``."""
    return word if n == 1 else _VERBS.get(word) or _english().plural_noun(word)


_VERBS = {"has": "have", "was": "were", "is": "are"}


def times(n: int) -> str:
    """``once``, ``twice``, ``three times``"""
    return {1: "once", 2: "twice"}.get(n, f"{number(n)} times")


def listing(items: Sequence[str]) -> str:
    """``a, b and c``"""
    return format_list(items, locale=LOCALE) if items else ""


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as runs without gaps, first and last.

    >>> runs([3, 4, 5, 9])
    [(3, 5), (9, 9)]
    """
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def the(name: str) -> str:
    """A body's name within a sentence.

    >>> the("Strategic Board"), the("Staffordshire County Council"), the("Office of the Commissioner")
    ('the Strategic Board', 'Staffordshire County Council', 'the Office of the Commissioner')
    """
    if name.startswith("The "):
        return f"the{name[3:]}"
    return f"the {name}" if _TAKES_ARTICLE.match(name) else name


def as_words(slug: str) -> str:
    """A slug or a field's name as words: ``community development``."""
    return slug.replace("-", " ").replace("_", " ")


def name_in_words(event_type: str) -> str:
    """The name of an event as words: ``Decision recorded``."""
    return event_type.split(".")[1].replace("_", " ").capitalize() if event_type.count(".") == 2 else event_type


@cache
def _english() -> inflect.engine:
    # Only now, because most commands write no plural. And without typeguard, which would compile all of inflect again
    # for each of its methods: two seconds, for checks that mypy makes of ours.
    import typeguard

    checked = vars(typeguard)["typechecked"]
    vars(typeguard)["typechecked"] = lambda method: method
    try:
        import inflect
    finally:
        vars(typeguard)["typechecked"] = checked
    return inflect.engine()
