"""What the partners' doors learn from the ledger: where the events stand that came of partners' events."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy
from sqlalchemy import BigInteger, Column, Table, Text
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.envelope import CloudEvent
from shared.contracts.partners import SubmissionDismissed
from shared.runtime.views import At, Row, Views, row

views = Views("partners")

recorded = Table(
    "recorded",
    views.metadata,
    Column("event_id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    schema=views.service,
)
"""Every event a partner is the actor of, and its position in the ledger."""

dismissal = views.table(
    "dismissal",
    Column("submission", Text, primary_key=True),
    Column("organisation", Text),
    Column("reason", Text),
    Column("dismissed_by", Text),
)
"""The events that were dismissed, by whom and why."""


@views.on(SubmissionDismissed)
def _(fact: SubmissionDismissed, at: At) -> Iterator[Row]:
    yield row(
        dismissal,
        submission=fact.submission,
        organisation=fact.organisation,
        reason=fact.reason,
        dismissed_by=at.envelope.actor,
    )


def keep_positions(connection: sqlalchemy.Connection, events: list[tuple[int, CloudEvent]]) -> None:
    """Remember where the events of a page stand that partners caused."""
    rows = [
        {"event_id": envelope.id, "position": position}
        for position, envelope in events
        if envelope.actor.startswith("partner:")
    ]
    if rows:
        connection.execute(insert(recorded).on_conflict_do_nothing(), rows)
