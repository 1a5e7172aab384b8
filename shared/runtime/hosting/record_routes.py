"""Routes on every command service's own record: a thing's history, and the record's size."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Response

from shared.runtime.deciding.application import Application
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.queries import Queries
from shared.runtime.endpoints.reading import ReadContext
from shared.values.identifiers import Slug, subject_of
from shared.values.refusals import Unknown

NounName = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z][a-z_]{0,62}$(?!\n)", description="A kind of thing.", examples=["request"])
]


class HistoryEntry(msgspec.Struct, frozen=True):
    """One fact in a thing's history, as this service recorded it."""

    id: str
    type: str
    version: int
    happened_at: dt.datetime
    recorded_at: dt.datetime
    actor: str
    authority: str
    data: dict[str, Any]


class Record(msgspec.Struct, frozen=True):
    """A source and its highest sequence number. Everything up to it is committed."""

    source: str
    sequence: int


def record_routes(access: HttpAccess, application: Application) -> APIRouter:
    """The routes: a thing's history with its ETag, and the record's size."""
    queries = Queries()

    @queries.gets("/history/{noun}/{slug}")
    def history(reading: ReadContext, response: Response, noun: NounName, slug: Slug) -> list[HistoryEntry]:
        """Everything recorded about one thing, in order."""
        return facts_of(reading, response, noun, slug)

    @queries.gets("/history/{noun}/{within}/{slug}")
    def history_within(
        reading: ReadContext, response: Response, noun: NounName, within: Slug, slug: Slug
    ) -> list[HistoryEntry]:
        """Everything recorded about one thing within another, in order."""
        return facts_of(reading, response, noun, within, slug)

    def facts_of(reading: ReadContext, response: Response, noun: str, *key: str) -> list[HistoryEntry]:
        facts = application.store.facts_of(subject_of(reading.partnership, noun, *key))
        if not facts:
            raise Unknown(f"There is no {noun.replace('_', ' ')} {'/'.join(key)!r} in {reading.partnership!r}.")
        response.headers["ETag"] = f'"{facts[-1].originator_version}"'
        return [
            HistoryEntry(
                id=f.envelope.id,
                type=f.envelope.type,
                version=f.envelope.subjectversion,
                happened_at=f.envelope.time,
                recorded_at=f.envelope.recordedtime,
                actor=f.envelope.actor,
                authority=f.envelope.authority,
                data=msgspec.json.decode(f.envelope.data),
            )
            for f in facts
        ]

    @queries.gets("/record")
    def record(reading: ReadContext) -> Record:
        """The number of events this service has recorded."""
        return Record(application.commands.service, application.sequence)

    return queries.routes(access)
