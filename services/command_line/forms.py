"""The forms of ``folkmoot replay`` for programs: JSON lines, and CSV for spreadsheets."""

from __future__ import annotations

import csv
import datetime as dt
from typing import TextIO

import msgspec

from services.command_line.replay import Reader, Wanted, Writer
from services.command_line.replay_options import Form
from shared.contracts.envelope import open_envelope
from shared.rpc.ledger.v1 import ledger_pb2


def writer(form: Form, output: TextIO, *, goes_on: bool = False) -> Writer:
    """The writer of a form. ``goes_on``: it continues an earlier replay, so it has no heading."""
    if form is Form.JSONL:
        return JsonLines(output)
    if form is Form.CSV:
        return Csv(output, goes_on)
    from services.command_line.narrative import Narrative

    return Narrative(output, goes_on)


class Line(msgspec.Struct, frozen=True):
    """One line: the event's place in the ledger, and the event as recorded."""

    position: int
    source_sequence: int
    leaf_hash: str
    event: msgspec.Raw


class JsonLines:
    """One JSON object on each line, with the event byte for byte."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._encoder = msgspec.json.Encoder()

    async def begin(self, reader: Reader, wanted: Wanted) -> None:
        """JSON lines have no heading."""

    def write(self, entry: ledger_pb2.Entry) -> None:
        line = Line(entry.position, entry.source_sequence, entry.leaf_hash.hex(), msgspec.Raw(entry.entry))
        self._output.write(self._encoder.encode(line).decode() + "\n")

    def flush(self) -> None:
        self._output.flush()


COLUMNS = (
    "position",
    "happened_at",
    "recorded_at",
    "partnership",
    "service",
    "type",
    "subject",
    "subject_version",
    "actor",
    "authority",
    "event_id",
    "correlation_id",
    "causation_id",
    "source_sequence",
    "leaf_hash",
    "data",
)


class Csv:
    """CSV (RFC 4180): one row for each event, its data as JSON in the last column, times in UTC."""

    def __init__(self, output: TextIO, goes_on: bool) -> None:
        self._output = output
        self._csv = csv.writer(output, lineterminator="\r\n")
        self._goes_on = goes_on

    async def begin(self, reader: Reader, wanted: Wanted) -> None:
        if not self._goes_on:
            self._csv.writerow(COLUMNS)

    def write(self, entry: ledger_pb2.Entry) -> None:
        event = open_envelope(entry.entry)
        row = (
            entry.position,
            event.time.astimezone(dt.UTC).isoformat(),
            event.recordedtime.astimezone(dt.UTC).isoformat(),
            event.partnership,
            event.service,
            event.type,
            event.subject,
            event.subjectversion,
            event.actor,
            event.authority,
            event.id,
            event.correlationid,
            event.causationid or "",
            entry.source_sequence,
            entry.leaf_hash.hex(),
            bytes(event.data).decode(),
        )
        self._csv.writerow([_cell(value) if isinstance(value, str) else value for value in row])

    def flush(self) -> None:
        self._output.flush()


def _cell(text: str) -> str:
    """A spreadsheet runs text that begins like a formula. An apostrophe in front makes it plain text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
