"""Facts about the database roles the services work as."""

from __future__ import annotations

import psycopg
from psycopg import sql

from shared.runtime.ground.database import conninfo, migrate, url_for


def test_an_answer_survives_a_power_cut_whatever_the_servers_default_is(database_url: str) -> None:
    """Design 8."""
    with psycopg.connect(conninfo(database_url), autocommit=True) as owner:
        name = sql.Identifier(owner.info.dbname)
        owner.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    migrate(database_url, [("meetings", lambda connection, role: None)])
    with psycopg.connect(conninfo(url_for(database_url, "meetings"))) as service:
        assert service.execute("SHOW synchronous_commit").fetchone() == ("on",)
