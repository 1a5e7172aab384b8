"""The ledger over HTTP: the record as an auditor reads it with a browser, and the messages that did not become entries.

Lists are paged by keyset: pass ``next`` to get the next page. Entries never move, so a full page never changes.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from services.ledger.condition import Condition, RefusedMessage, StuckSource
from services.ledger.evidence import ConflictRecord, Evidence, ParkedRecord
from services.ledger.log import Log
from services.ledger.pages import EntryFilter, Pages
from services.ledger.readers import Authenticate, admit, confine
from services.ledger.recent import Row
from shared.runtime.endpoints.requests import bearer, token_of
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Forbidden, Unknown

MAX_BIGINT = 2**63 - 1
Position = Annotated[int, Query(alias="from", ge=0, le=MAX_BIGINT, description="The first position wanted.")]
After = Annotated[int, Query(ge=0, le=MAX_BIGINT, description="The `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]


class Head(msgspec.Struct, frozen=True):
    """The ledger's size."""

    size: int
    """The number of entries, which is the next position."""


class Entry(msgspec.Struct, frozen=True):
    """One entry of the ledger."""

    position: int
    source: str
    source_sequence: int
    leaf_hash: str
    """SHA-256(0x00 || entry) in hexadecimal (RFC 6962 §2.1), over the event's bytes exactly as given here."""
    event: msgspec.Raw
    """The CloudEvent."""


class Entries(msgspec.Struct, frozen=True):
    """Some entries in the order of their positions."""

    entries: list[Entry]
    next: int
    """The ``from`` of the next page."""
    size: int
    """The ledger's size. If ``next`` equals ``size``, this is the end."""


class Conflicts(msgspec.Struct, frozen=True):
    """Events by which sources contradicted the ledger."""

    conflicts: list[ConflictRecord]
    next: int


class ParkedList(msgspec.Struct, frozen=True):
    """Messages that cannot become entries."""

    parked: list[ParkedRecord]
    next: int


class RefusedList(msgspec.Struct, frozen=True):
    """Messages that were no events of their sources, since the ledger started."""

    refused: list[RefusedMessage]
    """The latest of each source and reason, the newest first."""
    counts: dict[str, dict[str, int]]
    """How many there were, by source and reason."""
    stuck: dict[str, StuckSource]
    """Sources whose next events cannot be taken."""


def routes(log: Log, pages: Pages, evidence: Evidence, way_in: Condition, authenticate: Authenticate) -> APIRouter:
    """The ledger's routes, to mount below ``/ledger``."""
    router = APIRouter(tags=["ledger"], dependencies=[Depends(bearer)])

    async def reader(request: Request) -> Principal:
        return admit(await authenticate(token_of(request)))

    known = Depends(reader)

    @router.get("/head", **_answers(Head), summary="The ledger's size")
    async def head(_: Principal = known) -> Response:
        return _json(Head(await log.size()))

    @router.get("/entries", **_answers(Entries), summary="Entries from a position onwards")
    async def entries(start: Position = 0, limit: Limit = 100, principal: Principal = known) -> Response:
        size = await log.size()
        page = await pages.read(min(start, size), size, confine(EntryFilter(), principal), limit)
        return _json(Entries([_entry(row) for row in page.rows], page.next_position, size))

    @router.get("/entries/{position}", **_answers(Entry), summary="One entry")
    async def entry(position: Annotated[int, Path(ge=0, le=MAX_BIGINT)], principal: Principal = known) -> Response:
        page = await pages.read(position, min(position + 1, await log.size()), confine(EntryFilter(), principal), 1)
        if not page.rows:
            raise Unknown(f"There is no entry at position {position}, or it is not your partnership's.")
        return _json(_entry(page.rows[0]))

    @router.get("/conflicts", **_answers(Conflicts), summary="Events by which a source contradicted the ledger")
    async def conflicts(after: After = 0, limit: Limit = 100, principal: Principal = known) -> Response:
        found = await evidence.conflicts(after, limit, principal.partnership)
        return _json(Conflicts(found, found[-1].number if found else after))

    @router.get("/parked", **_answers(ParkedList), summary="Messages that cannot become entries")
    async def parked(after: After = 0, limit: Limit = 100, principal: Principal = known) -> Response:
        if principal.partnership is not None:
            raise Forbidden("A parked message may belong to any partnership, and your token is for one only.")
        found = await evidence.parked(after, limit)
        return _json(ParkedList(found, found[-1].number if found else after))

    @router.get("/refused", **_answers(RefusedList), summary="Messages that no source signed, and stuck sources")
    async def refused(principal: Principal = known) -> Response:
        if principal.partnership is not None:
            raise Forbidden("A refused message may name any partnership, and your token is for one only.")
        return _json(RefusedList(way_in.recent(), way_in.counts(), way_in.stuck))

    return router


def _entry(row: Row) -> Entry:
    return Entry(row.position, row.source, row.source_sequence, row.leaf_hash.hex(), msgspec.Raw(row.entry))


def _json(answer: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _answers(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """A route's answer in OpenAPI. msgspec encodes the answer, so the schema comes from msgspec too."""
    (schema,), definitions = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return {
        "response_class": Response,
        "responses": {200: {"description": kind.__doc__, "content": {"application/json": {"schema": schema}}}},
        "openapi_extra": {"x-definitions": definitions},
    }
