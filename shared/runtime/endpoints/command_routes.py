"""A service's commands over HTTP.

One way in for every command: token, partnership, body limit, schema, then ``Application.execute``. A command's answer
carries ``Folkmoot-At: meetings=17`` (where its facts stand in the source). The same caller's next request waits for
them by itself (``own_writes.py``). Anybody who sends it as ``Folkmoot-After`` sees at least those facts, or a 503.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from shared.runtime.deciding import unit_of_work
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.commands import Declared
from shared.runtime.endpoints import own_writes
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.problems import PROBLEMS, BadRequest
from shared.runtime.endpoints.requests import SLUG, bearer, body_of, expected_version, idempotency_key, json_object
from shared.runtime.ground.telemetry import Telemetry


def command_routes(access: HttpAccess, application: Application, telemetry: Telemetry) -> APIRouter:
    """A POST route for each command of a service."""
    router = APIRouter(route_class=_Direct)
    for declared in application.commands.declared.values():
        if declared.path is not None:
            _add_route(router, access, application, telemetry, declared)
    return router


class _Direct(APIRoute):
    """A route whose endpoint reads its request itself: FastAPI only documents what it takes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


def _add_route(
    router: APIRouter, access: HttpAccess, application: Application, telemetry: Telemetry, declared: Declared
) -> None:
    async def take(request: Request) -> Response:
        principal = await access.principal(request)
        partnership = request.path_params["partnership"]
        if not re.fullmatch(SLUG, partnership):
            raise BadRequest(f"{partnership[:80]!r} is not the name of a partnership.")
        body = json_object(await body_of(request))
        named = {name: request.path_params[name] for name in declared.path_fields}
        twice = [name for name in named if name in body]
        if twice:
            raise BadRequest(f"{twice[0]!r} stands in the address; leave it out of the body.")
        command, occasion = declared.build({**body, **named})
        wanted = own_writes.marks(request.headers.get("folkmoot-after"))
        await access.follower.wait_for(wanted, own_writes.WAIT_TIMEOUT_S)
        asked = unit_of_work.Request(
            principal=principal,
            partnership=partnership,
            key=idempotency_key(request.headers.get("idempotency-key")),
            if_match=expected_version(request),
            traceparent=telemetry.inject(),
            occasion=occasion,
        )
        own = access.own_writes.of(principal, request.cookies)
        answer, sequence = await own_writes.decide_knowing(
            access.follower, own, lambda: (application.execute(declared, command, asked), application.reached)
        )
        at = f"{application.commands.service}={sequence}"
        access.own_writes.remember(principal, at)
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
"""The address of the proof that an event is in the ledger, a moment after it was recorded (RFC 8288)."""
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
        "description": "Decide knowing no less than these facts: the `Folkmoot-At` of an answer to another caller.",
        "schema": {"type": "string", "pattern": "^[a-z]+=[0-9]{1,18}$"},
    },
]


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": SLUG}}


def _description(declared: Declared) -> str:
    return f"{declared.meaning}\n\nRoles: {', '.join(sorted(declared.roles))}. As a CloudEvent: `{declared.name}`."
