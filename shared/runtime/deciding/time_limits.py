"""Limits on dates: not in the future, and within the years that partnerships use."""

from __future__ import annotations

import datetime as dt
from functools import cache

import msgspec
from msgspec.inspect import Metadata, Type

from shared.values.circumstances import Circumstances
from shared.values.partial_date import first_day
from shared.values.refusals import Refusal

CLOCKS_DIFFER = dt.timedelta(minutes=5)
"""How far a partner's clock may be ahead of ours before an event's time is refused for good."""


class NotYetHappened(Refusal):
    """Only events that have happened can be recorded, so their time must not be in the future."""

    clause = "design 6"
    remedy = "Give the time at which it happened, or leave out happened_at to use the present time."
    status = 422


class TooEarly(NotYetHappened):
    """An event dated a few minutes ahead is retried, because clocks differ and a final answer cannot be changed."""

    remedy = "Send it again in a few minutes, and check your clock."
    status = 503


class OutOfRange(Refusal):
    """Dates must be between 1900 and 2199."""

    clause = "design 6"
    remedy = "Check the year."
    status = 422


class NoSuchDay(Refusal):
    """A date must exist in the calendar."""

    clause = "design 6"
    remedy = "Check the day. If you know only the month, give that: 2015-02."
    status = 422


def happened_at(at: Circumstances) -> None:
    """Check the time of a command. Raises ``NotYetHappened``, or ``TooEarly`` to a partner whose clock is ahead."""
    ahead = at.happened_at - at.recorded_at
    if ahead > dt.timedelta(0):
        refusal = TooEarly if at.only_a_partner and ahead <= CLOCKS_DIFFER else NotYetHappened
        raise refusal(f"{at.happened_at.isoformat()} is later than now, {at.recorded_at.isoformat()}.")


def check_dates(value: object, path: str = "") -> None:
    """Check every date in a command, at any depth. Raises ``OutOfRange`` or ``NoSuchDay``, which name the field."""
    if isinstance(value, dt.date):
        if not 1900 <= value.year <= 2199:
            raise OutOfRange(f"{path} is {value.isoformat()}.", field=path)
    elif isinstance(value, msgspec.Struct):
        partial = _partial_dates(type(value))
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            where = f"{path}.{name}" if path else name
            if name in partial and isinstance(inner, str):
                _check_partial(inner, where)
            else:
                check_dates(inner, where)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            check_dates(item, f"{path}[{number}]")


def _check_partial(date: str, field: str) -> None:
    try:
        first_day(date)
    except ValueError:
        raise NoSuchDay(f"{field} is {date!r}, which is not a date.", field=field) from None


@cache
def _partial_dates(record: type[msgspec.Struct]) -> frozenset[str]:
    """The fields that hold a ``PartialDate``."""
    info = msgspec.inspect.type_info(record)
    assert isinstance(info, msgspec.inspect.StructType)
    return frozenset(field.name for field in info.fields if _is_partial(field.type))


def _is_partial(kind: Type) -> bool:
    match kind:
        case Metadata(extra=extra, type=inner):
            return bool(extra and extra.get("partial_date")) or _is_partial(inner)
        case msgspec.inspect.UnionType(types=types):
            return any(_is_partial(each) for each in types)
    return False
