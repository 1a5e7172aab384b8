"""Events from a spreadsheet: a CSV file (RFC 4180) with one event in each row and the command's fields as columns.

Two more columns are allowed: ``id`` and ``time``. Without ``id``, a row's id is derived from its content. Then the same
file sent twice gets the same answers, and two equal rows are one event. The id is a keyed digest, because a row may
hold a name, and ids are permanent (design 10).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from services.partners.answers import SubmissionAnswer
from services.partners.envelope import BatchTooLarge, PartnerEvent, Unreadable, made_event
from shared.runtime.deciding.commands import Declared
from shared.runtime.endpoints.problems import BadRequest
from shared.values.money import PENCE
from shared.values.refusals import Refusal

MAX_ROWS = 1000
MAX_COLUMNS = 1000
"""Columns in the first row, with those without a name between them. Empty ones at its end do not count."""
_OWN_COLUMNS = ("id", "time")
_WHOLE = re.compile(r"-?[0-9]+(\.0+)?\Z")
"""A whole number as spreadsheets write it. One with an exponent has lost digits."""
_PENCE = re.compile(r"-?[0-9]+\Z")
"""Whole pence: 1250.00 is meant as pounds."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class SurplusCells(Refusal):
    """Every filled cell of a row must be under a named column."""

    clause = "RFC 4180 §2"
    remedy = "Put text that contains a comma in quotation marks, or name the column."
    status = 422


@dataclass(frozen=True)
class RowAnswer:
    """The answer to one row. The header is row 1, as in spreadsheets."""

    row: int
    answer: SubmissionAnswer


def rows(
    body: bytes, declared: Declared, organisation: str, digest: Callable[[PartnerEvent], bytes]
) -> list[tuple[int, PartnerEvent | Unreadable | Refusal]]:
    """The events of a file by row number. ``digest`` is keyed. Raises ``BadRequest``, ``BatchTooLarge``."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("The file is not UTF-8. Save it as “CSV UTF-8”.") from None
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header and "," not in header else ",")
    try:
        names = _without_empty_end([name.strip() for name in next(reader, [])])
        _check(names, declared)
        filled: list[tuple[int, list[str]]] = []
        for number, cells in enumerate(reader, 2):
            if cells := _without_empty_end(cells):
                filled.append((number, cells))
            if len(filled) > MAX_ROWS:
                raise BatchTooLarge(f"The file has more than {MAX_ROWS:,} rows.")
    except csv.Error as error:
        raise BadRequest(f"Line {reader.line_num} is not CSV: {error}.") from None
    columns = Columns(names, _fields(declared.body))
    return [(number, _event(columns, cells, declared, organisation, digest)) for number, cells in filled]


def _without_empty_end(cells: list[str]) -> list[str]:
    """The cells up to the last that is filled. Each row then costs what it says, however many columns another has."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


class Columns(NamedTuple):
    """The first row, and what it is read by."""

    names: list[str]
    fields: Mapping[str, tuple[Any, Collection[object]]]
    """Each field's type, and the kinds of value that it takes."""


def _check(names: list[str], declared: Declared) -> None:
    """Whether a first row names columns that a file may have. Raises ``BadRequest``.

    A spreadsheet may write empty columns at the end; they have no name. Counts everything before it compares anything:
    the row comes from outside, and other requests wait while it is read.
    """
    named = Counter(name for name in names if name)
    if not named:
        raise BadRequest("The file is empty; its first row names the fields.")
    most = len(msgspec.structs.fields(declared.body)) + len(_OWN_COLUMNS)
    if named.total() > most:
        raise BadRequest(f"The first row names {named.total():,} columns; there are at most {most} to be filled.")
    if len(names) > MAX_COLUMNS:
        raise BadRequest(f"The first row has {len(names):,} columns; the most is {MAX_COLUMNS:,}.")
    (name, count), *_ = named.most_common(1)
    if count > 1:
        raise BadRequest(f"The column {name[:80]!r} is there twice.")


def _event(
    columns: Columns,
    row: list[str],
    declared: Declared,
    organisation: str,
    digest: Callable[[PartnerEvent], bytes],
) -> PartnerEvent | Unreadable | Refusal:
    said = {}
    for number, cell in enumerate(row, 1):
        if not cell.strip():
            continue
        name = columns.names[number - 1] if number <= len(columns.names) else ""
        if not name:
            return SurplusCells(f"Cell {number} of the row's {len(row)} cells is filled, and its column has no name.")
        said[name] = cell.strip()
    given, time = (said.pop(name, None) for name in _OWN_COLUMNS)
    data = {name: _value(cell, *columns.fields.get(name, (str, (inspect.StrType,)))) for name, cell in said.items()}
    encoded = msgspec.json.encode(data, order="sorted")
    attributes = {
        "specversion": "1.0",
        "id": given or "row",
        "source": f"/{organisation}/csv",
        "type": declared.name,
    }
    try:
        event = made_event(attributes if time is None else {**attributes, "time": time}, encoded)
    except (Unreadable, Refusal) as error:
        return error
    return event if given else msgspec.structs.replace(event, id=f"row-{digest(event).hex()[:40]}")


def _value(cell: str, kind: Any, kinds: Collection[object]) -> Any:
    """A cell as JSON has it. JSON in the cell is read where the field is no text, numbers where the field is one.

    A cell that does not fit stays text, and the schema says what is wrong with it.
    """
    if inspect.StrType in kinds:
        return cell
    try:
        if cell[0] in "[{":
            return msgspec.json.decode(cell)
        whole = _PENCE if PENCE in kinds else _WHOLE
        if inspect.FloatType in kinds or inspect.BoolType in kinds or (inspect.IntType in kinds and whole.match(cell)):
            return msgspec.to_builtins(msgspec.convert(cell, kind, strict=False))
    except (msgspec.DecodeError, RecursionError):
        pass
    return cell


@cache
def _fields(body: type[msgspec.Struct]) -> Mapping[str, tuple[Any, Collection[object]]]:
    return {
        field.encode_name: (field.type, tuple(_kinds(inspect.type_info(field.type))))
        for field in msgspec.structs.fields(body)
    }


def _kinds(found: inspect.Type) -> Iterator[object]:
    """The kinds of value that a field takes, and what marks them."""
    if isinstance(found, inspect.Metadata):
        yield found.extra
        yield from _kinds(found.type)
    elif isinstance(found, inspect.UnionType):
        for each in found.types:
            yield from _kinds(each)
    else:
        yield type(found)


def as_csv(answers: Iterable[RowAnswer]) -> str:
    """The answers as a file to open in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["row", "id", "accepted", "final", "events", "receipts", "problem", "field", "detail"])
    for found in answers:
        answer, problem = found.answer, found.answer.problem
        cells = [
            answer.id,
            "yes" if answer.accepted else "no",
            "yes" if answer.final else "no",
            " ".join(event.type for event in answer.events),
            " ".join(event.receipt for event in answer.events),
            problem.type.rpartition("/")[2] if problem else "",
            problem.field if problem else "",
            problem.detail if problem else "",
        ]
        writer.writerow([found.row, *(_safe(cell) for cell in cells)])
    return out.getvalue()


def _safe(cell: str) -> str:
    # A spreadsheet would run a cell that begins like a formula.
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
