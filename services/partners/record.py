"""The permanent record of partners' events and their answers. An answer is stored before it is given.

A row is inserted before an event is handed to its service (``received``). So of two events with one id, the first to
arrive is *the* event, whatever its result. The row never holds the event's content, except sealed while it is parked:
the ledger has what was recorded, and an erased person stays erased.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.partners.answers import SubmissionAnswer
from services.partners.envelope import PartnerEvent
from shared.runtime.ground.clock import NewId
from shared.runtime.identity.sealing import PeopleKey, keyed_digest, open_sealed, seal


class State(enum.StrEnum):
    """The present state of an event."""

    RECEIVED = "received"
    """Handed to its service, without a final answer yet."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PARKED = "parked"
    """It could not be processed, and a clerk must look at it."""
    DISMISSED = "dismissed"


submission = Table(
    "submission",
    MetaData(schema="partners"),
    Column("number", BigInteger, nullable=False),
    Column("submission", Text, primary_key=True),
    Column("partnership", Text),
    Column("organisation", Text),
    Column("source", Text),
    Column("id", Text),
    Column("type", Text),
    Column("channel", Text),
    Column("caller", Text),
    Column("digest", LargeBinary),
    Column("state", Text),
    Column("faults", Integer),
    Column("answer", LargeBinary),
    Column("content", Text),
    Column("received_at", DateTime(timezone=True)),
    Column("answered_at", DateTime(timezone=True)),
    Column("turn_ends", DateTime(timezone=True)),
)

TURN_LENGTH = dt.timedelta(seconds=20)
"""How long a task has the turn to decide an event: longer than a service may take. A dead task loses its turn then."""

_free = or_(submission.c.turn_ends.is_(None), submission.c.turn_ends < func.now())
waits_for_clerk = submission.c.content.is_not(None)
"""Parked, or being tried again by a task that may have died since."""


def create_submissions(connection: psycopg.Connection, role: str) -> None:
    """Create the table, as the owner. An unreadable event has neither source nor id."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS partners.submission ("
        " number bigint GENERATED ALWAYS AS IDENTITY, submission text PRIMARY KEY,"
        " partnership text NOT NULL, organisation text NOT NULL, source text, id text, type text,"
        " channel text NOT NULL, caller text NOT NULL, digest bytea NOT NULL, state text NOT NULL,"
        " faults integer NOT NULL DEFAULT 0, answer bytea, content text,"
        " received_at timestamptz NOT NULL DEFAULT now(), answered_at timestamptz,"
        " UNIQUE (partnership, organisation, source, id))"
    )
    connection.execute(
        "CREATE INDEX IF NOT EXISTS submission_listed ON partners.submission (partnership, organisation, state, number)"
    )
    connection.execute(
        "CREATE INDEX IF NOT EXISTS submission_newest ON partners.submission (partnership, organisation, number)"
    )
    connection.execute("ALTER TABLE partners.submission ADD COLUMN IF NOT EXISTS turn_ends timestamptz")
    connection.execute("DROP INDEX IF EXISTS partners.submission_parked")
    connection.execute(
        "CREATE INDEX IF NOT EXISTS submission_waiting ON partners.submission (number) WHERE content IS NOT NULL"
    )
    connection.execute(
        sql.SQL("GRANT SELECT, INSERT, UPDATE ON partners.submission TO {}").format(sql.Identifier(role))
    )


def standing() -> sqlalchemy.ColumnElement[str]:
    """A submission's state for a clerk's decision: parked, unless it is being tried again at this moment."""
    return case((waits_for_clerk & _free, State.PARKED.value), else_=submission.c.state)


@dataclass(frozen=True)
class Sender:
    """The sender of an event."""

    partnership: str
    organisation: str
    caller: str
    """The subject of the token it came with."""
    channel: str
    """``http``, ``csv``, ``nats``, ``jetstream`` or ``grpc``."""


@dataclass(frozen=True)
class StoredSubmission:
    """The stored row of an event."""

    submission: str
    state: State
    digest: bytes
    answer: bytes | None
    """The final answer, byte for byte as given."""
    turn_ends: dt.datetime | None = None
    """The end of the caller's turn to decide it; None if it has its answer, or if another task is deciding it."""


