"""What things are called, so that a report names a board or an organisation and not its slug."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy
from sqlalchemy import Column, Text, select

from services.reporting.english import as_words, the
from services.reporting.views.tables import views
from shared.contracts.funding import FundsRequested, ReserveOpened, StreamReceived
from shared.contracts.membership import GroupFormed, OrganisationRegistered, PartnershipEstablished, SeatCreated
from shared.contracts.projects import PrioritySet, ProjectStarted
from shared.runtime.views import At, Row, row

name = views.table(
    "name",
    Column("kind", Text, primary_key=True),
    Column("within", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("name", Text),
    Column("organisation", Text),
)
"""``within``: what a slug is unique in, such as a seat's group; empty where that is the partnership."""


@views.on(PartnershipEstablished)
def _(fact: PartnershipEstablished, at: At) -> Iterator[Row]:
    yield row(name, kind="partnership", within="", slug=at.envelope.partnership, name=fact.name)


@views.on(OrganisationRegistered)
def _(fact: OrganisationRegistered, at: At) -> Iterator[Row]:
    yield row(name, kind="organisation", within="", slug=fact.organisation, name=fact.name)


@views.on(GroupFormed)
def _(fact: GroupFormed, at: At) -> Iterator[Row]:
    yield row(name, kind="group", within="", slug=fact.group, name=fact.name)


@views.on(SeatCreated)
def _(fact: SeatCreated, at: At) -> Iterator[Row]:
    yield row(name, kind="seat", within=fact.group, slug=fact.seat, name=fact.office, organisation=fact.organisation)


@views.on(ReserveOpened)
def _(fact: ReserveOpened, at: At) -> Iterator[Row]:
    yield row(name, kind="reserve", within="", slug=fact.reserve, name=fact.name)


@views.on(StreamReceived)
def _(fact: StreamReceived, at: At) -> Iterator[Row]:
    yield row(name, kind="stream", within=fact.reserve, slug=fact.stream, name=fact.name)


@views.on(FundsRequested)
def _(fact: FundsRequested, at: At) -> Iterator[Row]:
    yield row(name, kind="request", within="", slug=fact.request, name=fact.title)


@views.on(PrioritySet)
def _(fact: PrioritySet, at: At) -> Iterator[Row]:
    yield row(name, kind="priority", within="", slug=fact.priority, name=fact.title)


@views.on(ProjectStarted)
def _(fact: ProjectStarted, at: At) -> Iterator[Row]:
    yield row(name, kind="project", within="", slug=fact.project, name=fact.title)


class Names:
    """The names of one partnership's things. What nobody named is called by the words of its slug."""

    def __init__(self, connection: sqlalchemy.Connection, partnership: str) -> None:
        columns = (name.c.kind, name.c.within, name.c.slug, name.c.name, name.c.organisation)
        found = connection.execute(select(*columns).where(name.c.partnership == partnership)).all()
        self._partnership = partnership
        self._names: dict[tuple[str, str, str], str] = {(r.kind, r.within, r.slug): r.name for r in found}
        self._holders: dict[tuple[str, str], str] = {
            (r.within, r.slug): r.organisation for r in found if r.kind == "seat"
        }

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
