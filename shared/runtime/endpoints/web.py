"""The HTTP door of a service: its commands as routes, and what its queries need.

One way in for every command: token, partnership, body limit, schema, then ``Application.execute``. A command's answer
carries ``Folkmoot-At: meetings=17`` (where its facts stand in the source). The same caller's next request waits for
them by itself (``own_writes.py``). Anybody who sends it as ``Folkmoot-After`` sees at least those facts, or a 503.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import sqlalchemy
from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from fastapi.security import HTTPBearer
from pydantic import AfterValidator

from shared.runtime.deciding import unit_of_work
from shared.runtime.deciding.answers import Answer
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.commands import Declared
from shared.runtime.endpoints import own_writes
from shared.runtime.endpoints.api_page import add_api_page
from shared.runtime.endpoints.problems import BadRequest, BodyTooLarge, install
from shared.runtime.following.entries import as_entry, source_of
from shared.runtime.following.follower import LEDGER, Follower
from shared.runtime.ground.clock import Clock, now
from shared.runtime.ground.problem import Problem
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.principals import Principal, Verifier
from shared.runtime.identity.sealing import PeopleKey
from shared.values.periods import day_of
from shared.values.refusals import Forbidden, Unknown

MAX_BODY_BYTES = 64 * 1024
"""A command's body: no larger than an event can be."""


def sensible(day: dt.date) -> dt.date:
    """The day, if partnerships may mean it. Raises ``ValueError``."""
    if not 1900 <= day.year <= 2199:
        raise ValueError("a date lies between 1900 and 2199")
    return day


SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
PathSlug = Annotated[str, Path(pattern=SLUG, max_length=63)]
Day = Annotated[dt.date, AfterValidator(sensible)]
"""A date in a query, within the years that partnerships mean."""
KEY = re.compile(r"^[\x21-\x7e]{1,200}$")

PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
bearer = HTTPBearer(auto_error=False, description="`folkmoot token --role clerk --partnership cannock-chase`")


def problem_response(description: str) -> dict[str, Any]:
    """An OpenAPI response that is a problem."""
    return {"description": description, "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: problem_response("The request cannot be read."),
    401: problem_response("No token, or one that is not valid."),
    403: problem_response("The token does not allow this."),
    404: problem_response("What is named does not exist."),
    409: problem_response("A rule of the partnership forbids it; `clause` says which."),
    412: problem_response("It has changed since the version you saw."),
    413: problem_response("The body is too large."),
    422: problem_response("The body does not fit the schema."),
    503: problem_response("Too busy, or not yet as far as asked; send it again."),
}


def token_of(request: Request) -> str | None:
    """The bearer token of a request (RFC 6750 §2.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def body_of(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """The body, read no further than the limit. Raises ``BodyTooLarge``."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLarge(f"The body is larger than {most:,} bytes.")
    return bytes(body)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises ``BadRequest`` when it is not one."""
    try:
        found = msgspec.json.decode(body) if body.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The body is not JSON: {error}.") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    if not isinstance(found, dict):
        raise BadRequest("The body is not a JSON object.")
    return found


@dataclass(frozen=True)
class ReadContext:
    """A reader who may read, and the views they read."""

    engine: sqlalchemy.Engine
    principal: Principal
    partnership: str
    clock: Clock = now

    @property
    def today(self) -> dt.date:
        """The day on which it is asked."""
        return day_of(self.clock())

    def rows(self, statement: sqlalchemy.Select[Any]) -> Sequence[sqlalchemy.RowMapping]:
        """All rows of a query."""
        with self.engine.connect() as connection:
            return connection.execute(statement).mappings().all()

    def select(self, what: sqlalchemy.Table | type, /, **columns: object) -> sqlalchemy.Select[Any]:
        """The partnership's rows of a table or of a kind of entry, with these values in these columns.

        A list gives several values.
        """
        table, rows = (what, sqlalchemy.select(what)) if isinstance(what, sqlalchemy.Table) else source_of(what)
        rows = rows.where(table.c.partnership == self.partnership)
        for name, value in columns.items():
            rows = rows.where(table.c[name].in_(value) if isinstance(value, list) else table.c[name] == value)
        return rows

    def one(self, table: sqlalchemy.Table, /, **key: str) -> sqlalchemy.RowMapping:
        """The row with this key. Raises ``Unknown``."""
        rows = self.rows(self.select(table, **key))
        if not rows:
            noun, slug = table.name.replace("_", " "), list(key.values())[-1]
            raise Unknown(f"There is no {noun} {slug!r} in {self.partnership!r}.")
        return rows[0]

    def entries[E](self, kind: type[E], /, *order: sqlalchemy.ColumnElement[Any], **columns: object) -> list[E]:
        """The entries of a kind with these values in these columns, in this order, and then by key."""
        return [as_entry(kind, row) for row in self._ordered(kind, order, columns)]

    def entries_by[E](
        self, column: str, kind: type[E], /, *order: sqlalchemy.ColumnElement[Any], **columns: object
    ) -> defaultdict[Any, list[E]]:
        """The same, gathered by the value of one column."""
        gathered: defaultdict[Any, list[E]] = defaultdict(list)
        for row in self._ordered(kind, order, columns):
            gathered[row[column]].append(as_entry(kind, row))
        return gathered

    def _ordered(
        self, kind: type, order: Sequence[sqlalchemy.ColumnElement[Any]], columns: Mapping[str, object]
    ) -> Sequence[sqlalchemy.RowMapping]:
        table, _ = source_of(kind)
        return self.rows(self.select(kind, **columns).order_by(*order, *table.primary_key))


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for, by counting. New lists use ``paging.Page``."""

    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="How many to leave out.")] = 0

    def of(self, statement: sqlalchemy.Select[Any]) -> sqlalchemy.Select[Any]:
        """The statement, limited to this part."""
        return statement.limit(self.limit).offset(self.offset)


