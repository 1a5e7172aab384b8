"""A witness's HTTP endpoints: one for logs (C2SP tlog-witness), a page for people, and the evidence as JSON."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

import jinja2
import structlog
from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from services.witness.memory import TIMEOUT_S, Kind, Latest, Refusal
from services.witness.witness import Answer, Witness

MAX_BODY_BYTES = 128 * 1024
"""Room for 63 lines of proof and a checkpoint with sixteen signatures of any type (signed-note, § Format)."""
MAX_SHOWN = 20
"""The most refusals of one log on the page for people."""
READ_TIMEOUT_S = 10.0
"""Seconds a sender may take to send its request."""

log = structlog.get_logger(service="witness")


def witness_app(witness: Witness, *, read_seconds: float = READ_TIMEOUT_S) -> FastAPI:
    """The HTTP application of a witness."""
    app = FastAPI(title="Folkmoot witness", openapi_url=None, docs_url=None, redoc_url=None)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        try:
            async with asyncio.timeout(read_seconds):
                body = await _body(request)
        except TimeoutError:
            return _response(Answer(408, f"The request did not arrive within {read_seconds:g} seconds.\n"))
        if body is None:
            return _response(Answer(413, f"A request can have at most {MAX_BODY_BYTES} bytes.\n"))
        return _response(await to_thread.run_sync(witness.add_checkpoint, body))

    @app.get("/{origin_hash}/checkpoint")
    async def latest(origin_hash: str) -> Response:
        for origin, found in (await to_thread.run_sync(witness.memory.latest)).items():
            if hashlib.sha256(origin.encode()).hexdigest() == origin_hash:
                return PlainTextResponse(found.note)
        return _response(Answer(404, "This witness has cosigned no checkpoint of a log with this hash.\n"))

    @app.get("/evidence")
    async def evidence() -> Response:
        return JSONResponse(_evidence(witness, await to_thread.run_sync(witness.memory.refusals)))

    @app.get("/")
    async def front() -> Response:
        latest = await to_thread.run_sync(witness.memory.latest)
        return HTMLResponse(witness_page(witness, latest, await to_thread.run_sync(witness.memory.refusals)))

    @app.exception_handler(sqlite3.Error)
    async def forgetful(_: Request, error: sqlite3.Error) -> Response:
        log.error("the witness's memory cannot be used; nothing is cosigned", error=str(error))
        words = f"This witness's memory cannot be used, so it cosigns nothing: {error}. Try again later.\n"
        return PlainTextResponse(words, 503, {"Retry-After": str(int(TIMEOUT_S))})

    return app


async def _body(request: Request) -> bytes | None:
    """The request's body, read only up to the limit; None if it is larger."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _response(answer: Answer) -> Response:
    # Exactly as in the specification: Starlette would add a charset to a text type.
    return Response(answer.body.encode(), answer.status, {"Content-Type": answer.media_type})


def _evidence(witness: Witness, refusals: list[Refusal]) -> dict[str, Any]:
    return {
        "witness": witness.verifier.format(),
        "refusals": [
            {
                **refusal._asdict(),
                "proves_misconduct": refusal.kind is Kind.FORK,
                "log_keys": [key.format() for key in witness.logs.keys_of(refusal.origin)],
                "first_at": _moment(refusal.first_at).isoformat(),
                "last_at": _moment(refusal.last_at).isoformat(),
            }
            for refusal in refusals
        ],
    }


def witness_page(witness: Witness, latest: dict[str, Latest], refusals: list[Refusal]) -> str:
    """The page about this witness: its key, the logs it watches, and in red its refusals."""
    by_origin: defaultdict[str, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        by_origin[refusal.origin].append(refusal)
    logs = [
        {
            "origin": origin,
            "keys": witness.logs.keys_of(origin),
            "hash": hashlib.sha256(origin.encode()).hexdigest(),
            "latest": latest.get(origin),
            # Proofs come first, because anyone can send an old checkpoint again.
            "refusals": sorted(by_origin[origin], key=lambda each: each.kind is not Kind.FORK),
        }
        for origin in dict.fromkeys([*witness.logs.origins, *latest])
    ]
    return _pages.get_template("witness.html").render(
        witness=witness.verifier, logs=logs, proof=Kind.FORK, most=MAX_SHOWN
    )


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _in_words(seconds: int) -> str:
    moment = _moment(seconds)
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"


_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["moment"] = _in_words
