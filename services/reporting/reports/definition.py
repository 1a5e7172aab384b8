"""The definition of a report, as data: sections in order, and what each contains.

``cabinet.toml``, ``scrutiny.toml`` and ``dossier.toml`` are three of these. No definition names an event: the phrase
files say which part includes each event, and a definition says where the part goes and for which period.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from services.reporting.parts.scope import Content


class SectionDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section: its heading, its contents in order, and the sections in it."""

    heading: str = ""
    """A phrase; without one, the sections of its contents take its place."""
    numbered: bool = True
    group: str = ""
    """A noun: one section for each thing of that kind with something to show, then one section for the others."""
    others: str = ""
    """The heading of the section for the others."""
    contents: tuple[Content, ...] = ()
    sections: tuple[SectionDefinition, ...] = ()
    none: str = ""
    """The text if nothing is recorded for the contents."""
    always: tuple[Content, ...] = ()
    """The text below the contents, whether they have anything or not."""


class HeadingDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row above the contents; left out if its text is empty."""

    label: str
    text: str


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of report. Its title, occasion and heading are phrases about the event that asked for it."""

    kind: str
    title: str
    occasion: str
    heading: tuple[HeadingDefinition, ...] = ()
    sections: tuple[SectionDefinition, ...] = ()


@cache
def definition(kind: str) -> Definition:
    """The definition of a kind of report."""
    return msgspec.toml.decode((Path(__file__).parent / f"{kind}.toml").read_bytes(), type=Definition)
