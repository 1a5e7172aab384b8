"""Words: dates, counts and lists as a council's report has them. Plain functions of their arguments."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from shared.values.periods import LONDON

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_FUNCTION_WORD = re.compile(
    r"(?:a|an|the|at|in|on|for|to|by|after|before|when|where|what|who|how|why|which|whether|that|this|these|its|their"
    r"|if|once|until|each|any|all|both|nobody|no|not|there|it|some|most|many|few|more|can|could|is|are|may)\b",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"(?:Office|Department|Association|Ministry|Federation|Diocese|University)\b"
    r"|.*\b(?:Board|Group|Panel|Forum|Commissioner|Partnership|Network|Service|Committee|Authority|Association"
    r"|Federation|Team|Programme|Trust|Hub|Alliance|Consortium|Commission)$"
)
"""Names that take an article, by what they begin or end with."""


def day(date: dt.date) -> str:
    """``24 November 2014``"""
    return f"{date.day} {date:%B} {date.year}"


def moment(at: dt.datetime) -> str:
    """``24 November 2014, 14:40``, on London's clock."""
    local = at.astimezone(LONDON)
    return f"{day(local.date())}, {local:%H:%M}"


def starting(date: dt.date) -> str:
    """When something starts: ``May 2015`` for the first of a month, else the day."""
    return f"{date:%B} {date.year}" if date.day == 1 else day(date)


def term(first: dt.date, last: dt.date) -> str:
    """A term from its first to its last day, both included.

    >>> term(dt.date(2015, 4, 1), dt.date(2017, 3, 31))
    'for two years from 1 April 2015'
    >>> term(dt.date(2015, 4, 1), dt.date(2015, 4, 14))
    'from 1 April 2015 to 14 April 2015'
    """
    after = last + dt.timedelta(days=1)
    months = (after.year - first.year) * 12 + after.month - first.month
    if after.day != first.day or months < 1:
        return f"from {day(first)} to {day(last)}"
    length = count(months // 12, "year") if months % 12 == 0 else count(months, "month")
    return f"for {length} from {day(first)}"


def span(first: dt.date, last: dt.date) -> str:
    """The time from one day to another, as the time a figure is for.

    >>> span(dt.date(2014, 10, 1), dt.date(2014, 12, 31)), span(dt.date(2014, 12, 1), dt.date(2014, 12, 31))
    ('October to December 2014', 'December 2014')
    """
    if first.day != 1 or (last + dt.timedelta(days=1)).day != 1:
        return f"{day(first)} to {day(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{last:%B} {last.year}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first:%B}{year} to {last:%B} {last.year}"


def number(n: int) -> str:
    """Words to nine, figures from ten: ``seven``, ``11``."""
    return _WORDS[n] if 0 < n < len(_WORDS) else f"{n:,}"


def count(n: int, one: str, many: str | None = None) -> str:
    """``one seat``, ``no seats``, ``11 seats``"""
    return f"{'no' if n == 0 else number(n)} {one if n == 1 else many or one + 's'}"


def times(n: int) -> str:
    """``once``, ``twice``, ``three times``"""
    return {1: "once", 2: "twice"}.get(n, f"{number(n)} times")


def has(n: int) -> str:
    """``has`` for one, ``have`` for several"""
    return "has" if n == 1 else "have"


def was(n: int) -> str:
    """``was`` for one, ``were`` for several"""
    return "was" if n == 1 else "were"


def listing(items: Sequence[str]) -> str:
    """``a, b and c``; with semicolons where an item has commas of its own."""
    if len(items) < 2:
        return "".join(items)
    comma = "; " if any("," in item for item in items) else ", "
    return f"{comma.join(items[:-1])} and {items[-1]}"


def sentence(text: str) -> str:
    """The text with a capital and a full stop, where it lacks them."""
    stripped = text.strip()
    return capital(stripped) if stripped.endswith((".", "!", "?", ":", "”", "…")) else f"{capital(stripped)}."


def clause(text: str) -> str:
    """The text as part of a sentence: without its full stop, and with a small letter where its first word allows."""
    stripped = text.strip().removesuffix(".")
    return stripped[0].lower() + stripped[1:] if _FUNCTION_WORD.match(stripped) else stripped


def purpose(text: str) -> str:
    """A purpose as a sentence of its own.

    >>> purpose("To find what communities can do."), purpose("The post links agencies")
    ('Its purpose is to find what communities can do.', 'The post links agencies.')
    """
    words = text.strip()
    return sentence(f"Its purpose is to {words[3:]}" if words.lower().startswith("to ") else words)


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def the(name: str) -> str:
    """A body's name as English has it in a sentence.

    >>> the("Strategic Board"), the("Staffordshire County Council"), the("Office of the Commissioner")
    ('the Strategic Board', 'Staffordshire County Council', 'the Office of the Commissioner')
    """
    if name.startswith("The "):
        return f"the{name[3:]}"
    return f"the {name}" if _BODY.match(name) else name


def as_words(slug: str) -> str:
    """A slug or a field's name as words: ``community development``."""
    return slug.replace("-", " ").replace("_", " ")


def name_in_words(event_type: str) -> str:
    """``meetings.decision_recorded.v1`` as ``Decision recorded``."""
    return event_type.split(".")[1].replace("_", " ").capitalize() if event_type.count(".") == 2 else event_type
