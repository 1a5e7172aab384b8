"""Problem details (RFC 9457): every error answer names what was wrong, where, by which rule, and what to do."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from shared.runtime.following.follower import NotReached
from shared.runtime.ground.database import DATABASE_UNAVAILABLE, has_no_room
from shared.runtime.ground.problem import Problem
from shared.runtime.identity.principals import NotAuthenticated
from shared.values.refusals import Refusal

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger()

_QUOTED = re.compile(r"\A(Invalid enum value|Invalid value) .*?(?=(?: - at `[^`]*`)?\Z)", re.DOTALL)
"""msgspec's message for a value that is not allowed, up to the field's path. It quotes the value."""


PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def openapi_response(description: str) -> dict[str, Any]:
    """An OpenAPI response that is a problem."""
    return {"description": description, "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: openapi_response("The request cannot be read."),
    401: openapi_response("No token, or one that is not valid."),
    403: openapi_response("The token does not allow this."),
    404: openapi_response("What is named does not exist."),
    408: openapi_response("The body took too long to arrive."),
    409: openapi_response("A rule of the partnership forbids it; `clause` says which."),
    412: openapi_response("It has changed since the version you saw."),
    413: openapi_response("The body is too large."),
    422: openapi_response("The body does not fit the schema."),
    429: openapi_response("Too many requests of this caller; `Retry-After` says how long to wait."),
    503: openapi_response("Too busy, or not yet as far as asked; send it again."),
}


class BodyTooLarge(Exception):
    """The request's body is larger than the endpoint takes."""


class BodyTooSlow(Exception):
    """The request's body takes longer to arrive than the endpoint waits."""


class BadRequest(Exception):
    """The request cannot be read: a header or the JSON is malformed."""


class RefusedElsewhere(Exception):
    """Another service refused what it was handed; its problem is the answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def problem_of(refusal: Refusal) -> Problem:
    """The problem document for a refusal."""
    members = dict(refusal.members)
    return Problem(
        type=f"/problems/{refusal.slug()}",
        title=refusal.rule(),
        status=refusal.status,
        detail=refusal.detail,
        clause=refusal.clause,
        remedy=refusal.advice,
        field=str(members.pop("field", "")),
        members=members,
    )


def invalid(error: msgspec.ValidationError) -> Problem:
    """The problem of a body that does not fit its schema, with the path of the field.

    It does not quote the value, which may be a name: partners' answers are kept permanently (design 10).
    """
    text, _, place = _QUOTED.sub(r"\1", str(error)).partition(" - at `")
    return Problem(
        type="/problems/invalid-body",
        title="A body must fit the schema of its command.",
        status=422,
        detail=text,
        clause="design 12",
        remedy="Compare the body with the schema in this service's OpenAPI page; money is whole pence.",
        field="" if place == "$`" else place.rstrip("`"),
    )


def invalid_parameter(detail: str, field: str) -> Problem:
    """The problem of a parameter of a query that does not fit its schema."""
    return Problem(
        type="/problems/invalid-parameter",
        title="A parameter must fit its schema.",
        status=422,
        detail=detail,
        clause="design 12",
        remedy="Compare it with this service's OpenAPI page.",
        field=field,
    )


def not_authenticated(error: NotAuthenticated) -> Problem:
    """The problem of a caller without a valid token."""
    return Problem(
        type="/problems/not-authenticated",
        title="Every caller must show a token.",
        status=401,
        detail=str(error),
        clause="RFC 6750 §3",
        remedy="Send `Authorization: Bearer …`; `folkmoot token` makes one for the local platform.",
    )


def database_away(error: Exception) -> Problem:
    """The problem if a service's database does not answer or its disk is full."""
    if has_no_room(error):
        return Problem(
            type="/problems/disk-full",
            title="A record must be on disk before it counts as recorded.",
            status=503,
            detail="The disk of this service's database is full. Nothing was recorded.",
            clause="design 8",
            remedy="Ask the operator to free some disk space. Then send it again with the same Idempotency-Key.",
        )
    return Problem(
        type="/problems/database-away",
        title="A service answers from its database, or says that it cannot.",
        status=503,
        detail="The database of this service does not answer. A command may have been recorded even so.",
        clause="design 8",
        remedy="Send it again with the same Idempotency-Key: it is recorded once.",
    )


