"""Statements: sentences that carry the events they come from, and the parts of a report that hold them.

A statement cannot be made without a source. What is true because nothing was recorded ("None") is said with
``nothing``, and its source is the event that asked for the report.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from services.reporting.history import Fact


class Unsourced(Exception):
    """A statement was made that comes from no event."""


class Form(enum.StrEnum):
    """How a statement stands on the page."""

    PARAGRAPH = "paragraph"
    ITEM = "item"
    """One of a list that follows its paragraph."""


@dataclass(frozen=True)
class Statement:
    """One or a few sentences that stand together, and the ledger positions of the events they come from."""

    text: str
    sources: tuple[int, ...]
    form: Form = Form.PARAGRAPH

    def __post_init__(self) -> None:
        if not self.sources:
            raise Unsourced(f"{self.text[:80]!r} comes from no event; every statement has its source")


def positions(facts: Iterable[Fact[Any]]) -> tuple[int, ...]:
    """The positions of facts, ascending, each once."""
    return tuple(sorted({fact.position for fact in facts}))


def say(text: str, *facts: Fact[Any]) -> Statement:
    """A paragraph made from facts."""
    return Statement(text, positions(facts))


def item(text: str, *facts: Fact[Any]) -> Statement:
    """One of a list, made from facts."""
    return Statement(text, positions(facts), Form.ITEM)


def nothing(text: str, asked_by: Fact[Any]) -> Statement:
    """Fixed text where there is nothing to tell, such as "None"; its source is the event that asked for the report."""
    return Statement(text, (asked_by.position,))


@dataclass(frozen=True)
class TableRow:
    """A row's cells, the first of which is its heading, and where they come from."""

    cells: tuple[str, ...]
    sources: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.sources:
            raise Unsourced(f"the row {self.cells[0]!r} comes from no event; every row has its source")


@dataclass(frozen=True)
class Table:
    """Figures side by side."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class Part:
    """A section of a report, with what it says and its own parts; numbered by where it stands."""

    title: str
    statements: tuple[Statement, ...] = ()
    tables: tuple[Table, ...] = ()
    parts: tuple[Part, ...] = ()
    numbered: bool = True


@dataclass
class Lines[**P]:
    """Functions that each tell one thing, called in the order in which they were added.

    A new event's line is one more function, decorated with ``add``, and nothing else.
    """

    _lines: list[Callable[P, Iterable[Statement]]] = field(default_factory=list)

    def add(self, line: Callable[P, Iterable[Statement]]) -> Callable[P, Iterable[Statement]]:
        self._lines.append(line)
        return line

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> tuple[Statement, ...]:
        """What all lines have to say."""
        return tuple(statement for line in self._lines for statement in line(*args, **kwargs))
