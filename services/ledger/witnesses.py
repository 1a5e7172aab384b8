"""The ledger's witnesses: asks them to cosign each new checkpoint (C2SP tlog-witness), and reports what they object to.

All witnesses are asked in *rounds* for the same checkpoint, so that their cosignatures meet on it however fast the
ledger grows. A checkpoint counts once the policy's quorum has signed that very one. A round ends when the quorum has
signed or all reachable witnesses have answered. Rounds start at least an interval apart, so a burst of appends is one
request. An unreachable witness joins the current round when it returns, and delays no other.

A witness's objection (the history was rewritten, or is shorter than what it saw) is an alarm. It is logged as an error,
counted, and shown by ``problems`` until that witness cosigns again.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

import httpx2
import structlog
from opentelemetry.metrics import Meter, get_meter

from services.ledger.checkpoints import SignedCheckpoint
from services.ledger.log import LedgerStopped
from shared.proofs.checkpoint import Checkpoint, parse_number
from shared.proofs.merkle import Malformed, ProofFailed
from shared.proofs.note import Note, Signature, VerifierKey
from shared.proofs.policy import Policy, Witness
from shared.runtime.ground.supervision import stop, supervise
from shared.values.refusals import Unknown

TIMEOUT_S = 5.0
"""Seconds a witness may take to answer, and a round may last."""
MAX_BYTES = 64 * 1024
"""The largest answer of a witness."""
MAX_PAUSE_INTERVALS = 60
"""The longest pause, in intervals, before a witness that does not cosign is asked again."""

log = structlog.get_logger(service="ledger")

Beyond = Callable[[int], Awaitable[int]]
"""Returns when the ledger has more entries than this."""


class Heads(Protocol):
    """Gives checkpoints to cosign and keeps cosignatures: the ledger's ``Checkpoints``."""

    async def newest(self) -> SignedCheckpoint: ...

    async def at(self, size: int) -> SignedCheckpoint: ...

    async def consistency(self, old: int, new: int) -> list[bytes]: ...

    async def keep(self, size: int, cosignatures: Sequence[Signature]) -> None: ...


class Alarm(NamedTuple):
    """A witness's objection to this ledger."""

    witness: str
    """Its name in the policy."""
    words: str
    """A sentence for the operator."""
    proven: bool
    """Whether the ledger's own signature proves it, so that no one has to trust the witness."""


class NotCosigned(Exception):
    """A witness did not cosign. The message says why. Try again later."""


class AccusedByWitness(NotCosigned):
    """A witness objects to the ledger's history."""

    def __init__(self, words: str, proven: bool = False) -> None:
        super().__init__(words)
        self.proven = proven


class WitnessIsAhead(NotCosigned):
    """The witness has already cosigned a newer checkpoint of this ledger. Ask it again in the next round."""


class _Round:
    """One checkpoint, and the witnesses that have not answered yet."""

    def __init__(self, checkpoint: SignedCheckpoint, awaited: set[str]) -> None:
        self.checkpoint = checkpoint
        self.awaited = awaited
        self.cosigned: set[str] = set()
        self.over = asyncio.Event()


