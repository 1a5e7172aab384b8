"""The form of ``folkmoot replay`` for people: a narrative."""

from __future__ import annotations

import textwrap
from typing import TextIO

from services.command_line.replay import Reader, Wanted
from services.reporting.narrative import by_authority, by_whom, sentence_about
from services.reporting.views.names import Names
from services.reporting.views.nouns import NAMING
from services.reporting.wording import moment
from shared.contracts.envelope import open_envelope
from shared.rpc.ledger.v1 import ledger_pb2

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