class Submissions:
    """The table of submissions. It is synchronous, so endpoints call it in a thread."""

    def __init__(self, engine: sqlalchemy.Engine, people_key: PeopleKey, new_id: NewId) -> None:
        self._engine = engine
        self._secret = people_key.secret_for("digests of partners' events")
        self._sealing = people_key.secret_for("parked events of partners")
        self._new_id = new_id

    def digest(self, event: PartnerEvent) -> bytes:
        """A digest of the event's content."""
        return event.digest(self._secret)

    def claim(self, sender: Sender, event: PartnerEvent) -> StoredSubmission:
        """The event's row, inserted if it is new. Only the task that has the turn (``turn_ends``) decides the event."""
        mine, digest = self._new_id(), self.digest(event)
        row = {
            "submission": mine,
            "partnership": sender.partnership,
            "organisation": sender.organisation,
            "source": event.source,
            "id": event.id,
            "type": event.type,
            "channel": sender.channel,
            "caller": sender.caller,
            "digest": digest,
            "state": State.RECEIVED,
        }
        with self._engine.begin() as connection:
            new = insert(submission).values(**row, turn_ends=func.now() + TURN_LENGTH).on_conflict_do_nothing()
            again = (
                update(submission)
                .where(*_is(sender, event), submission.c.state == State.RECEIVED, submission.c.digest == digest, _free)
                .values(turn_ends=func.now() + TURN_LENGTH)
            )
            for statement in (new, again):
                turn = connection.execute(
                    statement.returning(submission.c.submission, submission.c.turn_ends)
                ).one_or_none()
                if turn is not None:
                    return StoredSubmission(turn.submission, State.RECEIVED, digest, None, turn.turn_ends)
            found = _known(connection, sender, event)
            assert found is not None
            return found

    def known(self, sender: Sender, event: PartnerEvent) -> StoredSubmission | None:
        """The event's row; None if it has not come before."""
        with self._engine.connect() as connection:
            return _known(connection, sender, event)

    def leave(self, known: StoredSubmission) -> None:
        """End the turn at an event that could not be decided, so that another task can try."""
        with self._engine.begin() as connection:
            connection.execute(
                update(submission)
                .where(submission.c.submission == known.submission, submission.c.turn_ends == known.turn_ends)
                .values(turn_ends=None)
            )

    def keep(self, key: str, answer: SubmissionAnswer) -> bytes:
        """Keep a final answer, and return the answer to give: an earlier final answer takes precedence."""
        encoded = msgspec.json.encode(answer)
        with self._engine.begin() as connection:
            kept = connection.execute(
                update(submission)
                .where(submission.c.submission == key, submission.c.state.in_([State.RECEIVED, State.PARKED]))
                .values(
                    state=State.ACCEPTED if answer.accepted else State.REJECTED,
                    answer=encoded,
                    answered_at=func.now(),
                    content=None,
                    turn_ends=None,
                )
            )
            if kept.rowcount == 1:
                return encoded
            earlier = connection.execute(select(submission.c.answer).where(submission.c.submission == key)).scalar_one()
            return bytes(earlier)

    def count_fault(self, key: str) -> int:
        """Count a fault caused by an event, and return how many there were."""
        with self._engine.begin() as connection:
            statement = update(submission).where(submission.c.submission == key)
            counted = connection.execute(
                statement.values(faults=submission.c.faults + 1).returning(submission.c.faults)
            )
            return int(counted.scalar_one())

    def park(self, key: str, content: bytes, answer: SubmissionAnswer) -> None:
        """Park an event for a clerk, with its sealed content and the answer given meanwhile."""
        with self._engine.begin() as connection:
            connection.execute(
                update(submission)
                .where(submission.c.submission == key, submission.c.state == State.RECEIVED)
                .values(
                    state=State.PARKED,
                    content=seal(self._sealing, content.decode("latin-1"), key),
                    answer=msgspec.json.encode(answer),
                    answered_at=func.now(),
                    turn_ends=None,
                )
            )

    def park_unreadable(self, sender: Sender, content: bytes, answer: SubmissionAnswer) -> None:
        """Park an unreadable message. Without an id, repeats cannot be recognised."""
        key = self._new_id()
        with self._engine.begin() as connection:
            connection.execute(
                insert(submission).values(
                    submission=key,
                    partnership=sender.partnership,
                    organisation=sender.organisation,
                    channel=sender.channel,
                    caller=sender.caller,
                    digest=keyed_digest(self._secret, content),
                    state=State.RECEIVED,
                )
            )
        self.park(key, content, answer)

    def parked(self, partnership: str, key: str) -> tuple[Sender, bytes] | None:
        """A parked event's sender and content; None if it is not parked, or no longer."""
        statement = select(submission).where(
            submission.c.partnership == partnership,
            submission.c.submission == key,
            waits_for_clerk,
        )
        with self._engine.connect() as connection:
            found = connection.execute(statement).one_or_none()
        if found is None:
            return None
        sender = Sender(found.partnership, found.organisation, found.caller, found.channel)
        return sender, open_sealed(self._sealing, found.content, key).encode("latin-1")

    def try_again(self, key: str) -> bool:
        """Take a parked event to try it again. Returns false if another caller was quicker."""
        statement = (
            update(submission)
            .where(submission.c.submission == key, waits_for_clerk, _free)
            .values(state=State.RECEIVED, faults=0, answer=None, answered_at=None)
        )
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount == 1

    def count_parked(self) -> int:
        """The number of events that wait for a clerk, in all partnerships."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).where(waits_for_clerk)).scalar_one()


def _is(sender: Sender, event: PartnerEvent) -> Sequence[sqlalchemy.ColumnElement[bool]]:
    return (
        submission.c.partnership == sender.partnership,
        submission.c.organisation == sender.organisation,
        submission.c.source == event.source,
        submission.c.id == event.id,
    )


def _known(connection: sqlalchemy.Connection, sender: Sender, event: PartnerEvent) -> StoredSubmission | None:
    found = connection.execute(
        select(submission.c.submission, submission.c.state, submission.c.digest, submission.c.answer).where(
            *_is(sender, event)
        )
    ).one_or_none()
    if found is None:
        return None
    answer = None if found.answer is None else bytes(found.answer)
    return StoredSubmission(found.submission, State(found.state), bytes(found.digest), answer)
