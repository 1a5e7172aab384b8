"""What a report is made of, as data: sections in order, and what each takes in.

``cabinet.toml``, ``scrutiny.toml`` and ``dossier.toml`` are three of these. No definition names an event: the phrase
files say which part takes each in, and a definition says where the part stands and for which span.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from services.reporting.parts.scope import Content


class SectionDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section: its heading, its contents in order, and the sections in it."""

    heading: str = ""
    """A phrase; without one, the sections of its contents stand in its place."""
    numbered: bool = True
    group: str = ""
    """A noun: one section for each thing of that kind which has something to show, then one that names the others."""
    others: str = ""
    """The heading of the section that names the others."""
    contents: tuple[Content, ...] = ()
    sections: tuple[SectionDefinition, ...] = ()
    none: str = ""
    """What is said where the contents have nothing on record."""
    always: tuple[Content, ...] = ()
    """What stands below the contents, whether they have anything or not."""


class HeadingDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row above the contents; left out where its text is empty."""

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
