"""A list of many events costs a page as much at its end as at its start."""

from __future__ import annotations

import pytest
import sqlalchemy
from sqlalchemy import func, insert, select, text
from stage import PARTNERSHIP, principal

from services.partners.queries import submissions
from services.partners.record import State, submission
from services.partners.service import service
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.ground.database import engine, migrate

EVENTS = 10_000
LIMIT = 200


def record_events(owner: sqlalchemy.Engine) -> None:
    """Many accepted events of the police, and one of a hundred rejected."""
    number = func.generate_series(1, EVENTS).column_valued("number")
    columns = {
        "submission": func.format("submission-%s", number),
        "partnership": text(f"'{PARTNERSHIP}'"),
        "organisation": text("'police'"),
        "id": func.format("event-%s", number),
        "channel": text("'http'"),
        "caller": text("'system'"),
        "digest": text("''::bytea"),
        "state": sqlalchemy.case((number % 100 == 0, State.REJECTED), else_=State.ACCEPTED),
    }
    with owner.begin() as connection:
        connection.execute(insert(submission).from_select([*columns], select(*columns.values())))
        connection.execute(text("ANALYZE partners.submission"))


def rows_read(owner: sqlalchemy.Engine) -> int:
    """How many rows of the table the only connection has read so far."""
    with owner.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        connection.commit()
        found = connection.execute(
            text(
                "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
                " WHERE schemaname = 'partners' AND relname = 'submission'"
            )
        )
        return int(found.scalar_one())


@pytest.mark.parametrize(("state", "expected"), [(None, EVENTS), (State.REJECTED, EVENTS // 100)])
def test_walking_through_a_long_list_reads_each_row_about_once(
    database_url: str, state: State | None, expected: int
) -> None:
    migrate(database_url, [("partners", lambda connection, role: service.create(database_url, connection, role))])
    owner = engine(database_url, pool_size=1)
    record_events(owner)
    before = rows_read(owner)
    reading = ReadContext(owner, principal(), PARTNERSHIP)
    found: list[str] = []
    page = Page(LIMIT)
    while True:
        found += [listed.submission for listed in submissions(reading, "police", page, state)]
        if page.next is None:
            break
        page = Page(LIMIT, page.next)
    read = rows_read(owner) - before
    owner.dispose()
    assert len(found) == len(set(found)) == expected
    assert read < 2 * expected
