"""The partners' door over NATS: a request with a reply, the command as a CloudEvent.

A partner's system sends to ``partners.<partnership>.<organisation>.<service>`` a CloudEvent in structured mode (JSON
format) whose ``type`` names the command (``projects.read_measure.v1``), whose ``data`` is the command's body and whose
``id`` makes it answered once and for ever. The token goes into the header ``Authorization: Bearer …``. The reply is a
JSON ``Reply``: accepted with the answer, or not, with the problem. It is the same command, validation and rules as
over HTTP; nothing a partner sends reaches a service in another way.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec
import structlog
from anyio import to_thread
from nats.aio.client import Client
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from shared.runtime.application import Answer, Application, Request
from shared.runtime.database import AWAY
from shared.runtime.identity import NotAuthenticated, Verifier
from shared.runtime.problems import (
    BadRequest,
    Problem,
    bad_request,
    database_away,
    invalid,
    not_authenticated,
    problem_of,
)
from shared.runtime.telemetry import Telemetry
from shared.runtime.web import MOST_BODY_BYTES, json_object
from shared.values.refusals import Forbidden, Refusal

log = structlog.get_logger()


class PartnerEvent(msgspec.Struct, frozen=True):
    """What a partner sends: the CloudEvents attributes that matter here; others are allowed and ignored."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    data: msgspec.Raw
    time: dt.datetime | None = None


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a partner is told."""

    accepted: bool
    answer: Answer | None = None
    problem: Problem | None = None
    at: str = ""
    """Where the facts stand in the source, as in ``Folkmoot-At``: ``projects=12``."""


_decoder = msgspec.json.Decoder(PartnerEvent)


class PartnerDoor:
    """One service's door for partners' systems on NATS."""

    def __init__(self, application: Application, bus: Client, verifier: Verifier, telemetry: Telemetry) -> None:
        self._application = application
        self._bus = bus
        self._verifier = verifier
        self._telemetry = telemetry
        self._service = application.commands.service

    async def open(self) -> None:
        """Start answering. The subscription comes back by itself when NATS does."""
        await self._bus.subscribe(f"partners.*.*.{self._service}", queue=self._service, cb=self._take)

    async def _take(self, message: Msg) -> None:
        # A message that cannot be read is answered like any other, so that none blocks those behind it.
        parent = (message.headers or {}).get("traceparent")
        with self._telemetry.span(f"{message.subject} receive", parent, kind=SpanKind.SERVER):
            try:
                answer = await self._execute(message)
                sequence = await to_thread.run_sync(lambda: self._application.sequence)
                reply = Reply(accepted=True, answer=answer, at=f"{self._service}={sequence}")
            except Refusal as refusal:
                reply = Reply(accepted=False, problem=problem_of(refusal))
            except msgspec.ValidationError as error:
                reply = Reply(accepted=False, problem=invalid(error))
            except NotAuthenticated as error:
                reply = Reply(accepted=False, problem=not_authenticated(error))
            except (BadRequest, msgspec.DecodeError) as error:
                reply = Reply(accepted=False, problem=bad_request(str(error)))
            except AWAY as error:
                log.warning("the database is away", service=self._service, error=repr(error))
                reply = Reply(accepted=False, problem=database_away())
            except Exception as error:
                log.error("partner's event failed", service=self._service, error=repr(error), exc_info=error)
                return  # no reply: the partner's request times out, and sending it again is safe
        if message.reply:
            await message.respond(msgspec.json.encode(reply))

    async def _execute(self, message: Msg) -> Answer:
        if len(message.data) > MOST_BODY_BYTES:
            raise BadRequest(f"The event is larger than {MOST_BODY_BYTES:,} bytes.")
        scheme, _, token = (message.headers or {}).get("Authorization", "").partition(" ")
        principal = await self._verifier.authenticate_async(token.strip() if scheme.lower() == "bearer" else None)
        _, partnership, organisation, _ = message.subject.split(".")
        if principal.organisation != organisation:
            raise Forbidden(f"Your token speaks for {principal.organisation!r}, the subject for {organisation!r}.")
        sent = _decoder.decode(message.data)
        declared = self._application.commands.by_name(sent.type)
        if declared is None or declared.path is None:
            raise BadRequest(f"{self._service} has no command {sent.type[:100]!r}; its OpenAPI page lists them.")
        body = json_object(bytes(sent.data))
        if sent.time is not None:
            body.setdefault("happened_at", sent.time.isoformat())
        command = declared.build(body)
        request = Request(
            principal=principal,
            partnership=partnership,
            key=f"{sent.source}\n{sent.id}",
            traceparent=self._telemetry.inject(),
        )
        return await to_thread.run_sync(self._application.execute, declared, command, request)
