"""A connection that PostgreSQL has ended is noticed before it is used, and without asking PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy

from services.ledger.pool import connections
from shared.runtime.ground.database import conninfo, engine, has_ended

PID = "SELECT pg_backend_pid()"


def end(owner_url: str, pid: int) -> None:
    with psycopg.connect(conninfo(owner_url), autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_an_idle_connection_tells_that_it_has_ended(database_url: str) -> None:
    with psycopg.connect(conninfo(database_url), autocommit=True) as connection:
        pid = connection.execute(PID).fetchone()
        assert pid is not None
        assert not has_ended(connection)
        end(database_url, pid[0])
        assert has_ended(connection)
        connection.close()
        assert has_ended(connection)


def test_an_engine_hands_out_a_living_connection(database_url: str) -> None:
    made = engine(database_url)
    with made.connect() as connection:
        pid = connection.execute(sqlalchemy.text(PID)).scalar_one()
    with made.connect() as connection:
        assert connection.execute(sqlalchemy.text(PID)).scalar_one() == pid
    end(database_url, pid)
    with made.connect() as connection:
        assert connection.execute(sqlalchemy.text(PID)).scalar_one() != pid
    made.dispose()


@pytest.mark.anyio
async def test_the_ledger_s_pool_hands_out_a_living_connection(database_url: str) -> None:
    async with connections(database_url) as pool:
        async with pool.connection() as connection:
            pid = await (await connection.execute(PID)).fetchone()
        assert pid is not None
        end(database_url, pid[0])
        async with pool.connection() as connection:
            assert await (await connection.execute(PID)).fetchone() != pid