class HttpAccess:
    """What a service's ``api.py`` builds its routes with."""

    def __init__(
        self,
        engine: sqlalchemy.Engine,
        follower: Follower,
        verifier: Verifier,
        people_key: PeopleKey,
        writes: own_writes.OwnWrites,
        clock: Clock,
    ) -> None:
        self.engine = engine
        self.people_key = people_key
        self.follower = follower
        self.verifier = verifier
        self.own_writes = writes
        self.clock = clock

    async def principal(self, request: Request) -> Principal:
        """Who is calling. Raises ``NotAuthenticated``."""
        return await self.verifier.authenticate_async(token_of(request))

    async def reading(
        self,
        request: Request,
        response: Response,
        partnership: PathSlug,
        folkmoot_after: Annotated[
            str | None,
            Header(description="See no less than these facts: the `Folkmoot-At` of an answer to somebody else."),
        ] = None,
        _: Annotated[object, Depends(bearer)] = None,
    ) -> ReadContext:
        """The dependency of every query: any role of the partnership may read.

        It waits for ``Folkmoot-After``, and by default for what the caller has recorded.
        """
        principal = await self.principal(request)
        if principal.partnership not in (None, partnership):
            raise Forbidden(f"Your token is for the partnership {principal.partnership!r}, not for {partnership!r}.")
        wanted = own_writes.marks(folkmoot_after)
        if wanted:
            await self.follower.wait_for(wanted, own_writes.WAIT_TIMEOUT_S)
        await own_writes.wait_for_own(self.follower, self.own_writes.of(principal, request.cookies))
        response.headers["Folkmoot-At"] = f"{LEDGER}={self.follower.marks.position}"
        return ReadContext(self.engine, principal, partnership, self.clock)


def command_routes(door: HttpAccess, application: Application, telemetry: Telemetry) -> APIRouter:
    """A POST route for each command of a service."""
    router = APIRouter()
    for declared in application.commands.declared.values():
        if declared.path is not None:
            _add_route(router, door, application, telemetry, declared)
    return router


