"""The figures of a long history: export in constant memory, verification with every hash, and proofs."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench import verifying
from bench.figures import Figure, behind_foreign_events, ledger_process, ledger_stub
from bench.history import recorded
from bench.signing import SIGNED_TOGETHER, batches
from services.command_line.serving import serving
from services.ledger.log import Log
from services.ledger.pool import connections
from shared.rpc.ledger.v1 import ledger_pb2
from shared.runtime.embedded.servers import Servers
from shared.runtime.ground import database
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.local_issuer import issuer_of
from shared.runtime.identity.source_keys import source_key_of
from shared.values.roles import Role

ENTRIES = 1_000_000
FACTS_OF_A_SUBJECT = 10
AT_ONCE = 5_000
PROOFS = 300
MAX_MEGABYTES = 200


async def of_a_long_history(servers: Servers, settings: Settings) -> list[Figure]:
    """Fill a ledger with a million entries and measure an auditor's work."""
    size = await _fill(servers, settings)
    directory = settings.data / "export"
    async with ledger_process(servers, settings) as address:
        proof = await _inclusion_proof(address, settings, size)
    memory, rate = await _export(servers, settings, directory)
    exported = Figure(
        f"export of {size:,} events, memory",
        f"{memory:,.0f} MB at most ({rate:,.0f} events a second)",
        f"the export itself: {_megabytes(directory):,.0f} MB",
        f"{memory / _megabytes(directory):.2f} of it",
        f"under {MAX_MEGABYTES} MB",
        memory < MAX_MEGABYTES,
    )
    behind = await behind_foreign_events(servers, settings)
    return [proof, behind, exported, await verifying.every_hash(directory, size)]


async def _fill(servers: Servers, settings: Settings) -> int:
    async with connections(database.url_for(servers.database_url, "ledger")) as pool:
        log = Log(pool)
        await log.open()
        head = (await log.heads(["projects"]))["projects"]
        facts = (each.entry for each in recorded("projects", ENTRIES, FACTS_OF_A_SUBJECT))
        signed = batches(source_key_of(settings, "projects"), head, facts, SIGNED_TOGETHER)
        for some in itertools.batched(signed, AT_ONCE // SIGNED_TOGETHER):
            await log.append(some)
        return await log.size()


async def _inclusion_proof(address: str, settings: Settings, size: int) -> Figure:
    async with ledger_stub(address, settings) as (stub, metadata):
        heads, proofs = [], []
        for position in random.Random(1).sample(range(size), PROOFS):
            began = time.perf_counter()
            await stub.Head(ledger_pb2.HeadRequest(), metadata=metadata)
            asked = time.perf_counter()
            await stub.GetProof(ledger_pb2.GetProofRequest(positions=[position]), metadata=metadata)
            proofs.append((time.perf_counter() - asked) * 1000)
            heads.append((asked - began) * 1000)
    median, reference = statistics.median(proofs), statistics.median(heads)
    return Figure(
        f"inclusion proof among {size:,}, over gRPC",
        f"{median:.1f} ms (p99 {statistics.quantiles(proofs, n=100)[98]:.1f})",
        f"asking the ledger's size: {reference:.1f} ms",
        f"{median / reference:.1f} of it",
        "under 5 ms",
        median < 5,
    )


async def _export(servers: Servers, settings: Settings, directory: Path) -> tuple[float, float]:
    """``folkmoot export`` as a process next to a running ledger: its largest memory in MB, entries a second."""
    async with serving(settings, ("ledger",)) as (process, _):
        token = issuer_of(settings).issue(roles=[Role.AUDITOR], subject="bench", lifetime=dt.timedelta(hours=1))
        began = time.perf_counter()
        command = (sys.executable, "-m", "services.command_line.main", "export", str(directory))
        arguments = (*command, "--url", f"{process.http}/ledger")
        # Not asyncio's: it may collect the child's exit status first, and what the child used is then lost.
        with subprocess.Popen(arguments, env={**os.environ, "FOLKMOOT_TOKEN": token}) as child:
            _, status, usage = await asyncio.to_thread(os.wait4, child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        assert status == 0, f"the export ended with {status}"
        return usage.ru_maxrss / 1024, ENTRIES / (time.perf_counter() - began)


def _megabytes(directory: Path) -> float:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) / 2**20
