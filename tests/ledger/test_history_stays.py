"""No database role can change history, not even the tables' owner."""

from __future__ import annotations

import asyncio
import itertools

import psycopg
import pytest
from ledger_sources import append, event
from psycopg import errors

from services.ledger.entry import examine
from services.ledger.log import Log
from services.ledger.pool import connections
from services.ledger.schema import TABLES, create
from shared.contracts.envelope import encode
from shared.runtime.ground.database import conninfo, migrate, role_of, url_for

pytest_plugins = ["fixtures_ledger"]

COLUMNS = {
    "entry": "type",
    "signature": "head",
    "conflict": "source",
    "parked": "reason",
    "node": "hash",
    "checkpoint": "root",
    "cosignature": "line",
    "mention": "first",
}
CHANGES = {
    table: [
        f"UPDATE ledger.{table} SET {column} = {column}",
        f"DELETE FROM ledger.{table}",
        f"TRUNCATE ledger.{table} CASCADE",
    ]
    for table, column in COLUMNS.items()
}
OTHERS = ("membership", "meetings", "funding", "projects", "reporting")


@pytest.fixture
def filled(ledger_database: str) -> str:
    """A database with one entry, as its owner."""
    migrate(ledger_database, [(name, lambda connection, role: None) for name in OTHERS])

    async def fill() -> None:
        async with connections(url_for(ledger_database, "ledger")) as pool:
            await append(Log(pool), [examine("meetings", 1, encode(event("meetings", actor="clerk")))])

    asyncio.run(fill())
    return ledger_database


def test_every_table_is_put_to_the_test() -> None:
    assert set(CHANGES) == set(TABLES)


def test_the_ledgers_own_role_appends_and_reads_and_nothing_else(filled: str) -> None:
    with psycopg.connect(conninfo(url_for(filled, "ledger")), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM ledger.entry").fetchone() == (1,)
        for change in itertools.chain(*CHANGES.values()):
            with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
                connection.execute(change)


def test_other_services_do_not_reach_the_ledgers_tables_at_all(filled: str) -> None:
    for service in OTHERS:
        with psycopg.connect(conninfo(url_for(filled, service)), autocommit=True) as connection:
            for table, changes in CHANGES.items():
                for statement in (
                    *changes,
                    f"SELECT * FROM ledger.{table}",
                    f"INSERT INTO ledger.{table} DEFAULT VALUES",
                ):
                    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
                        connection.execute(statement)


def test_no_role_of_the_product_is_granted_more(filled: str) -> None:
    with psycopg.connect(conninfo(filled)) as connection:
        granted = connection.execute(
            "SELECT DISTINCT grantee, privilege_type FROM information_schema.table_privileges"
            " WHERE table_schema = 'ledger' AND grantee <> current_user"
        ).fetchall()
    assert set(granted) == {(role_of("ledger"), "SELECT"), (role_of("ledger"), "INSERT")}


@pytest.mark.parametrize("replication_role", ["origin", "replica"])
def test_the_owner_gets_the_reason_for_the_refusal(filled: str, replication_role: str) -> None:
    with psycopg.connect(conninfo(filled), autocommit=True) as connection:
        # With "replica", PostgreSQL passes over ordinary triggers.
        connection.execute(f"SET session_replication_role = {replication_role}")
        for change in itertools.chain(*CHANGES.values()):
            with pytest.raises(errors.InsufficientPrivilege, match="the ledger is append only") as refused:
                connection.execute(change)
            assert "Record a new event that corrects it" in str(refused.value)
        assert connection.execute("SELECT count(*) FROM ledger.entry").fetchone() == (1,)


def test_an_entry_with_another_hash_than_its_own_is_refused(filled: str) -> None:
    insert = """
        INSERT INTO ledger.entry SELECT 1, 'e-2', source, 2, type, partnership, subject, happened_at, recorded_at,
                                        entry || ' ', leaf_hash FROM ledger.entry
    """
    with (
        psycopg.connect(conninfo(url_for(filled, "ledger"))) as connection,
        pytest.raises(errors.CheckViolation, match="leaf_hash_is_of_the_entry"),
    ):
        connection.execute(insert)


def test_migrating_again_changes_nothing_and_revokes_excess_rights(filled: str) -> None:
    with psycopg.connect(conninfo(filled), autocommit=True) as connection:
        connection.execute(f"GRANT ALL ON ledger.entry TO {role_of('ledger')}, PUBLIC")
    migrate(filled, [("ledger", create)])
    test_no_role_of_the_product_is_granted_more(filled)
    with psycopg.connect(conninfo(filled)) as connection:
        assert connection.execute("SELECT count(*) FROM ledger.entry").fetchone() == (1,)
