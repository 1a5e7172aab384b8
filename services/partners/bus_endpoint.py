"""The partners' endpoints on NATS: a request with its reply, and JetStream for senders that do not wait.

``partners.<partnership>.<organisation>.<service>``     request: the reply is the answer
``submissions.<partnership>.<organisation>.<service>``  publish to stream PARTNERS: the answer comes on
``answers.<partnership>.<organisation>``                and is in the organisation's list of submissions

The token is in the header ``Authorization: Bearer …``. The event is in structured mode, or in binary mode with ``ce-``
headers. Each organisation has its own consumer, which holds one message at a time. So its events are processed in the
order it sent them, and no other organisation waits for them. JetStream keeps a message until it has its answer, so
nothing is lost if this process dies at any point. A repeated message gets the same answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError
from opentelemetry.trace import SpanKind

from services.partners.answers import SubmissionAnswer
from services.partners.binding import binary_event, header, is_binary
from services.partners.envelope import MAX_EVENT_BYTES, PartnerEvent, Unreadable, read_event
from services.partners.intake import MAX_FAULTS, Intake, IntakeResult
from services.partners.record import Sender, State
from shared.contracts.bus_users import REQUESTS, SUBMISSIONS
from shared.contracts.bus_users import SUBMISSIONS_STREAM as STREAM
from shared.runtime.endpoints.problems import fault, not_authenticated, problem_of
from shared.runtime.following.streams import MAX_HEADER_BYTES
from shared.runtime.ground.database import DATABASE_UNAVAILABLE
from shared.runtime.ground.supervision import stop, supervise
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.principals import NotAuthenticated
from shared.values.refusals import Forbidden, Refusal

MAX_STREAM_BYTES = 64 * 1024 * 1024
"""The most bytes that can wait for answers; NATS reserves this much disk. Publishing to a full stream fails."""
CHECK_INTERVAL_S = 20.0
"""Seconds between checks of the stream for new messages, in case a notification was missed."""
IDLE_S = 15.0
"""Seconds an organisation's worker waits for the next message before it ends."""
ACK_TIMEOUT_S = 60.0
"""Seconds after which JetStream delivers a message again if its worker has died."""
PAUSE_S = 1.0
"""Seconds before a message without a final answer is tried again."""
DUPLICATE_WINDOW_S = 0.1
"""Seconds for which JetStream drops a second message with the same ``Nats-Msg-Id``: the shortest the server allows.

It compares them across all organisations, so one could make another's event vanish. Here a repeated event is recognised
by its source and id."""

log = structlog.get_logger()


class StreamMissing(Exception):
    """NATS has no stream for partners' submissions. The message says what to do."""


def submissions_stream() -> StreamConfig:
    """The stream's configuration: a message stays until it has its answer. ``folkmoot migrate`` makes it."""
    return StreamConfig(
        name=STREAM,
        description="Incoming events of partners. Each is removed when it has its answer.",
        subjects=[SUBMISSIONS],
        storage=StorageType.FILE,
        retention=RetentionPolicy.WORK_QUEUE,
        max_msg_size=MAX_EVENT_BYTES + MAX_HEADER_BYTES,
        max_bytes=MAX_STREAM_BYTES,
        discard=DiscardPolicy.NEW,
        duplicate_window=DUPLICATE_WINDOW_S,
    )


