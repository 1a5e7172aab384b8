"""Facts about the ledger as a transparency log: what is public, what only an auditor gets, and that it agrees."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import httpx2
import pytest
from ledger_sources import append, event

from services.ledger.checkpoints import Checkpoints, Inclusion, NotYetPublished
from services.ledger.entry import examine
from services.ledger.log import Log
from services.ledger.pool import Connections
from services.ledger.transparency import RECEIPT_PAUSES_S
from shared.contracts.envelope import encode
from shared.proofs import cosignature
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import CompactRange, ProofFailed, leaf_hash, verify_consistency, verify_inclusion
from shared.proofs.note import COSIGNATURE_V1, Note, Signature, VerifierKey
from shared.proofs.policy import Group, Policy, Witness
from shared.proofs.tiles import entries_of, hashes_of
from shared.proofs.tlog_proof import TlogProof
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.ground.settings import Settings
from shared.runtime.hosting.running_service import ServiceContext
from shared.runtime.identity.local_issuer import LocalIssuer
from shared.runtime.identity.signing import SigningKey, SigningKeys
from shared.values.roles import Role

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

SIZE = 300
ENTRIES = [encode(event("meetings", id=f"e-{number}")) for number in range(SIZE)]


@pytest.fixture
async def stranger(ledger: RunningLedger, log: Log) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller without an account, and a ledger of 300 entries."""
    await append(log, [examine("meetings", number, entry) for number, entry in enumerate(ENTRIES, 1)])
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(ledger.service.app), base_url="http://ledger"
    ) as client:
        yield client


async def test_a_stranger_gets_a_checkpoint_that_the_logs_key_signed(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    note = Note.parse(answer.content)
    keys = [VerifierKey.parse(line) for line in (await stranger.get("/keys")).text.splitlines()]
    assert note.verify(keys) == keys
    tree = CompactRange()
    for entry in ENTRIES:
        tree.add(leaf_hash(entry))
    assert Checkpoint.parse(note.text) == Checkpoint("folkmoot.local/ledger", SIZE, tree.root())


async def test_a_stranger_gets_hashes_but_no_entries(stranger: httpx2.AsyncClient) -> None:
    tile = await stranger.get("/tile/0/000")
    assert hashes_of(tile.content) == [leaf_hash(entry) for entry in ENTRIES[:256]]
    assert tile.headers["content-type"] == "application/octet-stream"
    assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashes_of((await stranger.get("/tile/0/001.p/44")).content) == [leaf_hash(each) for each in ENTRIES[256:]]
    assert (await stranger.get("/tile/entries/000")).status_code == 401


async def test_an_auditor_of_all_gets_the_entries_behind_the_hashes(
    stranger: httpx2.AsyncClient, ledger: RunningLedger
) -> None:
    auditor = dict(ledger.as_(Role.AUDITOR))
    first = await stranger.get("/tile/entries/000", headers=auditor)
    last = await stranger.get("/tile/entries/001.p/44", headers=auditor)
    assert entries_of(first.content) + entries_of(last.content) == ENTRIES
    assert first.headers["cache-control"] == "private, max-age=31536000, immutable"


async def test_an_auditor_of_one_partnership_gets_no_bundle_of_all(
    stranger: httpx2.AsyncClient, ledger: RunningLedger
) -> None:
    answer = await stranger.get("/tile/entries/000", headers=dict(ledger.as_(Role.AUDITOR, "cannock-chase")))
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    ["0/002", "0/001", "0/001.p/45", "0/001.p/0", "1/000", "00/000", "64/000", "0/x000/000", "0/1", "x/../../etc"],
)
async def test_a_tile_that_is_not_in_this_tree_is_not_found(stranger: httpx2.AsyncClient, path: str) -> None:
    assert (await stranger.get(f"/tile/{path}")).status_code == 404


async def test_proofs_over_grpc_lead_to_the_checkpoint(stranger: httpx2.AsyncClient, ledger: RunningLedger) -> None:
    reader = ledger.as_(Role.AUDITOR, "cannock-chase")
    request = ledger_pb2.GetProofRequest(positions=[0, 299], event_ids=["e-255", "e-256"])
    reply = await ledger.stub.GetProof(request, metadata=reader)
    assert reply.checkpoint == await ledger.stub.GetCheckpoint(ledger_pb2.GetCheckpointRequest(), metadata=reader)
    assert [(found.position, found.event_id) for found in reply.inclusions] == [
        (number, f"e-{number}") for number in (0, 255, 256, 299)
    ]
    for found in reply.inclusions:
        leaf = leaf_hash(ENTRIES[found.position])
        verify_inclusion(found.position, SIZE, leaf, list(found.hashes), reply.checkpoint.root)