def fault() -> Problem:
    """The problem for a fault of the platform. It shows no internals: those are in the log."""
    return Problem(
        type="/problems/fault",
        title="The platform itself failed.",
        status=500,
        detail="Something went wrong in the platform, not in your request. Nothing was partly recorded.",
        remedy="Send it again with the same Idempotency-Key. If it still fails, tell the operator.",
    )


def not_yet_reached(error: NotReached) -> Problem:
    """The problem if a caller has seen more than this service has followed so far."""
    return Problem(
        type="/problems/not-yet-reached",
        title="A reader sees at least what it asks to see.",
        status=503,
        detail=str(error),
        clause="design 11",
        remedy="Ask again shortly.",
    )


def bad_request(detail: str) -> Problem:
    """The problem of a request that cannot be read."""
    return Problem(
        type="/problems/bad-request",
        title="A request must be readable.",
        status=400,
        detail=detail,
        clause="RFC 9110 §15.5.1",
        remedy="Correct it.",
    )


def response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The HTTP response of a problem."""
    return Response(msgspec.json.encode(problem), problem.status, headers, MEDIA_TYPE)


def refusal_response(refusal: Refusal) -> Response:
    """The HTTP response of a refusal, with ``Retry-After`` if it is only for now."""
    wait = refusal.members.get("retry_after")
    return response(problem_of(refusal), None if wait is None else {"Retry-After": str(wait)})


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> Response:
        return refusal_response(error)

    @app.exception_handler(RefusedElsewhere)
    async def refused_elsewhere(request: Request, error: RefusedElsewhere) -> Response:
        return response(error.problem)

    @app.exception_handler(msgspec.ValidationError)
    async def does_not_fit(request: Request, error: msgspec.ValidationError) -> Response:
        return response(invalid(error))

    @app.exception_handler(NotAuthenticated)
    async def unknown_caller(request: Request, error: NotAuthenticated) -> Response:
        return response(not_authenticated(error), {"WWW-Authenticate": error.challenge()})

    @app.exception_handler(NotReached)
    async def behind(request: Request, error: NotReached) -> Response:
        return response(not_yet_reached(error), {"Retry-After": "1"})

    async def away(request: Request, error: Exception) -> Response:
        log.warning("the database is away", path=request.url.path, error=repr(error))
        return response(database_away(error), {"Retry-After": "1"})

    for kind in DATABASE_UNAVAILABLE:
        app.add_exception_handler(kind, away)

    @app.exception_handler(BodyTooLarge)
    async def too_large(request: Request, error: BodyTooLarge) -> Response:
        return response(
            Problem(
                "/problems/body-too-large",
                "A command must be short.",
                413,
                str(error),
                "RFC 9110 §15.5.14",
                "Shorten it.",
            )
        )

    @app.exception_handler(BodyTooSlow)
    async def too_slow(request: Request, error: BodyTooSlow) -> Response:
        problem = Problem(
            "/problems/body-too-slow",
            "A request must arrive without long pauses.",
            408,
            str(error),
            "RFC 9110 §15.5.9",
            "Send it again, all of it at once.",
        )
        return response(problem, {"Connection": "close"})

    @app.exception_handler(BadRequest)
    async def unreadable(request: Request, error: BadRequest) -> Response:
        return response(bad_request(str(error)))

    @app.exception_handler(RequestValidationError)
    async def bad_parameter(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return response(invalid_parameter(str(first["msg"]), ".".join(str(part) for part in first["loc"])))

    @app.exception_handler(HTTPException)
    async def no_such_route(request: Request, error: HTTPException) -> Response:
        problem = Problem(
            f"/problems/http-{error.status_code}",
            str(error.detail),
            error.status_code,
            f"{request.method} {request.url.path}",
            clause="RFC 9110 §15",
            remedy="The OpenAPI page of this service lists its routes.",
        )
        return response(problem, dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        log.error("request failed", path=request.url.path, error=repr(error), exc_info=error)
        return response(fault())
