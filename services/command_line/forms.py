"""The forms of ``folkmoot replay``: JSON lines for programs, CSV for spreadsheets, a narrative for people."""

from __future__ import annotations

import csv
import datetime as dt
import enum
import textwrap
from typing import TextIO

import msgspec

from services.command_line.replay import Reader, Wanted, Writer
from services.reporting.narrative import by_authority, by_whom, sentence_about
from services.reporting.views.names import Names
from services.reporting.views.nouns import NAMING
from services.reporting.wording import moment
from shared.contracts.envelope import open_envelope
from shared.rpc.ledger.v1 import ledger_pb2


class Form(enum.StrEnum):
    """The form of a replay."""

    JSONL = "jsonl"
    CSV = "csv"
    NARRATIVE = "narrative"


def writer(form: Form, output: TextIO, *, goes_on: bool = False) -> Writer:
    """The writer of a form. ``goes_on``: it continues an earlier replay, so it has no heading."""
    if form is Form.JSONL:
        return JsonLines(output)
    return Csv(output, goes_on) if form is Form.CSV else Narrative(output, goes_on)


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


WIDTH = 96


class Narrative:
    """Sentences that an auditor can print: time, event, the post that recorded it, authority and position."""

    def __init__(self, output: TextIO, goes_on: bool) -> None:
        self._output = output
        self._goes_on = goes_on
        self._names: dict[str, Names] = {}

    async def begin(self, reader: Reader, wanted: Wanted) -> None:
        # Read the names first, because a part of the history mentions boards that were named before it. Use only names
        # that were known at the date asked for.
        for naming in NAMING:
            named = Wanted(partnership=wanted.partnership, type=naming, as_known_at=wanted.as_known_at)
            async for page in reader.replay(named):
                for entry in page.entries:
                    event = open_envelope(entry.entry)
                    self._names_in(event.partnership).learn_from(event)
        if not self._goes_on:
            self._output.write(f"{textwrap.fill(heading(wanted), WIDTH)}\n\n")

    def write(self, entry: ledger_pb2.Entry) -> None:
        event = open_envelope(entry.entry)
        names = self._names_in(event.partnership)
        names.learn_from(event)
        by, authority = by_whom(event.actor, names), by_authority(event.authority, names).rstrip(". ")
        circumstances = (
            f"Recorded by {by} on {moment(event.recordedtime)}, by authority of {authority}."
            f" Position {entry.position}, event {event.id}."
        )
        happened = _paragraph(sentence_about(event, names))
        self._output.write(f"{moment(event.time)}\n{happened}{_paragraph(circumstances)}\n")

    def flush(self) -> None:
        self._output.flush()

    def _names_in(self, partnership: str) -> Names:
        return self._names.setdefault(partnership, Names(partnership))


def heading(wanted: Wanted) -> str:
    """A sentence about the filter, so that a printed page says what it leaves out."""
    parts = [
        f"of the partnership {wanted.partnership}" if wanted.partnership else "of all partnerships",
        f"from the service {wanted.service}" if wanted.service else "",
        f"of the type {wanted.type}" if wanted.type else "",
        f"concerning {wanted.subject}" if wanted.subject else "",
        f"done by {wanted.actor}" if wanted.actor else "",
        f"belonging to the decision “{wanted.decision}”" if wanted.decision else "",
        f"happened up to {moment(wanted.as_at)}" if wanted.as_at else "",
        f"recorded up to {moment(wanted.as_known_at)}" if wanted.as_known_at else "",
        f"before position {wanted.end}" if wanted.end is not None else "",
    ]
    return f"The record {', '.join(part for part in parts if part)}, in the order of the ledger."


def _paragraph(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="    ", subsequent_indent="    ") + "\n"
