"""The Merkle tree grows with the entries, in the same transaction, and a change to either is detected."""

from __future__ import annotations

import itertools

import psycopg
import pytest
from ledger_sources import append, event

from services.ledger.checkpoints import Checkpoints
from services.ledger.entry import Candidate, NotAnEntry, examine
from services.ledger.log import Log
from services.ledger.pool import Connections
from services.ledger.tree import TreeBroken
from shared.contracts.envelope import encode
from shared.proofs.merkle import EMPTY, CompactRange, verify_consistency, verify_inclusion
from shared.proofs.tiles import Place, hashes_of
from shared.runtime.identity.signing import SigningKey, SigningKeys
from shared.values.refusals import Unknown

pytest_plugins = ["fixtures_ledger"]
pytestmark = pytest.mark.anyio

KEYS = SigningKeys([SigningKey("partnership.example/ledger", b"k" * 32)])


@pytest.fixture
def checkpoints(pool: Connections) -> Checkpoints:
    return Checkpoints(pool, KEYS)


def candidates(first: int, count: int) -> list[Candidate]:
    return [examine("meetings", number, encode(event("meetings"))) for number in range(first, first + count)]


def root_over(entries: list[Candidate]) -> bytes:
    tree = CompactRange()
    for entry in entries:
        tree.add(entry.leaf_hash)
    return tree.root()


async def grown(log: Log, *batches: int) -> list[Candidate]:
    """The entries of a ledger with this many appends of this many entries each."""
    entries: list[Candidate] = []
    for count in batches:
        batch = candidates(len(entries) + 1, count)
        await append(log, batch)
        entries += batch
    return entries


async def test_an_empty_ledger_has_the_checkpoint_of_no_entries(log: Log, checkpoints: Checkpoints) -> None:
    await log.open()
    newest = await checkpoints.newest()
    assert (newest.size, newest.root) == (0, EMPTY)


async def test_every_append_leaves_a_root_over_all_entries(log: Log, checkpoints: Checkpoints) -> None:
    entries = await grown(log, 1, 254, 1, 1, 300, 212)
    for size in itertools.accumulate((1, 254, 1, 1, 300, 212)):
        assert (await checkpoints.at(size)).root == root_over(entries[:size])
    with pytest.raises(Unknown):
        await checkpoints.at(2)


async def test_every_entry_is_proved_in_every_later_tree(log: Log, checkpoints: Checkpoints) -> None:
    sizes = (1, 256, 257, 513, 600)
    entries = await grown(log, 1, 255, 1, 256, 87)
    for size in sizes:
        root = (await checkpoints.at(size)).root
        places = sorted({0, 1, 254, 255, 256, 511, 512, size - 1} & set(range(size)))
        for found in await checkpoints.inclusions(size, places):
            assert found.leaf_hash == entries[found.position].leaf_hash
            verify_inclusion(found.position, size, found.leaf_hash, found.hashes, root)
    for old, new in itertools.combinations(sizes, 2):
        proof = await checkpoints.consistency(old, new)
        verify_consistency(old, (await checkpoints.at(old)).root, new, (await checkpoints.at(new)).root, proof)


async def test_tiles_hold_the_hashes_of_the_level_below(log: Log, checkpoints: Checkpoints) -> None:
    entries = await grown(log, 520)
    first = hashes_of(await checkpoints.tile(Place(0, 0)))
    assert first == [entry.leaf_hash for entry in entries[:256]]
    assert hashes_of(await checkpoints.tile(Place(0, 2, 8))) == [entry.leaf_hash for entry in entries[512:]]
    above = hashes_of(await checkpoints.tile(Place(1, 0, 2)))
    assert above == [root_over(entries[:256]), root_over(entries[256:512])]
    for beyond in (Place(0, 2, 9), Place(1, 0, 3), Place(2, 0, 1), Place(63, 0, 1)):
        with pytest.raises(Unknown):
            await checkpoints.tile(beyond)


async def test_two_processes_that_append_in_turn_grow_one_tree(
    log: Log, pool: Connections, checkpoints: Checkpoints
) -> None:
    other = Log(pool)
    entries = candidates(1, 600)
    for number, start in enumerate(range(0, 600, 50)):
        await append((log, other)[number % 2], entries[start : start + 50])
    assert (await checkpoints.newest()).root == root_over(entries)
    await Log(pool).open()


async def test_entries_from_before_there_was_a_tree_get_one(
    log: Log, ledger_database: str, pool: Connections, checkpoints: Checkpoints
) -> None:
    entries = await grown(log, 300, 300)
    with psycopg.connect(ledger_database) as owner:
        for table in ("node", "checkpoint"):
            owner.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER append_only")
            owner.execute(f"DELETE FROM ledger.{table}")
            owner.execute(f"ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER append_only")
    later = Log(pool)
    await later.open()
    assert (await checkpoints.newest()).root == root_over(entries)
    more = candidates(601, 10)
    await append(later, more)
    assert (await checkpoints.newest()).root == root_over(entries + more)


@pytest.mark.parametrize("change", ["node SET hash = sha256(hash)", "checkpoint SET root = sha256(root)"])
async def test_a_ledger_whose_tree_was_changed_by_hand_does_not_start(
    log: Log, ledger_database: str, pool: Connections, change: str
) -> None:
    await grown(log, 300)
    table = change.split()[0]
    with psycopg.connect(ledger_database) as owner:
        owner.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER append_only")
        owner.execute(f"UPDATE ledger.{change}")
        owner.execute(f"ALTER TABLE ledger.{table} ENABLE ALWAYS TRIGGER append_only")
    with pytest.raises(TreeBroken, match="Someone changed rows"):
        await Log(pool).open()


@pytest.mark.parametrize("changed", [{"actor": ""}, {"authority": ""}, {"correlationid": ""}, {"subjectversion": 0}])
def test_an_event_that_every_verifier_would_refuse_does_not_become_an_entry(changed: dict[str, object]) -> None:
    with pytest.raises(NotAnEntry, match="must not be empty, and subjectversion starts at 1"):
        examine("meetings", 1, encode(event("meetings", **changed)))
