"""The value in force on a day: values with the day from which each applies, and one answer for any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Since(msgspec.Struct, Generic[T], frozen=True):  # noqa: UP046 - msgspec resolves only TypeVars
    """A value and the first day on which it applies. ``None`` says that nothing applies from that day on."""

    day: dt.date
    value: T | None


class InForce(msgspec.Struct, Generic[T], frozen=True):  # noqa: UP046 - as above
    """Values in force, by the first day of each. Immutable: ``since`` gives a new one.

    >>> terms = InForce[str]().since(dt.date(2011, 4, 1), "first").since(dt.date(2024, 1, 1), "second")
    >>> terms.on(dt.date(2011, 3, 31)), terms.on(dt.date(2013, 1, 1)), terms.on(dt.date(2024, 1, 1))
    (None, 'first', 'second')
    """

    changes: tuple[Since[T], ...] = ()
    """In the order of their days. If two are set for one day, only the one set later is kept."""

    def since(self, day: dt.date, value: T | None) -> InForce[T]:
        """A copy with this value in force from a day until the next change."""
        others = [change for change in self.changes if change.day != day]
        return InForce(tuple(sorted([*others, Since(day, value)], key=lambda change: change.day)))

    def on(self, day: dt.date) -> T | None:
        """The value in force on a day, or None."""
        change = self.change_on(day)
        return change.value if change else None

    def change_on(self, day: dt.date) -> Since[T] | None:
        """The change that a day's value comes from, with the day from which it applies."""
        return next((change for change in reversed(self.changes) if change.day <= day), None)

    def __iter__(self) -> Iterator[Since[T]]:
        return iter(self.changes)
