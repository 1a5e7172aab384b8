"""The ledger's pool of connections to PostgreSQL, for the log and for everything that reads it."""

from __future__ import annotations

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from shared.runtime.ground.database import conninfo, has_ended

Connections = AsyncConnectionPool[AsyncConnection[TupleRow]]


async def _check(connection: AsyncConnection[TupleRow]) -> None:
    if has_ended(connection):
        await connection.close()  # or the pool would keep it, and hand it out again
        raise OperationalError("PostgreSQL has ended this connection.")  # the pool takes another


def connections(database_url: str) -> Connections:
    """A pool for the ledger's role, not yet open. It checks each connection before it hands it out."""
    return AsyncConnectionPool(
        conninfo(database_url),
        min_size=1,
        max_size=10,
        check=_check,
        open=False,
        # Reconnect soon after PostgreSQL returns: by default the pool's own pauses grow to a minute.
        timeout=5.0,
        reconnect_timeout=2.0,
        kwargs={
            "autocommit": True,
            "application_name": "folkmoot ledger",
            # An answer must survive a power cut, whatever the server's default is. All reads follow the order of an
            # index, a page at a time. While a young table has no statistics, PostgreSQL would instead read everything
            # and sort it. A rare subject and a common one need different indexes, so plans are custom.
            "options": "-c synchronous_commit=on -c enable_sort=off -c enable_bitmapscan=off"
            " -c plan_cache_mode=force_custom_plan"
            # PostgreSQL guesses the cost of these short reads far too high; compiling them takes longer than running.
            " -c jit=off",
        },
    )
