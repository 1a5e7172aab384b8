"""Events from a spreadsheet: a CSV file (RFC 4180) with one event in each row and the command's fields as columns.

Two more columns are allowed: ``id`` and ``time``. Without ``id``, a row's id is derived from its content. Then the same
file sent twice gets the same answers, and two equal rows are one event. The id is a keyed digest, because a row may
hold a name, and ids are kept for ever (design 10).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from services.partners.answers import SubmissionAnswer
from services.partners.envelope import BatchTooLarge, PartnerEvent, Unreadable, made_event
from shared.runtime.deciding.commands import Declared
from shared.runtime.endpoints.problems import BadRequest
from shared.values.refusals import Refusal

MAX_ROWS = 1000
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
        lines = list(reader)
    except csv.Error as error:
        raise BadRequest(f"Line {reader.line_num} is not CSV: {error}.") from None
    if not lines:
        raise BadRequest("The file is empty. Its first row must name the fields.")
    names = [name.strip() for name in lines[0]]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadRequest(f"The file has the column {twice[0][:80]!r} twice.")
    filled = [(number, cells) for number, cells in enumerate(lines[1:], 2) if any(cell.strip() for cell in cells)]
    if len(filled) > MAX_ROWS:
        raise BatchTooLarge(f"The file has {len(filled):,} rows; the most is {MAX_ROWS:,}.")
    return [(number, _event(names, cells, declared, organisation, digest)) for number, cells in filled]


def _event(
    names: list[str],
    row: list[str],
    declared: Declared,
    organisation: str,
    digest: Callable[[PartnerEvent], bytes],
) -> PartnerEvent | Unreadable | Refusal:
    if any(cell.strip() for cell in row[len(names) :]):
        return SurplusCells(f"The row has {len(row)} cells, and the first row names {len(names)} columns.")
    cells = dict(zip(names, row, strict=False))
    said = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
    given, time = said.pop("id", None), said.pop("time", None)
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(declared.command)}
    data = {name: _value(cell, fields.get(name, str)) for name, cell in said.items()}
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


def _value(cell: str, kind: Any) -> Any:
    """A cell as a JSON value. JSON in the cell is decoded unless the field is a text.

    A cell that does not fit stays text, and validation reports it.
    """
    try:
        if cell[0] in "[{" and not _is_text(inspect.type_info(kind)):
            return msgspec.json.decode(cell)
        return msgspec.to_builtins(msgspec.convert(cell, kind, strict=False))
    except (msgspec.DecodeError, RecursionError):
        return cell


def _is_text(found: inspect.Type) -> bool:
    if isinstance(found, inspect.Metadata):
        return _is_text(found.type)
    if isinstance(found, inspect.UnionType):
        return any(_is_text(each) for each in found.types)
    return isinstance(found, inspect.StrType)


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
