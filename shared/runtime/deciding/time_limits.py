"""When something may have happened: not in the future, and within the years that partnerships mean."""

from __future__ import annotations

import datetime as dt
from functools import cache

import msgspec
from msgspec.inspect import Metadata, Type

from shared.values.circumstances import Circumstances
from shared.values.partial_date import first_day
from shared.values.refusals import Refusal

CLOCKS_DIFFER = dt.timedelta(minutes=5)
"""By how much a partner's clock may be ahead of ours before what it says is wrong for good."""


class NotYetHappened(Refusal):
    """What is recorded has happened: its date is never in the future."""

    clause = "design 6"
    remedy = "Give the time at which it happened, or leave happened_at out for now."
    status = 422


class TooEarly(NotYetHappened):
    """An event dated a few minutes ahead is retried, because clocks differ and a final answer cannot be changed."""

    remedy = "Send it again in a few minutes, and compare your clock with another."
    status = 503


class OutOfRange(Refusal):
    """Dates of a partnership lie between 1900 and 2199."""

    clause = "design 6"
    remedy = "Check the year."
    status = 422


class NoSuchDay(Refusal):
    """A date is one that the calendar has."""

    clause = "design 6"
    remedy = "Check the day. Where you know only the month, give that: 2015-02."
    status = 422


def happened_at(at: Circumstances) -> None:
    """Check the time of a command. Raises ``NotYetHappened``, or ``TooEarly`` to a partner whose clock is ahead."""
    ahead = at.happened_at - at.recorded_at
    if ahead > dt.timedelta(0):
        refusal = TooEarly if at.only_a_partner and ahead <= CLOCKS_DIFFER else NotYetHappened
        raise refusal(f"{at.happened_at.isoformat()} lies after now, {at.recorded_at.isoformat()}.")


def check_dates(value: object, path: str = "") -> None:
    """Check every date of a command, wherever it stands. Raises ``OutOfRange`` or ``NoSuchDay`` naming the field."""
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
        raise NoSuchDay(f"{field} is {date!r}, which is no day.", field=field) from None


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
