"""The values that options of ``folkmoot replay`` can have."""

from __future__ import annotations

import datetime as dt
import enum

from shared.values.periods import LONDON


class Form(enum.StrEnum):
    """The form of a replay."""

    JSONL = "jsonl"
    CSV = "csv"
    NARRATIVE = "narrative"


def moment(text: str) -> dt.datetime:
    """A date, meaning the end of that day, or a date and time. London time unless the text has an offset.

    Raises ``ValueError``.
    """
    if len(text) == len("2014-11-24"):
        after = dt.date.fromisoformat(text) + dt.timedelta(days=1)
        return dt.datetime.combine(after, dt.time(), LONDON).astimezone(dt.UTC) - dt.timedelta(microseconds=1)
    found = dt.datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=LONDON)).astimezone(dt.UTC)