async def test_consistency_over_grpc(stranger: httpx2.AsyncClient, ledger: RunningLedger) -> None:
    tree = CompactRange()
    for entry in ENTRIES[:200]:
        tree.add(leaf_hash(entry))
    request = ledger_pb2.GetConsistencyRequest(old_size=200, new_size=SIZE)
    reply = await ledger.stub.GetConsistency(request, metadata=ledger.as_(Role.AUDITOR))
    root = Checkpoint.parse(Note.parse((await stranger.get("/checkpoint")).content).text).root
    verify_consistency(200, tree.root(), SIZE, root, list(reply.hashes))


@pytest.mark.parametrize(
    ("method", "request_", "code"),
    [
        ("GetProof", ledger_pb2.GetProofRequest(positions=[300]), grpc.StatusCode.NOT_FOUND),
        ("GetProof", ledger_pb2.GetProofRequest(positions=[2**64 - 1]), grpc.StatusCode.NOT_FOUND),
        ("GetProof", ledger_pb2.GetProofRequest(event_ids=["e-0", "e-300"]), grpc.StatusCode.NOT_FOUND),
        ("GetProof", ledger_pb2.GetProofRequest(positions=range(1001)), grpc.StatusCode.INVALID_ARGUMENT),
        ("GetConsistency", ledger_pb2.GetConsistencyRequest(old_size=1, new_size=301), grpc.StatusCode.OUT_OF_RANGE),
        ("GetConsistency", ledger_pb2.GetConsistencyRequest(old_size=9, new_size=8), grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_what_cannot_be_proved_is_said(
    stranger: httpx2.AsyncClient, ledger: RunningLedger, method: str, request_: object, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await getattr(ledger.stub, method)(request_, metadata=ledger.as_(Role.AUDITOR))
    assert refused.value.code() is code


async def test_a_receipt_can_be_checked_offline_with_the_entry_and_the_key(stranger: httpx2.AsyncClient) -> None:
    policy = Policy.parse((await stranger.get("/policy")).content)
    for number in (0, 255, 256, 299):
        receipt = TlogProof.parse((await stranger.get(f"/receipts/e-{number}.tlog-proof")).content)
        assert receipt.position == number
        assert receipt.verify(ENTRIES[number], policy).checkpoint.size == SIZE
        with pytest.raises(ProofFailed, match="is not what was recorded there"):
            receipt.verify(ENTRIES[number] + b" ", policy)


async def test_a_receipt_waits_a_moment_for_what_was_recorded_an_instant_ago(
    stranger: httpx2.AsyncClient, ledger: RunningLedger
) -> None:
    """A command's answer names its receipts before the ledger has the events."""
    asked = asyncio.create_task(stranger.get("/receipts/e-300.tlog-proof"))
    await asyncio.sleep(0.2)
    assert not asked.done()
    await append(ledger.service.log, [examine("meetings", SIZE + 1, encode(event("meetings", id="e-300")))])
    answer = await asked
    assert answer.status_code == 200
    assert TlogProof.parse(answer.content).position == SIZE


async def test_a_receipt_is_looked_for_no_more_often_when_much_is_recorded(
    stranger: httpx2.AsyncClient, ledger: RunningLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anyone may ask for it, so the work for one request must not grow with the commits of others."""
    looks = 0
    inclusions = Checkpoints.inclusions

    async def counted(self: Checkpoints, *arguments: Any) -> list[Inclusion]:
        nonlocal looks
        looks += 1
        return await inclusions(self, *arguments)

    monkeypatch.setattr(Checkpoints, "inclusions", counted)
    asked = asyncio.create_task(stranger.get("/receipts/e-never.tlog-proof"))
    commits = 0
    while not asked.done():
        commits += 1
        next_one = examine("meetings", SIZE + commits, encode(event("meetings", id=f"e-{SIZE + commits}")))
        await append(ledger.service.log, [next_one])
    assert (await asked).status_code == 404
    assert looks == len(RECEIPT_PAUSES_S) + 1 < commits


async def test_an_event_that_was_never_recorded_has_no_receipt(stranger: httpx2.AsyncClient) -> None:
    """And nobody waits long for that answer."""
    began = time.monotonic()
    assert (await stranger.get("/receipts/e-300.tlog-proof")).status_code == 404
    assert time.monotonic() - began < sum(RECEIPT_PAUSES_S) + 2


async def test_a_receipt_that_no_witness_has_signed_yet_is_to_be_asked_for_again(
    context: ServiceContext, issuer: LocalIssuer, tmp_path: Path
) -> None:
    agency = SigningKey("police.example/witness", b"p" * 32, COSIGNATURE_V1).verifier
    from fixtures_ledger import RunningLedger  # a plugin, which pytest has to load first

    policy = Policy((), {agency.name: Witness(agency.name, agency)}, {}, agency.name)
    (tmp_path / "policy").write_bytes(policy.format())
    settings = Settings(data=tmp_path, witness_policy=tmp_path / "policy")
    async with RunningLedger(dataclasses.replace(context, settings=settings), issuer) as ledger:
        await append(ledger.service.log, [examine("meetings", 1, ENTRIES[0])])
        transport = httpx2.ASGITransport(ledger.service.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://ledger") as client:
            answer = await client.get("/receipts/e-0.tlog-proof")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "/problems/not-yet-published"


async def test_what_is_published_waits_for_as_many_witnesses_as_the_policy_wants(log: Log, pool: Connections) -> None:
    agencies = [SigningKey(f"{name}.example/witness", name.encode().ljust(32), COSIGNATURE_V1) for name in "pfh"]
    witnesses = {key.verifier.name: Witness(key.verifier.name, key.verifier) for key in agencies}
    policy = Policy((), witnesses, {"two": Group("two", 2, tuple(witnesses))}, "two")
    checkpoints = Checkpoints(pool, SigningKeys([SigningKey("area.example/ledger", b"k" * 32)]), policy)
    await append(log, [examine("meetings", 1, ENTRIES[0])])
    with pytest.raises(NotYetPublished, match="as many witnesses as the policy requires"):
        await checkpoints.published()

    async def cosign(size: int, key: SigningKey) -> None:
        text = (await checkpoints.at(size)).note.text
        signature = Signature.by(key.verifier, cosignature.join(1, key.sign(cosignature.message(text, 1))))
        await checkpoints.keep(size, [signature])

    await cosign(1, agencies[0])
    with pytest.raises(NotYetPublished):
        await checkpoints.published()
    await cosign(1, agencies[2])
    published = await checkpoints.published()
    assert checkpoints.policy.verify(published.note).witnesses == ("p.example/witness", "h.example/witness")
    await append(log, [examine("meetings", 2, ENTRIES[1])])
    await cosign(2, agencies[1])
    assert (await checkpoints.published()).size == 1
    assert (await checkpoints.newest()).size == 2


async def test_what_was_published_stays_published_while_the_quorum_is_away(log: Log, pool: Connections) -> None:
    agencies = [SigningKey(f"{name}.example/witness", name.encode().ljust(32), COSIGNATURE_V1) for name in "pf"]
    witnesses = {key.verifier.name: Witness(key.verifier.name, key.verifier) for key in agencies}
    policy = Policy((), witnesses, {"both": Group("both", 2, tuple(witnesses))}, "both")
    keys = SigningKeys([SigningKey("area.example/ledger", b"k" * 32)])
    checkpoints = Checkpoints(pool, keys, policy)
    signature = Signature.by(agencies[0].verifier, bytes(72))
    for number, entry in enumerate(ENTRIES[:4], 1):
        await append(log, [examine("meetings", number, entry)])
        await checkpoints.keep(number, [signature])
    await checkpoints.keep(1, [Signature.by(agencies[1].verifier, bytes(72))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.ledger.checkpoints.LOOK_BACK", 2)
        for late in (checkpoints, Checkpoints(pool, keys, policy)):
            assert (await late.published()).size == 1
            assert (await late.published()).size == 1


@pytest.mark.parametrize("path", ["/tile/0/x999/x999/x999/x999/x999/x999/999", "/receipts/%00.tlog-proof"])
async def test_what_no_ledger_can_hold_is_not_looked_for(stranger: httpx2.AsyncClient, path: str) -> None:
    assert (await stranger.get(path)).status_code == 404