class BusEndpoint:
    """Both endpoints, from ``start`` to ``stop``."""

    def __init__(self, intake: Intake, bus: Client, telemetry: Telemetry) -> None:
        self._intake = intake
        self._bus = bus
        self._telemetry = telemetry
        self._workers: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._heard: set[tuple[str, str]] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start answering requests and processing published messages."""
        await self._bus.subscribe(REQUESTS, queue="partners", cb=self._answer)
        # This only tells which organisation has work; the worker reads the stream's copy.
        await self._bus.subscribe(SUBMISSIONS, cb=self._hear)
        self._tasks = [supervise("partners submissions", self._look)]

    async def stop(self) -> None:
        """Stop. Unanswered messages are delivered again."""
        await stop(*self._tasks, *self._workers.values())

    async def publish(self, sender: Sender, taken: IntakeResult) -> None:
        """Publish an answer on the subject that the organisation's system listens to."""
        await self._publish_answer((sender.partnership, sender.organisation), taken.encoded)

    async def _publish_answer(self, partner: tuple[str, str], encoded: bytes) -> None:
        await self._bus.publish(f"answers.{partner[0]}.{partner[1]}", encoded)

    async def _answer(self, message: Msg) -> None:
        # Each request has its own task, or one slow service would make all partners wait.
        task = asyncio.create_task(self._reply(message))
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def _reply(self, message: Msg) -> None:
        headers = message.headers or {}
        with self._telemetry.span(f"{message.subject} receive", header(headers, "traceparent"), kind=SpanKind.SERVER):
            encoded = await self._taken_at_once(message, headers)
        if message.reply and not self._bus.is_closed:
            await message.respond(encoded)

    async def _taken_at_once(self, message: Msg, headers: Mapping[str, str]) -> bytes:
        problem = fault()
        final = False
        try:
            _, partnership, organisation, service = message.subject.split(".")
            sender = await self._intake.sender(_token(headers), "nats", partnership, organisation)
            self._intake.limits.take(partnership, organisation)
            event = _event(message)
            if event.type.partition(".")[0] != service:
                raise Forbidden(f"The subject is for {service}, the event for {event.type[:100]!r}.")
            return (await self._intake.submit(sender, event)).encoded
        except NotAuthenticated as error:
            problem = not_authenticated(error)
        except Refusal as refusal:
            problem, final = problem_of(refusal), refusal.status not in (429, 503)
        except Unreadable as error:
            problem, final = error.problem, True
        except Exception as error:
            log.error("partner's request failed", error=repr(error), exc_info=error)
        return msgspec.json.encode(SubmissionAnswer(accepted=False, final=final, problem=problem))

    async def _hear(self, message: Msg) -> None:
        _, partnership, organisation, *_ = message.subject.split(".")
        self._wake((partnership, organisation))

    def _wake(self, partner: tuple[str, str]) -> None:
        self._heard.add(partner)
        if partner not in self._workers:
            self._workers[partner] = supervise(
                f"partners submissions of {'.'.join(partner)}", lambda: self._work(partner)
            )

    async def _look(self) -> None:
        js = self._bus.jetstream()
        while True:
            try:
                found = await js.stream_info(STREAM, subjects_filter=SUBMISSIONS)
            except NotFoundError:
                raise StreamMissing(f"NATS has no stream {STREAM}: run `folkmoot migrate`.") from None
            for subject in found.state.subjects or {}:
                _, partnership, organisation, *_ = subject.split(".")
                self._wake((partnership, organisation))
            await asyncio.sleep(CHECK_INTERVAL_S)

    async def _work(self, partner: tuple[str, str]) -> None:
        """Process one organisation's messages, one after another, until there are none."""
        js = self._bus.jetstream()
        name = "_".join(partner)  # slugs have no underscore
        configuration = ConsumerConfig(
            durable_name=name,
            filter_subject=f"submissions.{partner[0]}.{partner[1]}.>",
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_TIMEOUT_S,
            max_ack_pending=1,
            inactive_threshold=24 * 3600.0,
        )
        await js.add_consumer(STREAM, configuration)
        subscription = await js.pull_subscribe_bind(name, STREAM)
        try:
            while True:
                self._heard.discard(partner)
                try:
                    (message,) = await subscription.fetch(1, timeout=IDLE_S)
                except (TimeoutError, nats.errors.TimeoutError):
                    if partner in self._heard:
                        continue
                    # Nothing is awaited from here to the end, so the next notification finds no worker and starts one.
                    del self._workers[partner]
                    return
                await self._take(partner, message)
        finally:
            if not self._bus.is_closed:
                await subscription.unsubscribe()

    async def _take(self, partner: tuple[str, str], message: Msg) -> None:
        faults = 0
        while True:
            encoded = None
            try:
                encoded = await self._taken(partner, message)
            except DATABASE_UNAVAILABLE as error:
                log.warning("the database is unreachable", service="partners", error=repr(error))
            except nats.errors.Error:
                raise
            except Exception as error:
                # A restarted worker would fail on the same message again and again.
                faults += 1
                log.error("partner's message failed", organisation=partner[1], error=repr(error), exc_info=error)
                if faults == MAX_FAULTS:
                    sender = await self._sender(partner, message)
                    encoded = (await self._intake.park_unreadable(sender, message.data, fault())).encoded
                    faults = 0
            if encoded is not None:
                await self._publish_answer(partner, encoded)
                await message.ack_sync()
                return
            await message.in_progress()
            await asyncio.sleep(PAUSE_S)

    async def _sender(self, partner: tuple[str, str], message: Msg) -> Sender:
        # The token was shown when the message was stored. Our delay must not invalidate it.
        token = _token(message.headers or {})
        return await self._intake.sender(token, "jetstream", *partner, message.metadata.timestamp)

    async def _taken(self, partner: tuple[str, str], message: Msg) -> bytes | None:
        """The answer to a message; None if there is no final answer yet and it must be tried again."""
        headers = message.headers or {}
        try:
            sender = await self._sender(partner, message)
        except (NotAuthenticated, Refusal) as error:
            # The sender may not speak for the organisation, so there is nothing to keep.
            log.warning("refused a message on a partner's subject", organisation=partner[1], error=str(error))
            problem = not_authenticated(error) if isinstance(error, NotAuthenticated) else problem_of(error)
            return msgspec.json.encode(SubmissionAnswer(accepted=False, final=True, problem=problem))
        while wait := self._intake.limits.wait(*partner):
            await message.in_progress()
            await asyncio.sleep(min(wait, ACK_TIMEOUT_S / 4))
        try:
            event = _event(message)
        except Unreadable as error:
            return (await self._intake.park_unreadable(sender, message.data, error.problem)).encoded
        except Refusal as refusal:
            # Too large for any recipient: nothing a clerk could do would change that.
            problem = problem_of(refusal)
            return msgspec.json.encode(SubmissionAnswer(accepted=False, final=True, problem=problem))
        with self._telemetry.span(f"{message.subject} receive", header(headers, "traceparent"), kind=SpanKind.CONSUMER):
            taken = await self._intake.submit(sender, event)
        return taken.encoded if taken.answer.final or taken.state is State.PARKED else None


def _token(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = (header(headers, "authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _event(message: Msg) -> PartnerEvent:
    headers = message.headers or {}
    return binary_event(headers, message.data) if is_binary(headers) else read_event(message.data)
