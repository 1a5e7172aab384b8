"""The intake: brings every source's events into the log, from JetStream or from the source itself.

It takes whole batches that their source signed, and nothing else (ADR 13). What does not verify is refused, counted and
shown, and the source is asked, so a forged message displaces nothing.

A message from JetStream is acknowledged after its transaction is committed. The intake asks the source, whose store is
the record, for whatever is missing. It asks at the start, after a gap, after NATS was unreachable, and when nothing new
has arrived for a while. So it does not matter what JetStream loses or when: a running source has all its events here
within seconds. Nothing has to be remembered across a crash, because the ledger's own entries say how far each source
has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.ledger.batches import Batch, Check, Copy, Doubt, Gathering, Judged, Past, Reason, Unfit, Wrong
from services.ledger.condition import Condition
from services.ledger.delivery import Delivery, DeliveryEnded
from services.ledger.entry import MAX_SEQUENCE
from services.ledger.log import Log, ParkedMessage
from shared.contracts.bus_users import CONSUMER
from shared.contracts.envelope import SEQUENCE_HEADER, SIGNATURE_HEADER, SOURCE_HEADER, STREAM
from shared.proofs.merkle import Malformed
from shared.proofs.sources import SourceSignature
from shared.runtime.following.bus import Resent, ask_to_resend

BATCH = 500
"""Messages in one append, and the most events asked from a source in one request."""
QUIET_S = 2.0
"""Seconds without a new event from a source after which the intake asks it."""
RETRY_PAUSE_S = 0.5
"""Seconds before the intake looks again for a deleted stream or consumer."""
ANSWER_TIMEOUT_S = 5.0
"""Seconds a source may take to answer."""
ASK_PAUSE_S = 0.05
"""Seconds between two conversations with a source, however many messages seem to follow a gap."""
VERIFIED_AT_ONCE = 20
"""Signatures checked before other tasks get a turn."""
SHOWN_HEADERS = (SOURCE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER, "Nats-Msg-Id")

log = structlog.get_logger()


class Intake:
    """Fills the log. Call ``run`` under supervision: it raises when NATS or PostgreSQL fail, and can be run again."""

    def __init__(
        self,
        ledger: Log,
        bus: Client,
        sources: Collection[str],
        check: Check,
        condition: Condition,
        *,
        quiet: float = QUIET_S,
    ) -> None:
        """``sources``: the services whose events belong here. ``check``: checks their signatures.

        ``condition`` records which messages are refused, and which sources are stuck.
        """
        self._ledger = ledger
        self._bus = bus
        self._quiet = quiet
        self._condition = condition
        self._gatherings = {source: Gathering(source, check) for source in sources}
        self._turn = asyncio.Lock()
        """Held from judging batches until they are appended."""
        self._ask_now = {source: asyncio.Event() for source in sources}
        """Set when a source is to be asked now."""
        self._heard = dict.fromkeys(sources, 0.0)
        """When JetStream last delivered a batch of a source (by the loop's clock)."""

    async def run(self) -> None:
        """Take in until cancelled."""
        await self._see_heads(list(self._gatherings))
        self._ask_all_sources()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="ledger listens")
            for source in self._ask_now:
                tasks.create_task(self._keep_up_with(source), name=f"ledger keeps up with {source}")

    def _ask_all_sources(self) -> None:
        for ask_now in self._ask_now.values():
            ask_now.set()

    async def _see_heads(self, sources: Collection[str]) -> None:
        """Look up how far the ledger has sources. Another process may have appended."""
        async with self._turn:
            for source, head in (await self._ledger.heads(sources)).items():
                self._gatherings[source].at = head

    # From JetStream

    async def _listen(self) -> None:
        missing = False
        while True:
            if not await _redeliver(self._bus.jetstream()):
                if not missing:
                    log.error(
                        "NATS has no stream EVENTS with the consumer ledger: run `folkmoot migrate`. Until then the"
                        " ledger asks the services for their events."
                    )
                missing = True
                await asyncio.sleep(RETRY_PAUSE_S)
                continue
            missing = False
            delivery = Delivery(self._bus, STREAM, CONSUMER, BATCH)
            await delivery.open()
            try:
                while True:
                    messages = await delivery.batch()
                    async with self._turn:
                        await self._take(messages)
                    # The policy is ALL: this acknowledges everything up to here. Losing it does no harm.
                    await messages[-1].ack()
            except DeliveryEnded as end:
                log.warning("JetStream stopped delivering", reason=str(end))
                self._ask_all_sources()
                await asyncio.sleep(RETRY_PAUSE_S)
            finally:
                await delivery.close()

    async def _take(self, messages: Sequence[Msg]) -> None:
        found: list[tuple[str, Judged]] = []
        for message in messages:
            claimed = self._copy(message)
            if claimed is None:
                continue
            source, copy = claimed
            judged = self._gatherings[source].add(copy)
            if judged is not None:
                found.append((source, judged))
                if len(found) % VERIFIED_AT_ONCE == 0:
                    await asyncio.sleep(0)  # a signature takes 0.1 ms, and others in this process wait
        await self._dispose(found)
        for source, gathering in self._gatherings.items():
            await self._compare_doubts(source)
            if gathering.gap:
                gathering.gap = False
                if not self._ask_now[source].is_set():
                    log.warning("gap: asking the source to send again", source=source, after=gathering.at.last)
                    self._ask_now[source].set()

    def _copy(self, message: Msg) -> tuple[str, Copy] | None:
        """What a message claims to be; None if it is refused at once."""
        headers = message.headers or {}
        source = headers.get(SOURCE_HEADER, "")
        number = headers.get(SEQUENCE_HEADER, "")

        def origin() -> str:
            return f"{message.subject} { ({name: headers[name][:100] for name in SHOWN_HEADERS if name in headers}) }"

        if source not in self._gatherings:
            known = ", ".join(self._gatherings)
            self._condition.refuse(
                "unknown", Reason.UNKNOWN_SOURCE, f"{SOURCE_HEADER} is {source[:100]!r}, none of {known}", origin()
            )
            return None
        if not (number.isascii() and number.isdecimal() and len(number) <= 19 and 1 <= int(number) <= MAX_SEQUENCE):
            self._condition.refuse(
                source, Reason.NO_NUMBER, f"{SEQUENCE_HEADER} is {number[:100]!r}, not a number from 1", origin()
            )
            return None
        line, trace = headers.get(SIGNATURE_HEADER), headers.get("traceparent")
        return source, Copy.of(int(number), message.data, origin, line, trace)

    async def _dispose(self, found: Sequence[tuple[str, Judged]]) -> str | None:
        """Append what was found right, and keep or refuse the rest. Returns why a batch was not taken."""
        batches: list[Batch] = []
        past: dict[str, list[Past]] = {}
        why = None
        for source, judged in found:
            match judged:
                case Batch():
                    batches.append(judged)
                case Past():
                    past.setdefault(source, []).append(judged)
                case Wrong():
                    why = why or judged.why
                    self._condition.refuse(source, judged.reason, judged.why, judged.copy.origin())
                case Unfit():
                    why = why or f"Its event {judged.copy.number} cannot become an entry: {judged.why}"
                    await self._ledger.park([ParkedMessage(judged.copy.origin(), judged.why, judged.copy.entry)])
        for source, repeats in past.items():
            batches += await self._contradictions(source, repeats)
        arranged = await self._ledger.append(batches)
        now = asyncio.get_running_loop().time()
        for source, head in arranged.heads.items():
            self._gatherings[source].at = head
            self._heard[source] = now
        if arranged.conflicts:
            why = why or str(arranged.conflicts[0])
        return why

    async def _contradictions(self, source: str, repeats: Sequence[Past]) -> list[Batch]:
        """Of signed batches with numbers that the ledger has: those that its source did sign, with other events."""
        numbers = [copy.number for repeat in repeats for copy in repeat.copies]
        held = await self._ledger.leaves(source, numbers)
        found = []
        for signature, copies in repeats:
            different = [copy for copy in copies if held.get(copy.number) != copy.leaf]
            if not different:
                self._heard[source] = asyncio.get_running_loop().time()
                continue
            before = await self._ledger.head_at(source, signature.first - 1)
            if before is not None:
                judged = self._gatherings[source].verified(signature, copies, before)
                if isinstance(judged, Batch):
                    found.append(judged)
                    continue
            for copy in different:
                self._refuse_other_bytes(source, copy.number, copy.origin())
        return found

    async def _compare_doubts(self, source: str) -> None:
        """Judge copies with numbers that the ledger has by now."""
        known = self._gatherings[source].known()
        held = await self._ledger.leaves(source, {doubt.number for doubt in known}) if known else {}
        for doubt in known:
            if held.get(doubt.number) != doubt.leaf:
                self._refuse_other_bytes(source, doubt.number, doubt.origin)

    def _refuse_other_bytes(self, source: str, number: int, origin: str) -> None:
        detail = f"The ledger has another event as {source} {number}."
        self._condition.refuse(source, Reason.OTHER_BYTES, detail, origin)

    # From the sources themselves

    async def _keep_up_with(self, source: str) -> None:
        answering = True
        while True:
            await self._until_due(source)
            try:
                await self._ask(source)
                answering = True
                await asyncio.sleep(ASK_PAUSE_S)
            except (nats.errors.NoRespondersError, nats.errors.TimeoutError, msgspec.DecodeError) as error:
                if answering:
                    log.warning("a source does not answer; asking again", source=source, error=repr(error))
                answering = False
                self._ask_now[source].set()
                await asyncio.sleep(self._quiet)

    async def _until_due(self, source: str) -> None:
        ask_now = self._ask_now[source]
        while not ask_now.is_set():
            try:
                await asyncio.wait_for(ask_now.wait(), self._quiet)
            except TimeoutError:
                if asyncio.get_running_loop().time() - self._heard[source] >= self._quiet:
                    break
        ask_now.clear()

    async def _ask(self, source: str) -> None:
        """Append all events that the source has after the ledger's last."""
        gathering = self._gatherings[source]
        await self._see_heads([source])
        began = gathering.at.last
        suspects = gathering.suspects()
        while True:
            last = gathering.at.last
            resent = await ask_to_resend(self._bus, source, last, BATCH, ANSWER_TIMEOUT_S)
            if not resent.events:
                self._condition.goes_on(source)
                await self._judge(source, suspects, complete=True)
                break
            async with self._turn:
                why = await self._take_resent(source, resent)
            if gathering.at.last == last:
                if why is None:
                    why = f"What it sends again does not continue event {last} in whole batches."
                    self._condition.refuse(source, Reason.WRONG_SIGNATURE, why, _again(source, last + 1)())
                self._condition.set_stuck(source, last, why)
                await self._judge(source, suspects, complete=False)
                await asyncio.sleep(self._quiet)  # do not ask more often, even if the gap is noticed again
                break
        if gathering.at.last > began:
            log.info("a source sent again", source=source, after=began, up_to=gathering.at.last)

    async def _take_resent(self, source: str, resent: Resent) -> str | None:
        """Append batches that were sent again. Returns why one of them was not taken."""
        gathering = self._gatherings[source]
        copies = [Copy.of(number, entry, _again(source, number)) for number, entry in resent.events]
        if [copy.number for copy in copies] != list(range(copies[0].number, copies[-1].number + 1)):
            return None
        first = copies[0].number
        found: list[tuple[str, Judged]] = []
        for line in resent.signatures:
            try:
                last = SourceSignature.parse(line).last
            except Malformed as error:
                found.append((source, Wrong(Reason.WRONG_SIGNATURE, str(error), copies[-1])))
                break
            judged = gathering.judge(copies[: last - first + 1], line) if last >= first else None
            if isinstance(judged, Past) and judged.signature.last <= gathering.at.last:
                continue  # another way was faster
            found.append((source, judged))
            if not isinstance(judged, Batch):
                break
            await asyncio.sleep(0)
        return await self._dispose(found)

    async def _judge(self, source: str, suspects: Sequence[Doubt], *, complete: bool) -> None:
        """Judge copies that came before the source was asked. ``complete``: it has sent all that it has."""
        async with self._turn:
            await self._compare_doubts(source)
            for doubt in self._gatherings[source].unknown(suspects) if complete else ():
                detail = f"{source} has no event {doubt.number}."
                self._condition.refuse(source, Reason.NOT_RECORDED, detail, doubt.origin)


async def _redeliver(js: JetStreamContext) -> bool:
    """Have unacknowledged messages delivered again now, not after a time-out. False if there is no such consumer."""
    try:
        await js.consumer_info(STREAM, CONSUMER)  # the server leaves a request to reset a missing one unanswered
    except NotFoundError:
        return False
    await js.reset_consumer(STREAM, CONSUMER)
    return True


def _again(source: str, number: int) -> Callable[[], str]:
    return lambda: f"sent again by {source} as {number}"
