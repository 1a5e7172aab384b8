"""What things are called, so that a report names a board or an organisation and not its slug."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import sqlalchemy
from sqlalchemy import Column, Text, select

from services.reporting.english import as_words, the
from services.reporting.views.tables import views
from shared.contracts.event import Event
from shared.contracts.funding import FundsRequested, ReserveOpened, StreamReceived
from shared.contracts.meetings import MeetingScheduled
from shared.contracts.membership import GroupFormed, OrganisationRegistered, PartnershipEstablished, SeatCreated
from shared.contracts.projects import PrioritySet, ProjectStarted
from shared.runtime.following.views import At, Row, row

name = views.table(
    "name",
    Column("kind", Text, primary_key=True),
    Column("within", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("name", Text),
    Column("organisation", Text),
)
"""``within``: what a slug is unique in, such as a seat's group; empty where that is the partnership."""


class Named(NamedTuple):
    """What an event calls a thing."""

    kind: str
    slug: str
    name: str
    within: str = ""
    organisation: str | None = None


def named_by(fact: Event, partnership: str) -> Named | None:
    """What a fact names, if it names something."""
    match fact:
        case PartnershipEstablished():
            return Named("partnership", partnership, fact.name)
        case OrganisationRegistered():
            return Named("organisation", fact.organisation, fact.name)
        case GroupFormed():
            return Named("group", fact.group, fact.name)
        case SeatCreated():
            return Named("seat", fact.seat, fact.office, within=fact.group, organisation=fact.organisation)
        case MeetingScheduled():
            return Named("meeting", fact.meeting, fact.title, within=fact.group)
        case ReserveOpened():
            return Named("reserve", fact.reserve, fact.name)
        case StreamReceived():
            return Named("stream", fact.stream, fact.name, within=fact.reserve)
        case FundsRequested():
            return Named("request", fact.request, fact.title)
        case PrioritySet():
            return Named("priority", fact.priority, fact.title)
        case ProjectStarted():
            return Named("project", fact.project, fact.title)
    return None


NAMING: tuple[type[Event], ...] = (
    PartnershipEstablished,
    OrganisationRegistered,
    GroupFormed,
    SeatCreated,
    MeetingScheduled,
    ReserveOpened,
    StreamReceived,
    FundsRequested,
    PrioritySet,
    ProjectStarted,
)
"""The events that ``named_by`` knows."""


def _project(fact: Event, at: At) -> Iterator[Row]:
    named = named_by(fact, at.envelope.partnership)
    if named is not None:
        yield row(name, **named._asdict())


for _naming in NAMING:
    views.on(_naming)(_project)


class Names:
    """The names of one partnership's things. What nobody named is called by the words of its slug."""

    def __init__(self, partnership: str, named: Iterable[Named]) -> None:
        """``named``: later names replace earlier ones."""
        self._partnership = partnership
        self._names: dict[tuple[str, str, str], str] = {}
        self._holders: dict[tuple[str, str], str] = {}
        self._groups: dict[str, str] = {}
        for each in named:
            self.learn(each)

    def learn(self, named: Named) -> None:
        """One more name."""
        kind, slug, called, within, organisation = named
        # A meeting's slug is its own in the partnership; its group is kept beside it.
        self._names[kind, "" if kind == "meeting" else within, slug] = called
        if kind == "seat" and organisation is not None:
            self._holders[within, slug] = organisation
        if kind == "meeting":
            self._groups[slug] = within

    def _of(self, kind: str, slug: str, within: str = "") -> str:
        return self._names.get((kind, within, slug)) or as_words(slug)

    @property
    def partnership(self) -> str:
        """``Chase Community Partnership``"""
        return self._of("partnership", self._partnership)

    def organisation_label(self, slug: str) -> str:
        """As in a list or cell: ``Police and Crime Commissioner``."""
        return self._of("organisation", slug)

    def organisation(self, slug: str) -> str:
        """As in a sentence: ``Staffordshire County Council``, ``the Police and Crime Commissioner``."""
        return the(self._of("organisation", slug))

    def group(self, slug: str) -> str:
        """As in a heading or cell: ``Strategic Board``."""
        return self._of("group", slug)

    def the_group(self, slug: str) -> str:
        """As in a sentence: ``the Strategic Board``."""
        called = self.group(slug)
        return the(called) if the(called) != called else f"the {called}"

    def meeting(self, slug: str) -> str:
        """As in a sentence: ``the meeting “Strategic Board, November 2014”``."""
        return f"the meeting “{self._names.get(('meeting', '', slug), slug)}”"

    def post_at(self, meeting: str, seat: str) -> str:
        """The post a seat is for, in the group whose meeting it is."""
        return self.office(self._groups.get(meeting, ""), seat)

    def payee(self, slug: str) -> str:
        """Who is paid, in a sentence: an organisation, or a group."""
        if ("organisation", "", slug) in self._names:
            return self.organisation(slug)
        return the(self.group(slug))

    def office(self, group: str, seat: str) -> str:
        """The post a seat is for: ``Superintendent``."""
        return self._of("seat", seat, group)

    def seat_holder(self, group: str, seat: str) -> str:
        """The organisation whose seat it is, as in a cell; empty where that is not known."""
        holder = self._holders.get((group, seat))
        return self._of("organisation", holder) if holder else ""

    def reserve(self, slug: str) -> str:
        """``Partnership financial reserve``"""
        return self._of("reserve", slug)

    def stream(self, reserve: str, slug: str) -> str:
        """``Locality Funds``"""
        return self._of("stream", slug, reserve)

    def request(self, slug: str) -> str:
        """The title of a request for funding."""
        return self._of("request", slug)

    def priority(self, slug: str) -> str:
        """``Community safety``"""
        return self._of("priority", slug)

    def project(self, slug: str) -> str:
        """``Domestic Abuse Perpetrators Programme``"""
        return self._of("project", slug)


def names_of(connection: sqlalchemy.Connection, partnership: str) -> Names:
    """The names that reporting has learnt of a partnership's things."""
    columns = (name.c.kind, name.c.slug, name.c.name, name.c.within, name.c.organisation)
    found = connection.execute(select(*columns).where(name.c.partnership == partnership))
    return Names(partnership, (Named(*r) for r in found))
