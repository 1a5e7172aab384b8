"""Routes on every command service's own record: a thing's history, and the record's size."""

# Annotations are real here, not strings: FastAPI reads them, and the readers' dependency is made inside a function.
import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Response

from shared.runtime.deciding.application import Application
from shared.runtime.endpoints.web import HttpAccess, PathSlug, ReadContext
from shared.values.identifiers import subject_of
from shared.values.refusals import Unknown

PathNoun = Annotated[str, Path(pattern="^[a-z][a-z_]{0,62}$")]
"""A kind of thing, by its name in ``shared/contracts/nouns.py``."""


@dataclass(frozen=True)
class HistoryEntry:
    """One fact in a thing's history, as this service recorded it."""

    id: str
    type: str
    version: int
    happened_at: dt.datetime
    recorded_at: dt.datetime
    actor: str
    authority: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Record:
    """A source and its highest sequence number. Everything up to it is committed."""

    source: str
    sequence: int


def record_routes(access: HttpAccess, application: Application) -> APIRouter:
    """The routes: a thing's history with its ETag, and the record's size."""
    router = APIRouter(tags=["record"])
    Reader = Annotated[ReadContext, Depends(access.reading)]

    @router.get("/{partnership}/history/{noun}/{slug}", summary="Everything recorded about one thing, in order")
    def history(reading: Reader, response: Response, noun: PathNoun, slug: PathSlug) -> list[HistoryEntry]:
        return _history(reading, response, noun, slug)

    @router.get(
        "/{partnership}/history/{noun}/{within}/{slug}",
        summary="Everything recorded about one thing within another, in order",
    )
    def history_within(
        reading: Reader, response: Response, noun: PathNoun, within: PathSlug, slug: PathSlug
    ) -> list[HistoryEntry]:
        return _history(reading, response, noun, within, slug)

    def _history(reading: ReadContext, response: Response, noun: str, *key: str) -> list[HistoryEntry]:
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

    @router.get("/{partnership}/record", summary="The number of events this service has recorded")
    def record(reading: Reader) -> Record:
        return Record(application.commands.service, application.sequence)

    return router
