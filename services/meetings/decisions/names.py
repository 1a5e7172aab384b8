"""The names of decisions, each given once in a partnership, whichever meeting took the decision.

A decision is a fact of its meeting and stands in the meeting's history, where attendance, interests and closing are
decided one after another with it. That history alone cannot keep another meeting from using the same name. So a name
is claimed by a row that is saved with the fact or not at all, and a second claim fails. The rows could be made again
from the events.
"""

from __future__ import annotations

import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy import MetaData, Table, Text, select

from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.refusals import AlreadyThere

_names = Table(
    "decision_name",
    MetaData(schema="meetings"),
    sqlalchemy.Column("partnership", Text, primary_key=True),
    sqlalchemy.Column("decision", Text, primary_key=True),
    sqlalchemy.Column("meeting", Text, nullable=False),
)


def claim_name(unit: UnitOfWork, decision: str, meeting: str) -> None:
    """Give a decision its name, for good. Raises ``AlreadyThere`` saying which meeting has it."""
    found = unit.rows(
        select(_names.c.meeting).where(_names.c.partnership == unit.partnership, _names.c.decision == decision)
    )
    if found:
        raise AlreadyThere(
            f"There is a decision {decision!r} of meeting {found[0].meeting!r} already.", field="decision"
        )
    # If two meetings claim it at once, the second insert fails, and its command is decided again and refused above.
    unit.companions.append(
        (
            sql.SQL("INSERT INTO meetings.decision_name (partnership, decision, meeting) VALUES (%s, %s, %s)"),
            (unit.partnership, decision, meeting),
        )
    )


def create_decision_names(connection: psycopg.Connection, role: str) -> None:
    """Make the table of names, as the owner. A name is never changed or given back."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS meetings.decision_name (partnership text, decision text, meeting text NOT NULL,"
        " PRIMARY KEY (partnership, decision))"
    )
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON meetings.decision_name TO {}").format(sql.Identifier(role)))