def _add_route(
    router: APIRouter, door: HttpAccess, application: Application, telemetry: Telemetry, declared: Declared
) -> None:
    async def take(request: Request) -> Response:
        principal = await door.principal(request)
        partnership = request.path_params["partnership"]
        if not re.fullmatch(SLUG, partnership):
            raise BadRequest(f"{partnership[:80]!r} is not the name of a partnership.")
        body = json_object(await body_of(request))
        named = {name: request.path_params[name] for name in declared.path_fields}
        twice = [name for name in named if name in body]
        if twice:
            raise BadRequest(f"{twice[0]!r} stands in the address; leave it out of the body.")
        command, occasion = declared.build({**body, **named})
        await door.follower.wait_for(own_writes.marks(request.headers.get("folkmoot-after")), own_writes.WAIT_TIMEOUT_S)
        asked = unit_of_work.Request(
            principal=principal,
            partnership=partnership,
            key=_key(request),
            if_match=_version(request),
            traceparent=telemetry.inject(),
            occasion=occasion,
        )
        own = door.own_writes.of(principal, request.cookies)
        answer = await own_writes.decide_knowing(
            door.follower, own, lambda: application.execute(declared, command, asked)
        )
        sequence = await to_thread.run_sync(lambda: application.sequence)
        at = f"{application.commands.service}={sequence}"
        door.own_writes.remember(principal, at)
        headers = own_writes.headers(at)
        if answer.events:
            headers["ETag"] = f'"{answer.version}"'
            headers["Link"] = ", ".join(RECEIPT.format(event.id) for event in answer.events)
        return Response(msgspec.json.encode(answer), 201 if answer.events else 200, headers, "application/json")

    definitions: dict[str, Any] = {}
    schema = declared.body_schema(definitions)
    router.add_api_route(
        f"/{{partnership}}{declared.path}",
        take,
        methods=["POST"],
        summary=declared.summary,
        description=_description(declared),
        operation_id=declared.title,
        tags=["commands"],
        dependencies=[Depends(bearer)],
        status_code=201,
        response_class=Response,
        responses={
            200: {"description": "Nothing had to be recorded.", **ANSWER},
            201: {"description": "Recorded.", **ANSWER},
            **PROBLEMS,
        },
        openapi_extra={
            "parameters": [_path_parameter(name) for name in ("partnership", *declared.path_fields)] + HEADERS,
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "x-definitions": definitions,
        },
    )


RECEIPT = '</ledger/receipts/{}.tlog-proof>; rel="https://c2sp.org/tlog-proof"'
"""Where the proof lies that an event is in the ledger, a moment after it was recorded (RFC 8288)."""
ANSWER: dict[str, Any] = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}},
    "headers": own_writes.HEADERS,
}
HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key with the same command has the same answer for ever.",
        "schema": {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 200},
    },
    {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag you saw; the command is refused if it has changed since.",
        "schema": {"type": "string", "pattern": '^"[0-9]{1,18}"$'},
    },
    {
        "name": "Folkmoot-After",
        "in": "header",
        "description": "Decide knowing no less than these facts: the `Folkmoot-At` of an answer to somebody else.",
        "schema": {"type": "string", "pattern": "^[a-z]+=[0-9]{1,18}$"},
    },
]


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": SLUG}}


def _description(declared: Declared) -> str:
    return f"{declared.meaning}\n\nRoles: {', '.join(sorted(declared.roles))}. As a CloudEvent: `{declared.name}`."


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not KEY.match(key):
        raise BadRequest("Idempotency-Key is 1 to 200 visible ASCII characters.")
    return key


def _version(request: Request) -> int | None:
    header = request.headers.get("if-match")
    if header is None or header == "*":
        return None
    match = re.fullmatch(r'"(\d{1,18})"', header)
    if match is None:
        raise BadRequest('If-Match is one ETag of this platform, such as "3".')
    return int(match[1])


def service_app(name: str, summary: str, *routers: APIRouter) -> FastAPI:
    """The FastAPI application of one service, with its OpenAPI page at ``/docs`` below where it is mounted."""
    application = FastAPI(
        title=f"Folkmoot {name}",
        summary=summary,
        version="0.1.0",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    install(application)
    add_api_page(application)
    for router in routers:
        application.include_router(router)

    def openapi() -> dict[str, Any]:
        application.openapi_schema = application.openapi_schema or _openapi(application)
        return application.openapi_schema

    # FastAPI documents assigning ``openapi`` as the way to extend the document.
    application.openapi = openapi  # type: ignore[method-assign]
    return application


def _openapi(application: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=application.title,
        version=application.version,
        summary=application.summary,
        routes=application.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _, found = msgspec.json.schema_components([Problem, Answer], ref_template="#/components/schemas/{name}")
    schemas.update(found)
    own: dict[str, Any] = {}
    for operations in document["paths"].values():
        for operation in operations.values():
            for name, schema in operation.pop("x-definitions", {}).items():
                if own.setdefault(name, schema) != schema:
                    raise ValueError(f"{application.title} shows two different things as {name}: rename one")
            for status, answer in PROBLEMS.items():
                content = operation["responses"].get(str(status), {}).get("content", {})
                if "HTTPValidationError" in str(content.get("application/json")):
                    operation["responses"][str(status)] = answer
                operation["responses"].setdefault(str(status), answer)
    schemas.update(own)
    return document
