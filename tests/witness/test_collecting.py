"""The ledger collects cosignatures from real witnesses, publishes what a quorum signed, and reports what accuses it."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import httpx2
import psycopg
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response
from ledger_sources import append, event
from psycopg import sql
from sqlalchemy.engine import make_url
from witness.harness import AgencyWitness, RestartableServer, silent_server

from services.ledger.checkpoints import Checkpoints, NotYetPublished, SignedCheckpoint
from services.ledger.entry import Candidate, examine
from services.ledger.log import Log
from services.ledger.pool import connections
from services.ledger.schema import create
from services.ledger.witnesses import Witnesses
from shared.contracts.envelope import encode
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.note import Note, VerifierKey
from shared.proofs.policy import Policy
from shared.runtime.embedded.servers import EmbeddedServers
from shared.runtime.ground.database import migrate, url_for
from shared.runtime.ground.supervision import stop, supervise
from shared.runtime.identity.signing import SigningKey, SigningKeys

pytestmark = pytest.mark.anyio

KEYS = SigningKeys([SigningKey("partnership.example/ledger", b"k" * 32)])
INTERVAL = 0.05
TIMEOUT_S = 2.0
NAMES = ("police", "fire", "health")


def history(count: int) -> list[Candidate]:
    return [examine("meetings", number, encode(event("meetings"))) for number in range(1, count + 1)]


class WitnessedLedger:
    """A ledger on a separate database that asks the witnesses of a policy."""

    def __init__(self, url: str, policy: Policy, keys: SigningKeys, interval: float) -> None:
        self._pool = connections(url_for(url, "ledger"))
        self.log = Log(self._pool)
        self.checkpoints = Checkpoints(self._pool, keys, policy)
        self._client = httpx2.AsyncClient()
        self.witnesses = Witnesses(
            self.checkpoints.policy,
            self.checkpoints,
            self.log.beyond,
            self._client,
            interval=interval,
            timeout=TIMEOUT_S,
        )

    async def open(self) -> None:
        await self._pool.open()
        await self.log.open()

    def collect(self) -> None:
        self._task = supervise("witnesses", self.witnesses.run)

    async def close(self) -> None:
        await stop(self._task)
        await self._client.aclose()
        await self._pool.close()

    async def cosignatures(self) -> list[int]:
        """The number of cosignatures of each checkpoint that has one, in order of size."""
        query = "SELECT count(*) FROM ledger.cosignature GROUP BY size ORDER BY size"
        async with self._pool.connection() as connection:
            return [row[0] for row in await (await connection.execute(query)).fetchall()]

    async def published(self, size: int) -> SignedCheckpoint:
        """Wait until a checkpoint of this size is published, and check it as an auditor would."""

        async def there() -> SignedCheckpoint | None:
            with contextlib.suppress(NotYetPublished):
                signed = await self.checkpoints.published()
                return signed if signed.size >= size else None
            return None

        signed = await eventually(there)
        assert self.checkpoints.policy.verify(Note.parse(signed.note.format())).checkpoint.size == size
        return signed

    async def accused(self) -> str:
        """Wait until a witness accuses this ledger, and return its message."""

        async def there() -> str:
            return "\n".join(self.witnesses.problems())

        return await eventually(there)


async def eventually[T](found: Callable[[], Awaitable[T | None]], seconds: float = 20) -> T:
    async with asyncio.timeout(seconds):
        while not (result := await found()):
            await asyncio.sleep(0.01)
    return result


@pytest.fixture
def agencies(tmp_path: Path) -> Iterator[list[AgencyWitness]]:
    """Three partners with running witnesses."""
    found = [AgencyWitness(name, tmp_path, [key.verifier for key in KEYS.keys]) for name in NAMES]
    for agency in found:
        agency.start()
    yield found
    for agency in found:
        agency.stop()


def two_of(lines: Sequence[str]) -> Policy:
    names = " ".join(line.split()[1] for line in lines)
    return Policy.parse("\n".join([*lines, f"group two-of-three 2 {names}", "quorum two-of-three\n"]).encode())


@pytest.fixture
def policy(agencies: list[AgencyWitness]) -> Policy:
    """Two of the three."""
    return two_of([agency.policy_line for agency in agencies])


Open = Callable[..., Awaitable[WitnessedLedger]]


@pytest.fixture
async def opened(servers: EmbeddedServers, policy: Policy) -> AsyncIterator[Open]:
    """Opens ledgers, each on a new database that begins with some entries, and lets them collect."""
    ledgers: list[WitnessedLedger] = []
    databases: list[str] = []
    server_url = servers.servers.database_url

    async def open_one(
        entries: Sequence[Candidate],
        *,
        policy: Policy = policy,
        keys: SigningKeys = KEYS,
        interval: float = INTERVAL,
    ) -> WitnessedLedger:
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        databases.append(name)
        url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
        migrate(url, [("ledger", create)])
        ledger = WitnessedLedger(url, policy, keys, interval)
        await ledger.open()
        if entries:
            await append(ledger.log, entries)
        ledger.collect()
        ledgers.append(ledger)
        return ledger

    yield open_one
    for ledger in ledgers:
        await ledger.close()
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in databases:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def test_what_two_of_three_agencies_cosigned_is_published(opened: Open, agencies: list[AgencyWitness]) -> None:
    entries = history(300)
    ledger = await opened(entries[:5])
    signed = await ledger.published(5)
    assert Checkpoint.parse(signed.note.text).root == (await ledger.checkpoints.newest()).root
    await append(ledger.log, entries[5:])
    await ledger.published(300)

    async def all_three() -> bool:
        return len((await ledger.checkpoints.at(300)).note.signatures) == 4

    await eventually(all_three)
    assert ledger.witnesses.problems() == []
    assert {latest.size for agency in agencies for latest in agency.witness.memory.latest().values()} == {300}
    assert [agency.witness.memory.refusals() for agency in agencies] == [[], [], []]


async def test_an_empty_ledger_is_cosigned_too(opened: Open) -> None:
    ledger = await opened([])
    await ledger.published(0)
    await append(ledger.log, history(1))
    await ledger.published(1)


async def test_one_unreachable_agency_delays_no_other(opened: Open, agencies: list[AgencyWitness]) -> None:
    agencies[0].stop()
    entries = history(20)
    ledger = await opened(entries[:1])
    await ledger.published(1)
    for size in range(2, 12):
        await append(ledger.log, entries[size - 1 : size])
        await ledger.published(size)


async def test_an_agency_that_never_answers_delays_no_other(opened: Open, agencies: list[AgencyWitness]) -> None:
    with silent_server() as url:
        lines = [agency.policy_line for agency in agencies]
        lines[0] = lines[0].rpartition(" ")[0] + f" {url}"
        entries = history(10)
        ledger = await opened(entries[:1], policy=two_of(lines))
        began = time.monotonic()
        for size in range(1, 11):
            if size > 1:
                await append(ledger.log, entries[size - 1 : size])
            await ledger.published(size)
        assert time.monotonic() - began < 10 * TIMEOUT_S / 2  # had each round waited for it: 10 times its patience


async def test_two_agencies_away_and_nothing_new_is_published_until_one_is_back(
    opened: Open, agencies: list[AgencyWitness]
) -> None:
    entries = history(2)
    ledger = await opened(entries[:1])
    await ledger.published(1)
    agencies[0].stop()
    agencies[1].stop()
    await append(ledger.log, entries[1:])

    async def third_has_signed() -> bool:
        return len((await ledger.checkpoints.at(2)).note.signatures) == 2

    await eventually(third_has_signed)
    assert (await ledger.checkpoints.published()).size == 1
    agencies[0].start()
    await ledger.published(2)  # without a further event


async def test_without_a_quorum_nothing_is_published(opened: Open, agencies: list[AgencyWitness]) -> None:
    agencies[0].stop()
    agencies[1].stop()
    ledger = await opened(history(3))

    async def third_has_signed() -> bool:
        return len((await ledger.checkpoints.at(3)).note.signatures) == 2

    await eventually(third_has_signed)
    with pytest.raises(NotYetPublished):
        await ledger.checkpoints.published()


async def test_a_burst_is_one_request(opened: Open, agencies: list[AgencyWitness]) -> None:
    entries = history(60)
    ledger = await opened(entries[:1], interval=1.0)
    await ledger.published(1)
    before = [len(agency.answers) for agency in agencies]
    began = time.monotonic()
    for number in range(1, 60):
        await append(ledger.log, entries[number : number + 1])
    await ledger.published(60)
    rounds = math.ceil(time.monotonic() - began)  # they begin a second apart, however long this machine takes
    asked = [len(agency.answers) - earlier for agency, earlier in zip(agencies, before, strict=True)]
    assert max(asked) <= rounds + 1


async def test_cosignatures_meet_on_one_size_while_the_ledger_grows(
    opened: Open, agencies: list[AgencyWitness]
) -> None:
    """Two slow agencies in different time, one away: their cosignatures still fall on the same checkpoints."""
    agencies[2].stop()
    slow = [0.11, 0.17]
    for agency, seconds in zip(agencies, slow, strict=False):
        judged = agency.witness.add_checkpoint
        agency.witness.add_checkpoint = (  # type: ignore[method-assign]
            lambda body, judged=judged, seconds=seconds: (time.sleep(seconds), judged(body))[1]
        )
    entries = history(400)
    ledger = await opened(entries[:1])
    growing = asyncio.create_task(grow(ledger, entries[1:]))

    async def ten_rounds() -> list[int]:
        found = await ledger.cosignatures()
        return found if len(found) > 10 else []

    signed = await eventually(ten_rounds)
    assert not growing.done()
    growing.cancel()
    assert set(signed[:-1]) == {2}  # the last round may be going on


async def grow(ledger: WitnessedLedger, entries: Sequence[Candidate]) -> None:
    for entry in entries:
        await append(ledger.log, [entry])
        await asyncio.sleep(0.02)


async def test_a_collector_that_starts_again_learns_what_witnesses_saw(
    opened: Open, agencies: list[AgencyWitness]
) -> None:
    entries = history(8)
    first = await opened(entries[:5])
    await first.published(5)
    for agency in agencies:
        agency.answers.clear()
    again = await opened(entries)
    await again.published(8)
    statuses = [[answer.status for answer in agency.answers] for agency in agencies]
    assert [409, 200] in statuses
    assert again.witnesses.problems() == []


# What witnesses are for.


async def test_another_history_under_the_same_key_is_refused_and_shown(
    opened: Open, agencies: list[AgencyWitness]
) -> None:
    entries = history(40)
    honest = await opened(entries[:20])
    await honest.published(20)
    other = await opened([*entries[:19], *history(20)[19:]])
    message = await other.accused()
    assert "does not continue the history that this witness saw" in message
    with pytest.raises(NotYetPublished):
        await other.checkpoints.published()

    async def proven() -> bool:
        return bool(other.witnesses.alarms) and all(alarm.proven for alarm in other.witnesses.alarms)

    await eventually(proven)
    assert "under the ledger's own signature whose root is not" in "\n".join(other.witnesses.problems())

    async def on_the_page() -> bool:
        return "two different histories of 20 entries" in httpx2.get(agencies[0].url).text

    await eventually(on_the_page)
    evidence = httpx2.get(f"{agencies[0].url}/evidence").json()["refusals"][0]
    assert evidence["kind"] == "fork"
    assert evidence["proves_misconduct"] is True
    keys = [VerifierKey.parse(key) for key in evidence["log_keys"]]
    roots = set()
    for kept in (evidence["offered"], evidence["held"]):
        note = Note.parse(kept.encode())
        assert note.verify(keys) == keys
        roots.add(Checkpoint.parse(note.text)[1:3])
    assert {size for size, _ in roots} == {20}
    assert len(roots) == 2
    # The honest ledger goes on.
    await append(honest.log, entries[20:])
    await honest.published(40)


async def test_a_rewritten_history_is_refused_however_long_it_is(opened: Open, agencies: list[AgencyWitness]) -> None:
    entries = history(30)
    await (await opened(entries[:20])).published(20)
    rewritten = await opened([*entries[:3], *history(30)[3:]])
    message = await rewritten.accused()
    assert "the history was rewritten" in message
    assert all(agency.witness.memory.latest()[KEYS.name].size == 20 for agency in agencies)
    with pytest.raises(NotYetPublished):
        await rewritten.checkpoints.published()


async def test_a_ledger_restored_from_an_older_copy_gets_an_alarm(opened: Open, agencies: list[AgencyWitness]) -> None:
    entries = history(30)
    first = await opened(entries)
    await first.published(30)
    restored = await opened(entries[:25])
    message = await restored.accused()
    assert "It saw 30 entries of this ledger, which now has 25: entries were lost or removed." in message
    assert "under the ledger's own signature" in message
    with pytest.raises(NotYetPublished):
        await restored.checkpoints.published()
    kinds = {refusal.kind for agency in agencies for refusal in agency.witness.memory.refusals()}
    assert kinds == {"rollback"}
    # Only the very same entries, sent again by their sources, end the alarm.
    await append(restored.log, entries[25:])
    await restored.published(30)

    async def quiet() -> bool:
        return restored.witnesses.problems() == []

    await eventually(quiet)


async def test_a_key_is_changed_while_witnesses_watch(
    opened: Open, agencies: list[AgencyWitness], tmp_path: Path
) -> None:
    entries = history(6)
    await (await opened(entries[:3])).published(3)
    both = KEYS.rotated()
    rotated = await opened(entries[:4], keys=both)
    await rotated.published(4)  # the old key still signs, so witnesses need not know the new one yet
    for agency in agencies:
        agency.stop()
    later = [AgencyWitness(name, tmp_path, [key.verifier for key in both.keys]) for name in NAMES]
    for agency in later:
        agency.start()
    try:
        new_only = both.without(KEYS.keys[0].verifier.key_id.hex())
        retired = await opened(entries, keys=new_only, policy=two_of([agency.policy_line for agency in later]))
        await retired.published(6)
    finally:
        for agency in later:
            agency.stop()


# Witnesses that are at fault themselves.


class Liar(RestartableServer):
    """A server that gives every request the same answer, listed in a policy as a witness."""

    def __init__(self, status: int, body: bytes) -> None:
        self.asked = 0
        app = FastAPI()

        @app.api_route("/{path:path}", methods=["GET", "POST"])
        async def answer(request: Request) -> Response:
            await request.body()
            self.asked += 1
            return Response(body, status)

        super().__init__(app)


@pytest.fixture
def liars() -> Iterator[Callable[[int, bytes], Liar]]:
    """Makes such servers."""
    found: list[Liar] = []

    def one(status: int, body: bytes) -> Liar:
        found.append(Liar(status, body))
        found[-1].start()
        return found[-1]

    yield one
    for liar in found:
        liar.stop()


ANSWERS = {
    "far-ahead": (409, b"999999999\n"),
    "displeased": (422, b"I do not like it\n"),
    "conflicting": (409, b""),
    "talkative": (409, b"many\n"),
    "stuck": (409, b"0\n"),
    "ignorant": (404, b"who?\n"),
    "broken": (500, b"\xff\x00"),
    "empty": (200, b""),
    "forging": (200, b"\xe2\x80\x94 forging.example/witness AAAAAAAA\n"),
    "endless": (200, b"x" * 100_000),
    "moved": (302, b""),
}
ACCUSING = {"far-ahead", "displeased", "conflicting", "talkative"}


async def test_witnesses_at_fault_are_passed_over_and_prove_nothing(
    opened: Open, policy: Policy, liars: Callable[[int, bytes], Liar]
) -> None:
    served = {name: liars(*answer) for name, answer in ANSWERS.items()}
    members = " ".join(NAMES)
    text = policy.format().decode().partition("group")[0]
    for name, liar in served.items():
        text += f"witness {name} {SigningKey(f'{name}.example/witness', name.ljust(32).encode(), 4).verifier.format()} "
        text += f"{liar.url}\n"
    watched = Policy.parse(f"{text}group two-of-three 2 {members}\nquorum two-of-three\n".encode())
    ledger = await opened(history(3), policy=watched)
    await ledger.published(3)

    async def all_asked_twice() -> bool:
        return all(liar.asked > 2 for liar in served.values())

    await eventually(all_asked_twice)
    assert {alarm.witness for alarm in ledger.witnesses.alarms} == ACCUSING
    assert not any(alarm.proven for alarm in ledger.witnesses.alarms)
    assert all("it may itself be at fault" in problem for problem in ledger.witnesses.problems())
    names = {signature.name for signature in (await ledger.checkpoints.at(3)).note.signatures}
    assert names <= {KEYS.name, *(f"{name}.example/witness" for name in NAMES)}


async def test_a_cosignature_of_another_checkpoint_is_not_kept(
    opened: Open, agencies: list[AgencyWitness], liars: Callable[[int, bytes], Liar]
) -> None:
    entries = history(4)
    ledger = await opened(entries[:3])
    await ledger.published(3)
    old = agencies[0].answers[-1]
    assert old.status == 200
    lines = [agency.policy_line for agency in agencies]
    lines[0] = lines[0].rpartition(" ")[0] + f" {liars(200, old.body.encode()).url}"
    later = await opened(entries, policy=two_of(lines))
    signed = await later.published(4)
    assert not any("police" in signature.name for signature in signed.note.signatures)
