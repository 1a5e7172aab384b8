"""Commands that one service hands another over NATS (``commands.<service>``), for a caller it has authenticated.

The service ``partners`` hands over what partners' systems send, and reporting the issue of an update. A command is
sealed for its recipient (``shared.runtime.identity.handover``): nobody else on the bus can read it, make one, or use it
twice. Here it is validated, decided and recorded as on every other route, and the ``Reply`` is sealed too. Under its
idempotency key a command whose reply was lost is recorded once, however often it is handed over.

A refusal is final for a partner. It must not come only from this service lagging behind what the same partner has
recorded, so a refused command is decided again once the views have caught up. An accepted one does not wait.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from shared.contracts.bus_users import commands_subject
from shared.runtime.deciding.answers import Answer
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.endpoints.own_writes import decide_knowing
from shared.runtime.endpoints.problems import (
    BadRequest,
    bad_request,
    database_away,
    fault,
    invalid,
    not_yet_reached,
    problem_of,
)
from shared.runtime.following.follower import Follower, NotReached
from shared.runtime.ground.database import DATABASE_UNAVAILABLE
from shared.runtime.ground.problem import Problem
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.handover import HandoverEndpoint, NotHandedOver, Taken
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Refusal
from shared.values.roles import Role

MAX_AT_ONCE = 16
"""The most commands processed at once; the others wait in the order they came."""

ROLES = {"partners": Role.PARTNER, "reporting": Role.CLERK}
"""Who hands commands over, and the role of the callers on whose behalf: so a sender cannot claim another."""

log = structlog.get_logger()


class HandedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command on behalf of a caller."""

    partnership: str
    caller: str
    """The subject of the caller's token."""
    organisation: str | None = None
    """The organisation of a partner."""
    type: str
    """``projects.read_measure.v1``"""
    key: str
    """The idempotency key, such as source and id of a partner's event."""
    body: dict[str, Any]
    after: dict[str, int] = {}
    """How far each source had come when it recorded what the caller sent before."""
    dry_run: bool = False
    """Decide, and record nothing."""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The service's answer."""

    accepted: bool
    answer: Answer | None = None
    problem: Problem | None = None
    at: str = ""
    """The position of the facts in the source, as in ``Folkmoot-At``: ``projects=12``."""


_decoder = msgspec.json.Decoder(HandedCommand)


class PartnerEndpoint:
    """One service's endpoint for what other services hand over."""

    def __init__(
        self,
        application: Application,
        follower: Follower,
        bus: Client,
        endpoint: HandoverEndpoint,
        telemetry: Telemetry,
    ) -> None:
        self._application = application
        self._follower = follower
        self._bus = bus
        self._endpoint = endpoint
        self._telemetry = telemetry
        self._service = application.commands.service
        self._free = asyncio.Semaphore(MAX_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start answering. The subscription comes back by itself when NATS does."""
        await self._bus.subscribe(commands_subject(self._service), queue=self._service, cb=self._hear)

    async def stop(self) -> None:
        """Nothing: the subscription ends with the process's connection to NATS."""

    async def _hear(self, message: Msg) -> None:
        # A task each: one command that waits must not hold up all partners. The subscription waits for this callback.
        await self._free.acquire()
        task = asyncio.create_task(self._take(message))
        self._tasks.add(task)
        task.add_done_callback(self._taken)

    def _taken(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._free.release()

    async def _take(self, message: Msg) -> None:
        try:
            taken = self._endpoint.take(message.data)
        except NotHandedOver as error:
            log.error("refused a message that was not handed over here", subject=message.subject, reason=str(error))
            await self._respond(message, b"")
            return
        parent = (message.headers or {}).get("traceparent")
        with self._telemetry.span(f"{message.subject} receive", parent, kind=SpanKind.SERVER):
            try:
                answer, sequence = await self._execute(taken)
                reply = Reply(accepted=True, answer=answer, at=f"{self._service}={sequence}")
            except Refusal as refusal:
                reply = Reply(accepted=False, problem=problem_of(refusal))
            except NotReached as error:
                reply = Reply(accepted=False, problem=not_yet_reached(error))
            except msgspec.ValidationError as error:
                reply = Reply(accepted=False, problem=invalid(error))
            except (BadRequest, msgspec.DecodeError) as error:
                reply = Reply(accepted=False, problem=bad_request(str(error)))
            except DATABASE_UNAVAILABLE as error:
                log.warning("the database is unreachable", service=self._service, error=repr(error))
                reply = Reply(accepted=False, problem=database_away(error))
            except Exception as error:
                log.error("a handed command failed", service=self._service, error=repr(error), exc_info=error)
                reply = Reply(accepted=False, problem=fault())
        await self._respond(message, taken.answer(msgspec.json.encode(reply)))

    async def _respond(self, message: Msg, content: bytes) -> None:
        if message.reply and not self._bus.is_closed:
            await message.respond(content)

    async def _execute(self, taken: Taken) -> tuple[Answer, int]:
        sent = _decoder.decode(taken.body)
        declared = self._application.commands.by_name(sent.type)
        if declared is None or not declared.roles:
            raise BadRequest(f"{self._service} has no command {sent.type[:100]!r}; its OpenAPI page lists them.")
        command, occasion = declared.build(sent.body)
        request = Request(
            principal=Principal(sent.caller, frozenset({ROLES[taken.sender]}), sent.partnership, sent.organisation),
            partnership=sent.partnership,
            key=sent.key,
            traceparent=self._telemetry.inject(),
            dry_run=sent.dry_run,
            occasion=occasion,
        )
        return await decide_knowing(
            self._follower,
            sent.after,
            lambda: (self._application.execute(declared, command, request), self._application.reached),
        )
