"""The ledger as a transparency log over HTTP, in standard formats that others can verify (C2SP tlog-tiles, tlog-proof).

Checkpoint, keys, policy and hashes are public: hashes do not reveal decisions, and a witness or a member of the public
with a receipt has no account. The entries contain the decisions, so they need an auditor's token.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from services.ledger.checkpoints import Checkpoints
from services.ledger.pages import EntryFilter, Pages
from services.ledger.readers import Authenticate, admit
from services.ledger.register import Register
from services.ledger.signatures import Signatures
from shared.proofs.merkle import Malformed
from shared.proofs.tiles import WIDTH, Place, bundle, parse_path
from shared.proofs.tlog_proof import TlogProof
from shared.runtime.endpoints.requests import bearer, token_of
from shared.values.refusals import Forbidden, Unknown

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
PRIVATE_IMMUTABLE = {"Cache-Control": "private, max-age=31536000, immutable"}
FRESH = {"Cache-Control": "no-cache"}
"""A cache may keep it, but must check each time whether it is still current."""
MAX_TILES = 2**63 // WIDTH
"""Positions are PostgreSQL's bigint. A larger number would be compared with every row."""
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="Only signatures for what follows this event.")]
Lines = Annotated[int | None, Query(ge=1, le=2**31, description="How many at most; left out: all.")]
OCTETS = "application/octet-stream"


RECEIPT_PAUSES_S = tuple(0.02 * 2**number for number in range(7))
"""Seconds between the looks for an event that was recorded an instant ago: 2.5 in all.

Anyone may ask for a receipt, so a request costs these looks and no more, however many commits there are meanwhile.
"""


def transparency_routes(checkpoints: Checkpoints, pages: Pages, authenticate: Authenticate) -> APIRouter:
    """Routes to mount below ``/ledger``."""
    router = APIRouter(tags=["transparency log"])

    @router.get("/checkpoint", **_text("The newest published checkpoint: a signed note (C2SP tlog-checkpoint)."))
    async def checkpoint() -> Response:
        return _plain((await checkpoints.published()).note.format(), FRESH)

    @router.get("/keys", **_text("The log's verifier keys, one a line, the newest first (C2SP signed-note)."))
    async def keys() -> Response:
        return _plain("".join(f"{key.verifier.format()}\n" for key in checkpoints.keys.keys), FRESH)

    @router.get("/policy", **_text("Which keys must have signed a checkpoint (C2SP tlog-policy)."))
    async def policy() -> Response:
        return _plain(checkpoints.policy.format(), FRESH)

    @router.get(
        "/tile/entries/{path:path}",
        dependencies=[Depends(bearer)],
        **_octets("A bundle of up to 256 entries, for an auditor of all partnerships."),
    )
    async def entries(path: str, request: Request) -> Response:
        principal = admit(await authenticate(token_of(request)))
        if principal.partnership is not None:
            raise Forbidden(
                "A bundle holds entries of all partnerships, and your token is for one only. Read /ledger/entries, and"
                " prove single entries with /ledger/receipts."
            )
        place = _place(f"tile/entries/{path}")
        first = place.index * WIDTH
        page = await pages.read(first, first + place.width, EntryFilter(), place.width)
        if len(page.rows) < place.width:
            raise Unknown(f"Bundle {place.index} has {len(page.rows)} entries so far, not {place.width}.")
        return Response(bundle([row.entry for row in page.rows]), 200, PRIVATE_IMMUTABLE, OCTETS)

    @router.get("/tile/{level}/{path:path}", **_octets("A tile of up to 256 hashes of the Merkle tree."))
    async def tile(level: str, path: str) -> Response:
        return Response(await checkpoints.tile(_place(f"tile/{level}/{path}")), 200, IMMUTABLE, OCTETS)

    @router.get(
        "/receipts/{event_id}.tlog-proof",
        **_text("An event's receipt: the proof that the ledger holds it, for checking offline (C2SP tlog-proof)."),
    )
    async def receipt(event_id: str) -> Response:
        """Waits a moment for the event. 503 while no published checkpoint covers it, 404 if the ledger lacks it."""
        for pause in RECEIPT_PAUSES_S:
            with contextlib.suppress(Unknown):
                return _plain(await proof_of(event_id), FRESH)
            await asyncio.sleep(pause)
        return _plain(await proof_of(event_id), FRESH)

    async def proof_of(event_id: str) -> bytes:
        published = await checkpoints.published()
        (found,) = await checkpoints.inclusions(published.size, (), [event_id])
        return TlogProof(found.position, tuple(found.hashes), published.note).format()

    return router


def source_routes(register: Register, signatures: Signatures) -> APIRouter:
    """Routes to mount below ``/ledger``: what the sources signed, and with which keys. Public, as hashes are."""
    router = APIRouter(tags=["transparency log"])

    @router.get("/sources/keys", **_text("The register of sources' keys, one a line, with retired ones (ADR 13)."))
    async def keys() -> Response:
        return _plain(register.keys.format(), FRESH)

    @router.get("/sources/{source}", **_text("A source's signatures, one a line: last, size, key id, base64."))
    async def of_source(source: str, after: After = 0, limit: Lines = None) -> Response:
        if "\0" in source or not register.keys.of(source):
            raise Unknown(f"The ledger has no source {source[:100]!r}.")
        return StreamingResponse(signatures.lines(source, after, limit), 200, FRESH, "text/plain; charset=utf-8")

    return router


def _place(path: str) -> Place:
    try:
        place = parse_path(path)
    except Malformed as error:
        raise Unknown(str(error)) from None
    if place.index >= MAX_TILES:
        raise Unknown(f"{path} is beyond the end of any log.")
    return place


def _plain(text: str | bytes, headers: dict[str, str]) -> Response:
    return Response(text, 200, headers, "text/plain; charset=utf-8")


def _text(summary: str) -> dict[str, Any]:
    return _described(summary, "text/plain")


def _octets(summary: str) -> dict[str, Any]:
    return _described(summary, OCTETS)


def _described(summary: str, kind: str) -> dict[str, Any]:
    responses = {200: {"description": summary, "content": {kind: {}}}}
    return {"summary": summary, "response_class": Response, "responses": responses}
