"""What the parts of a report are asked: the facts, the days, the event that asked, and who may be named."""

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
    """What a section takes in: a part of the phrase files, a field of the asking event, or a computed part."""

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
    """What is said where this has nothing on record."""
    without: str = ""
    """Only events that name no thing of this kind."""
    by: str = ""
    """A noun: the events of one thing stand together, in the order in which the things are first named."""


@dataclass(frozen=True)
class Scope:
    """What is asked, and what it is answered from."""

    history: History
    """The facts of the period."""
    as_at: dt.date
    """The day of what is shown as a state, such as money and overdue actions."""
    asked_by: Fact
    """The event behind the report: the source of what is true because nothing was recorded."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Names by slug; empty where the reader sees posts only."""
    subject: DossierSubject | None = None
    """The matter of a dossier."""
    content: Content = field(default_factory=Content)
    """What of a definition is being made."""
    of: Of | None = None
    """The thing that the section is about, where there is a section for each."""

    @property
    def section_of(self) -> Of:
        """The thing that the section is about, for a part that belongs into such a section only."""
        assert self.of is not None, f"{self.content.computed!r} stands in a section with a group"
        return self.of

    @property
    def history_as_at(self) -> History:
        """The facts up to the day asked for."""
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