class Witnesses:
    """Asks the witnesses of a policy, where the policy has their addresses, while ``run`` runs."""

    def __init__(
        self,
        policy: Policy,
        heads: Heads,
        beyond: Beyond,
        client: httpx2.AsyncClient,
        *,
        interval: float,
        timeout: float = TIMEOUT_S,
        meter: Meter | None = None,
    ) -> None:
        """``policy``: witnesses and quorum, and the ledger's own keys, to check the checkpoints that witnesses show.

        ``interval``: the least number of seconds between the starts of two rounds. ``timeout``: the seconds a witness
        may take to answer.
        """
        self._policy = policy
        self._heads = heads
        self._beyond = beyond
        self._client = client
        self._interval = interval
        self._timeout = timeout
        self._quorate = True
        self._round: _Round | None = None
        self._began = asyncio.Event()
        self._away: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._alarms: dict[str, Alarm] = {}
        meter = meter or get_meter("folkmoot.ledger")
        self._count_cosigned = meter.create_counter("ledger.cosignatures", description="Cosignatures received")
        self._count_failed = meter.create_counter("ledger.cosignatures_missed", description="Requests not cosigned")
        self._count_alarms = meter.create_counter("ledger.witness_alarms", description="Answers that accuse the ledger")

    @property
    def alarms(self) -> list[Alarm]:
        """The present objections of witnesses."""
        return list(self._alarms.values())

    def problems(self) -> list[str]:
        """The alarms as sentences, for the operator."""
        return [f"Witness {alarm.witness}: {alarm.words}" for alarm in self._alarms.values()]

    async def run(self) -> None:
        """Ask until cancelled or the ledger stops."""
        witnesses = [witness for witness in self._policy.witnesses.values() if witness.url]
        for witness in self._policy.witnesses.values():
            if not witness.url:
                log.warning("the policy has no address for this witness; it is never asked", witness=witness.name)
        tasks = [supervise(f"witness {witness.name}", partial(self._attend, witness)) for witness in witnesses]
        try:
            await self._rounds({witness.name for witness in witnesses})
        except LedgerStopped:
            pass
        finally:
            await stop(*tasks)

    async def _rounds(self, names: set[str]) -> None:
        size = -1
        loop = asyncio.get_running_loop()
        while names:
            await self._beyond(size)
            began = loop.time()
            self._round = _Round(await self._heads.newest(), names - self._away)
            size = self._round.checkpoint.size
            self._began.set()
            self._began = asyncio.Event()
            if self._round.awaited:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._timeout):
                        await self._round.over.wait()
            self._log_quorum(self._round)
            await asyncio.sleep(began + self._interval - loop.time())

    def _log_quorum(self, here: _Round) -> None:
        quorate, before = self._policy.satisfied(here.cosigned), self._quorate
        self._quorate = quorate
        if quorate is not before:
            tell, words = (log.info, "has a") if quorate else (log.warning, "has no")
            tell(f"the newest checkpoint {words} quorum of witnesses", size=here.checkpoint.size)

    async def _attend(self, witness: Witness) -> None:
        """Ask one witness in every round, unless it is still pausing after a failure."""
        size, failures = -1, 0
        while True:
            here = await self._round_beyond(size)
            self._away.discard(witness.name)
            try:
                cosignature = await self._ask(witness, here.checkpoint)
                await self._heads.keep(here.checkpoint.size, [cosignature])
            except WitnessIsAhead:
                size = here.checkpoint.size
                self._answered(here, witness.name, cosigned=False)
            except (NotCosigned, ProofFailed, httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
                failures += 1
                self._away.add(witness.name)
                self._answered(here, witness.name, cosigned=False)
                self._note_failure(witness, here.checkpoint.size, error)
                pause = self._interval * min(2 ** min(failures - 1, 30), MAX_PAUSE_INTERVALS)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            else:
                size, failures = here.checkpoint.size, 0
                self._note_cosigned(witness, size)
                self._answered(here, witness.name, cosigned=True)

    async def _round_beyond(self, size: int) -> _Round:
        while self._round is None or self._round.checkpoint.size <= size:
            await self._began.wait()
        return self._round

    def _answered(self, here: _Round, name: str, *, cosigned: bool) -> None:
        here.awaited.discard(name)
        if cosigned:
            here.cosigned.add(name)
        if self._policy.satisfied(here.cosigned) or not here.awaited:
            here.over.set()

    def _note_cosigned(self, witness: Witness, size: int) -> None:
        self._sizes[witness.name] = size
        self._count_cosigned.add(1, {"witness": witness.name})
        if self._alarms.pop(witness.name, None):
            log.warning("the witness cosigns again; its alarm has ended", witness=witness.name, size=size)

    def _note_failure(self, witness: Witness, size: int, error: Exception) -> None:
        # Ask for its size again: it may have been set up again, or the ledger restored.
        self._sizes.pop(witness.name, None)
        self._count_failed.add(1, {"witness": witness.name})
        why = str(error) or type(error).__name__
        if isinstance(error, AccusedByWitness):
            self._alarms[witness.name] = Alarm(witness.name, why, error.proven)
            self._count_alarms.add(1, {"witness": witness.name})
            log.error(f"ALARM: {why}", witness=witness.name, url=witness.url, size=size, see="docs/witnesses.md")
        else:
            log.warning("a witness did not cosign", witness=witness.name, url=witness.url, size=size, why=why[:500])

    async def _ask(self, witness: Witness, checkpoint: SignedCheckpoint) -> Signature:
        """The witness's cosignature of a checkpoint. Raises ``NotCosigned``, or what the client raises."""
        old = self._sizes.get(witness.name, 0)
        for _ in range(2):
            status, answer = await self._send(witness, old, checkpoint)
            seen = _size(answer) if status == 409 else None
            if seen is None:
                break
            if seen > checkpoint.size:
                await self._explain(witness, seen)
            old = seen
        # For another root of the same size the specification now says 422; some witnesses answer 409 without a size.
        if status == 422 or (status == 409 and seen is None):
            await self._accuse_of_rewriting(witness, checkpoint, answer)
        if status != 200:
            raise NotCosigned(f"It answered {status}: {answer[:300]!r}")
        return _cosignature(witness.key, checkpoint.note, answer)

    async def _send(self, witness: Witness, old: int, checkpoint: SignedCheckpoint) -> tuple[int, str]:
        proof = await self._heads.consistency(old, checkpoint.size)
        body = request_body(old, proof, checkpoint.note)
        return await self._fetch("POST", f"{_prefix(witness)}/add-checkpoint", body)

    async def _fetch(self, method: str, url: str, body: bytes = b"") -> tuple[int, str]:
        found = bytearray()
        async with (
            asyncio.timeout(self._timeout),
            self._client.stream(method, url, content=body, timeout=self._timeout) as response,
        ):
            async for chunk in response.aiter_bytes():
                found += chunk
                if len(found) > MAX_BYTES:
                    raise NotCosigned(f"Its answer has more than {MAX_BYTES} bytes.")
        return response.status_code, found.decode(errors="replace")

    async def _explain(self, witness: Witness, seen: int) -> None:
        """Raise the error for a witness that has seen more entries than the checkpoint has."""
        newest = await self._heads.newest()
        if seen <= newest.size:
            raise WitnessIsAhead
        words = f"It saw {seen} entries of this ledger, which now has {newest.size}: entries were lost or removed."
        shown = await self._shown(witness)
        if shown is not None and shown.size > newest.size:
            raise AccusedByWitness(
                f"{words} It shows a checkpoint of {shown.size} under the ledger's own signature.", True
            )
        raise AccusedByWitness(
            f"{words} It shows no checkpoint that this ledger has signed, so it may itself be at fault."
        )

    async def _accuse_of_rewriting(self, witness: Witness, checkpoint: SignedCheckpoint, answer: str) -> None:
        words = (
            f"It refused the checkpoint of size {checkpoint.size}: the ledger's history does not continue the history"
            f" that this witness saw. It says: {answer[:1000].strip()!r}."
        )
        shown = await self._shown(witness)
        if shown is not None and await self._contradicts(shown):
            raise AccusedByWitness(
                f"{words} It shows a checkpoint of size {shown.size} under the ledger's own signature whose root is not"
                " this ledger's root for that size: the history was rewritten, or this is another copy of it.",
                True,
            )
        raise AccusedByWitness(
            f"{words} It shows no checkpoint that contradicts the ledger, so it may itself be at fault."
        )

    async def _contradicts(self, shown: Checkpoint) -> bool:
        try:
            return (await self._heads.at(shown.size)).root != shown.root
        except Unknown:  # Only committed sizes are ever signed, so this copy of the ledger never had that size.
            return True

    async def _shown(self, witness: Witness) -> Checkpoint | None:
        """The witness's copy of our checkpoint, if we signed it (tlog-witness, § Monitor Retrieval Mechanism)."""
        name = self._policy.logs[0].key.name
        try:
            _, answer = await self._fetch(
                "GET", f"{_prefix(witness)}/{hashlib.sha256(name.encode()).hexdigest()}/checkpoint"
            )
            note = Note.parse(answer.encode())
            note.verify(self._policy.keys_of(name))
            shown = Checkpoint.parse(note.text)
        except (NotCosigned, ProofFailed, httpx2.HTTPError, TimeoutError):
            return None
        return shown if shown.origin == name else None


def request_body(old: int, proof: Sequence[bytes], note: Note) -> bytes:
    """The body of the request to a witness (tlog-witness, § add-checkpoint)."""
    hashes = "".join(f"{base64.b64encode(digest).decode()}\n" for digest in proof)
    return f"old {old}\n{hashes}\n".encode() + note.format()


def _prefix(witness: Witness) -> str:
    return (witness.url or "").rstrip("/")


def _size(answer: str) -> int | None:
    """The size in a conflict's body (``text/x.tlog.size``)."""
    try:
        return parse_number(answer.removesuffix("\n"), "A size")
    except Malformed:
        return None


def _cosignature(key: VerifierKey, note: Note, answer: str) -> Signature:
    """The witness's own cosignature among the lines it sent. Raises ``NotCosigned`` when none verifies."""
    for line in answer.split("\n"):
        try:
            signature = Signature.parse(line)
        except Malformed:
            continue
        if signature[:2] == (key.name, key.key_id) and key.verify(note.text, signature.signature):
            return signature
    raise NotCosigned(f"It sent no cosignature that its key in the policy verifies: {key.format()}.")
