"""The scope of a report's parts: the facts, the days, the event that asked, and who may be named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from services.reporting.history import Fact, History, Period, Span
from services.reporting.parts.about import Of
from services.reporting.parts.subject import DossierSubject
from services.reporting.phrases.statements import Section, Statement, Table


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A content of a section: a part of the phrase files, a field of the asking event, or a computed part."""

    part: str = ""
    """A part by its name in the phrase files."""
    span: Span = Span.PERIOD
    field: str = ""
    """A field of the event that asked for the report: a text, or a list of them."""
    item: bool = False
    """Whether the field's texts are list items."""
    computed: str = ""
    """A computed part by its name in ``parts``."""
    about: str = ""
    """For decisions: the noun that they are about."""
    step: str = ""
    """A part of a dossier by its name in the phrase files."""
    of: tuple[str, ...] = ()
    """For a dossier: the nouns through which an event belongs to the matter."""
    none: str = ""
    """The text if nothing is recorded for this."""
    without: str = ""
    """Include only events that name no thing of this kind."""
    by: str = ""
    """A noun: groups the events of each thing, in the order in which the things are first named."""


@dataclass(frozen=True)
class Scope:
    """The request for a report, and the data it is made from."""

    history: History
    """The facts of the period."""
    as_at: dt.date
    """The day for which states are shown, such as money and overdue actions."""
    asked_by: Fact
    """The event that asked for the report. It is the source of statements that nothing was recorded."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Names by slug; empty if the reader sees only posts."""
    subject: DossierSubject | None = None
    """The subject of a dossier."""
    content: Content = field(default_factory=Content)
    """The part of a definition that is being made."""
    of: Of | None = None
    """The thing that the section is about, if there is a section for each."""

    @property
    def section_of(self) -> Of:
        """The thing that the section is about, for a part that is only for such sections."""
        assert self.of is not None, f"{self.content.computed!r} needs a section with a group"
        return self.of

    @property
    def history_as_at(self) -> History:
        """The facts up to the requested day."""
        return replace(self.history, period=Period(None, self.as_at))


@dataclass(frozen=True)
class Found:
    """What a part has to show."""

    statements: tuple[Statement, ...] = ()
    tables: tuple[Table, ...] = ()
    sections: tuple[Section, ...] = ()


Computed = Callable[[Scope], Found]
COMPUTED: dict[str, Computed] = {}
"""The computed parts by name."""


def computed(name: str) -> Callable[[Computed], Computed]:
    """Declare a computed part under the name that definitions use."""

    def declare(part: Computed) -> Computed:
        COMPUTED[name] = part
        return part

    return declare
