"""The ledger's pool of connections to PostgreSQL, for the log and for everything that reads it."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from shared.runtime.ground.database import conninfo

Connections = AsyncConnectionPool[AsyncConnection[TupleRow]]


def connections(database_url: str) -> Connections:
    """A pool for the ledger's role, not yet open, that notices dead connections before it hands them out."""
    return AsyncConnectionPool(
        conninfo(database_url),
        min_size=1,
        max_size=10,
        check=AsyncConnectionPool.check_connection,
        open=False,
        # When PostgreSQL is back, be back soon: by default the pool's own pauses grow to a minute.
        timeout=5.0,
        reconnect_timeout=2.0,
        kwargs={
            "autocommit": True,
            "application_name": "folkmoot ledger",
            # An answer must survive a power cut, whatever the server's default is. All reading is in the order of an
            # index, a page at a time: while a young table has no statistics, PostgreSQL would rather gather
            # everything and sort it. A rare subject and a common one want different indexes, hence custom plans.
            "options": "-c synchronous_commit=on -c enable_sort=off -c enable_bitmapscan=off"
            " -c plan_cache_mode=force_custom_plan"
            # Short reads whose length PostgreSQL guesses far too high: compiling them takes longer than they do.
            " -c jit=off",
        },
    )
