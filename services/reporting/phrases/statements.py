"""Statements: text in typed parts, with the ledger positions of the events it comes from.

A statement cannot be made without a source. Amounts, days, references and people's own words keep their type until
HTML, Word, PDF or plain text is made from them. ``Section`` holds statements, tables and further sections.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.reporting import wording
from services.reporting.history import Fact
from shared.values.money import pounds


class Unsourced(Exception):
    """A statement was made without an event as its source."""


class PartKind(enum.StrEnum):
    """The type of a part of a text."""

    WORDS = "words"
    AMOUNT = "amount"
    DAY = "day"
    """A day or a moment."""
    NUMBER = "number"
    REFERENCE = "reference"
    """A recorded thing, by its name."""
    QUOTED = "quoted"
    """Words that people wrote, as they wrote them."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a text: its words, and its typed value."""

    kind: PartKind
    text: str
    value: int | str | None = None
    """Pence of an amount, a number, a day in ISO 8601, or the noun and slug of a reference; none for words."""


Text = tuple[TextPart, ...]


def plain(text: Iterable[TextPart]) -> str:
    """The text as it reads."""
    return "".join(part.text for part in text)


def words(text: str) -> TextPart:
    """Words from a phrase."""
    return TextPart(PartKind.WORDS, text)


def quoted(text: str) -> TextPart:
    """Words that people wrote."""
    return TextPart(PartKind.QUOTED, text.strip())


def amount(pence: int) -> TextPart:
    """``£1,300``"""
    return TextPart(PartKind.AMOUNT, pounds(pence), int(pence))


def number(n: int) -> TextPart:
    """``1,300``"""
    return TextPart(PartKind.NUMBER, f"{n:,}", n)


def day(date: dt.date) -> TextPart:
    """``24 November 2014``"""
    return TextPart(PartKind.DAY, wording.day(date), date.isoformat())


def moment(at: dt.datetime) -> TextPart:
    """``24 November 2014, 14:40``"""
    return TextPart(PartKind.DAY, wording.moment(at), at.isoformat())


class Form(enum.StrEnum):
    """How a statement is laid out on the page."""

    PARAGRAPH = "paragraph"
    ITEM = "item"
    """A list item."""


@dataclass(frozen=True)
class Statement:
    """One or a few sentences that belong together, and the ledger positions of the events they come from."""

    parts: Text
    sources: tuple[int, ...]
    form: Form = Form.PARAGRAPH

    def __post_init__(self) -> None:
        if not self.sources:
            raise Unsourced(f"{self.text[:80]!r} comes from no event; every statement has its source")

    @property
    def text(self) -> str:
        return plain(self.parts)

    def as_item(self) -> Statement:
        """The same as a list item."""
        return replace(self, form=Form.ITEM)

    def with_sources(self, *facts: Fact) -> Statement:
        """The same statement, with these facts as further sources."""
        return replace(self, sources=tuple(sorted({*self.sources, *positions(facts)})))


def positions(facts: Iterable[Fact]) -> tuple[int, ...]:
    """The positions of facts, ascending, each once."""
    return tuple(sorted({fact.position for fact in facts}))


def joined(statements: Sequence[Statement]) -> Statement:
    """Several statements as one paragraph."""
    parts: list[TextPart] = []
    for statement in statements:
        parts += [words(" "), *statement.parts] if parts else statement.parts
    return Statement(tuple(parts), tuple(sorted({source for each in statements for source in each.sources})))


def none_recorded(text: str, asked_by: Fact) -> Statement:
    """Fixed text if nothing is recorded, such as "None". Its source is the event that asked for the report."""
    return Statement((words(text),), (asked_by.position,))


@dataclass(frozen=True)
class TableRow:
    """A row's cells, the first of which is its heading, and their sources."""

    cells: tuple[Text, ...]
    sources: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.sources:
            raise Unsourced(f"the row {plain(self.cells[0])!r} comes from no event; every row has its source")


@dataclass(frozen=True)
class Table:
    """Figures in rows and columns."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class Section:
    """A section of a report, with its statements and its own sections. Its place in the report gives its number."""

    title: str
    statements: tuple[Statement, ...] = ()
    tables: tuple[Table, ...] = ()
    sections: tuple[Section, ...] = ()
    numbered: bool = True
