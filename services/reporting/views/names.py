"""The names of things, so that a report names a board or an organisation and does not show its slug.

The contracts declare which event names what. Nothing here lists events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
import sqlalchemy
from sqlalchemy import Column, Text, select

from services.reporting.views.nouns import NAMING
from services.reporting.views.tables import views
from services.reporting.wording import as_words, the
from shared.contracts.envelope import CloudEvent
from shared.contracts.event import EVENTS, Event, UnknownEvent, key_of
from shared.runtime.following.views import At, Row, row

name = views.table(
    "name",
    Column("kind", Text, primary_key=True),
    Column("within", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("name", Text),
    Column("parent", Text),
    Column("organisation", Text),
)
"""``within``: what a slug is unique in, such as a seat's group; empty if that is the partnership. ``parent``: the
group of a meeting. ``organisation``: whose seat it is."""


class Named(NamedTuple):
    """The name that an event gives a thing."""

    kind: str
    slug: str
    name: str
    within: str = ""
    parent: str | None = None
    organisation: str | None = None


def named_by(event: Event, event_name: str, partnership: str) -> Named | None:
    """The thing that an event names, if any."""
    declared = NAMING.get(event_name)
    if declared is None or declared.names is None:
        return None
    noun, called = declared.of.name, str(getattr(event, declared.names))
    *within, slug = key_of(declared.of, event, partnership)
    return Named(
        noun,
        slug,
        called,
        within=within[-1] if within else "",
        parent=getattr(event, "group", None) if noun == "meeting" else None,
        organisation=getattr(event, "organisation", None) if noun == "seat" else None,
    )


def _project(event: Event, at: At) -> Iterator[Row]:
    named = named_by(event, at.envelope.type, at.envelope.partnership)
    if named is not None:
        yield row(name, **named._asdict())


for _naming in NAMING:
    views.on(EVENTS[_naming])(_project)

_BODIES = {"organisation", "payee"}
_ALWAYS_THE = {"group", "reserve", "seat"}
_PLAIN = {"stream", "purpose", "person", "stage"}
_AS_SLUG = {"meeting", "decision", "person", "update"}
"""Nouns whose slug is shown unchanged if the thing has no name: the slug holds a date or a number."""


class Names:
    """The names of one partnership's things. A thing without a name is called by the words of its slug."""

    def __init__(self, partnership: str, named: Iterable[Named] = ()) -> None:
        """``named``: later names replace earlier ones."""
        self._partnership = partnership
        self._named: dict[tuple[str, str, str], Named] = {}
        for each in named:
            self.learn(each)

    def learn(self, named: Named) -> None:
        """One more name."""
        self._named[named.kind, named.within, named.slug] = named

    def learn_from(self, envelope: CloudEvent) -> None:
        """The name in an event, if the event names a thing."""
        try:
            named = named_by(envelope.event(), envelope.type, envelope.partnership)
        except (UnknownEvent, msgspec.ValidationError):
            return
        if named is not None:
            self.learn(named)

    def label(self, noun: str, slug: str, within: str = "") -> str:
        """The name as in a heading, list or cell: ``Police and Crime Commissioner``."""
        if noun == "payee":
            noun = "organisation" if ("organisation", "", slug) in self._named else "group"
        found = self._named.get((noun, within, slug))
        return found.name if found else slug if noun in _AS_SLUG else as_words(slug)

    def in_sentence(self, noun: str, slug: str, within: str = "") -> str:
        """The name as in a sentence: ``the Police and Crime Commissioner``, ``the project “Street Champions”``."""
        called = self.label(noun, slug, within)
        if noun in _BODIES:
            return the(called)
        if noun in _ALWAYS_THE:
            return f"the {called.removeprefix('The ')}"
        return called if noun in _PLAIN else f"the {as_words(noun)} “{called}”"

    @property
    def partnership(self) -> str:
        """``Chase Community Partnership``"""
        return self.label("partnership", self._partnership)

    def group_of(self, meeting: str) -> str:
        """The slug of the meeting's group; empty if it is not known."""
        found = self._named.get(("meeting", "", meeting))
        return found.parent or "" if found else ""

    def seat_holder(self, group: str, seat: str) -> str:
        """The seat's organisation, as in a cell; empty if it is not known."""
        found = self._named.get(("seat", group, seat))
        return self.label("organisation", found.organisation) if found and found.organisation else ""


def names_of(connection: sqlalchemy.Connection, partnership: str) -> Names:
    """The names of a partnership's things, as reporting has them."""
    columns = (name.c.kind, name.c.slug, name.c.name, name.c.within, name.c.parent, name.c.organisation)
    found = connection.execute(select(*columns).where(name.c.partnership == partnership))
    return Names(partnership, (Named(*r) for r in found))
