"""An event field by field: for pages that show all of it, and for events without a phrase."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from services.reporting.wording import as_words, capital, day, moment
from shared.values.money import pounds


def describe_fields(data: object, label: str = "", key: str = "") -> Iterator[tuple[str, str]]:
    """An event's fields, as people read them: ``Quorum: required``, ``3``."""
    match data:
        case dict():
            for name, value in data.items():
                inner = capital(as_words(name.removesuffix("_pence")))
                yield from describe_fields(value, f"{label}: {inner.lower()}" if label else inner, name)
        case list() if any(isinstance(value, dict | list) for value in data):
            for number, value in enumerate(data, 1):
                yield from describe_fields(value, f"{label} {number}", key)
        case list():
            yield label, "; ".join(_shown(value, key) for value in data)
        case _:
            yield label, _shown(data, key)


def _shown(value: object, key: str) -> str:
    match value:
        case bool():
            return "Yes" if value else "No"
        case int():
            return pounds(value) if key.endswith("_pence") else f"{value:,}"
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return day(dt.date.fromisoformat(value))
        case str() if key.endswith("_at") and re.match(r"\d{4}-\d\d-\d\dT", value):
            return moment(dt.datetime.fromisoformat(value))
        case None:
            return "none"
        case _:
            return str(value)
