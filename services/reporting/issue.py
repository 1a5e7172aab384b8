"""Issuing a report: its bytes and hash are kept permanently. Issuing it again adds a new edition.

Issued reports are the only data here that cannot be made again from the ledger. Their table is separate from the views.
Rows are only added. They contain no person's name, so erasing a person changes no report.

What a clerk asked for is in ``reporting.asked`` until its edition is kept: see ``issuing.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec
import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    func,
    insert,
    select,
)

from services.reporting.history import snapshot
from services.reporting.pages import report_page
from services.reporting.parts.update import areas_to_answer
from services.reporting.reports.definition import definition
from services.reporting.reports.make import make, update_scope
from shared.contracts.misfit import explain
from shared.contracts.nouns import AreaOfInterestSlug, UpdateSlug
from shared.runtime.deciding.answers import KeyReused
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.queries import Queries
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry
from shared.values.refusals import Refusal, Unknown
from shared.values.rule import Broken, rule

queries = Queries()


class ReportLags(Refusal):
    """A report can be issued only when reporting has followed the ledger to its end."""

    clause = "design 11"
    remedy = "Issue it again in a moment. If the lag does not get smaller, tell the operator."
    status = 503


class IssueUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request to issue an update."""

    not_yet_answered: tuple[AreaOfInterestSlug, ...] = ()
    """The areas of interest that the report will show as not yet answered."""


def read_request(body: Mapping[str, object]) -> IssueUpdate:
    """The contents of a body. Raises ``msgspec.ValidationError``, which names the field."""
    try:
        return msgspec.convert(body, IssueUpdate)
    except msgspec.ValidationError as error:
        raise explain(error, IssueUpdate) from None


@rule(
    "CAN-8",
    problem="area-not-answered",
    remedy="Answer each area in this update, or name it in not_yet_answered: the report then says so.",
)
def areas_of_interest_are_answered(unanswered: Mapping[str, str], accepted: Collection[str]) -> Broken | None:
    """A report is issued once it answers every area of interest, or the clerk accepts by name that it does not yet.

    ``unanswered``: what the body asked, by area.
    """
    areas = [area for area in unanswered if area not in accepted]
    if areas:
        asked = "; ".join(f"{area} ({unanswered[area]!r})" for area in areas)
        return Broken(f"The update has no answer about {asked}.", areas=areas)
    return None


@rule(
    "CAN-8",
    problem="area-not-waiting",
    remedy="Leave it out of not_yet_answered, or check the name.",
    status=422,
)
def only_what_has_no_answer_is_not_yet_answered(
    unanswered: Collection[str], answered: Collection[str], accepted: Collection[str]
) -> Broken | None:
    """Only an area of interest that the update is to answer and does not is accepted as not yet answered."""
    for area in accepted:
        if area in answered:
            return Broken(f"The update answers {area!r}.", field="$.not_yet_answered")
        if area not in unanswered:
            return Broken(f"The update has no area of interest {area!r} to answer.", field="$.not_yet_answered")
    return None


@dataclass(frozen=True)
class AskedIssue:
    """An issue that a clerk asked for."""

    partnership: str
    update: str
    key: str
    """The idempotency key."""
    caller: str
    """The subject of the clerk's token."""
    issued_by: str
    """The actor, such as ``clerk:c-1``."""
    issued_at: dt.datetime


class Edition(msgspec.Struct, frozen=True):
    """One issued report, without its bytes."""

    update: str
    edition: int
    issued_at: dt.datetime
    issued_by: str
    """The actor, such as ``clerk:c-1``."""
    ledger_position: int
    json_sha256: str
    """The hash of the JSON as it was issued, in hex."""
    html_sha256: str
    """The hash of the HTML as it was issued, in hex."""


class Issued(msgspec.Struct, frozen=True):
    """An edition with its bytes, exactly as they were issued."""

    edition: Edition
    json: bytes
    html: bytes


def create_issued(connection: psycopg.Connection, role: str) -> None:
    """Create the tables, as the owner. The role can only add and read issued reports."""
    connection.execute(_TABLES)
    for granted in ("SELECT, INSERT ON reporting.issued", "SELECT, INSERT, DELETE ON reporting.asked"):
        connection.execute(sql.SQL(f"GRANT {granted} TO {{role}}").format(role=sql.Identifier(role)))


_TABLES = """
CREATE TABLE IF NOT EXISTS reporting.issued (
    partnership     text        NOT NULL,
    update          text        NOT NULL,
    edition         integer     NOT NULL CHECK (edition >= 1),
    issued_at       timestamptz NOT NULL,
    issued_by       text        NOT NULL,
    ledger_position bigint      NOT NULL,
    json            bytea       NOT NULL,
    html            bytea       NOT NULL,
    json_sha256     bytea       NOT NULL CHECK (json_sha256 = sha256(json)),
    html_sha256     bytea       NOT NULL CHECK (html_sha256 = sha256(html)),
    idempotency_key text        NOT NULL,
    PRIMARY KEY (partnership, update, edition),
    UNIQUE (partnership, idempotency_key)
);
CREATE TABLE IF NOT EXISTS reporting.asked (
    partnership text        NOT NULL,
    update      text        NOT NULL,
    key         text        NOT NULL,
    caller      text        NOT NULL,
    issued_by   text        NOT NULL,
    issued_at   timestamptz NOT NULL,
    PRIMARY KEY (partnership, key)
)
"""
_issued = Table(
    "issued",
    MetaData(schema="reporting"),
    Column("partnership", Text, primary_key=True),
    Column("update", Text, primary_key=True),
    Column("edition", BigInteger, primary_key=True),
    Column("issued_at", DateTime(timezone=True)),
    Column("issued_by", Text),
    Column("ledger_position", BigInteger),
    Column("json", LargeBinary),
    Column("html", LargeBinary),
    Column("json_sha256", LargeBinary),
    Column("html_sha256", LargeBinary),
    Column("idempotency_key", Text),
)
_without_bytes = select(
    *(_issued.c[name] for name in ("update", "edition", "issued_at", "issued_by", "ledger_position")),
    *(func.encode(_issued.c[name], "hex").label(name) for name in ("json_sha256", "html_sha256")),
)
"""As ``Edition`` has them: a list of editions reads no report."""
_with_bytes = _without_bytes.add_columns(_issued.c.json, _issued.c.html)
_ask = sqlalchemy.text(
    "INSERT INTO reporting.asked (partnership, update, key, caller, issued_by, issued_at)"
    " VALUES (:partnership, :update, :key, :caller, :issued_by, :issued_at) ON CONFLICT DO NOTHING"
)
_asked_under = sqlalchemy.text("SELECT update FROM reporting.asked WHERE partnership = :partnership AND key = :key")
_every_asked = sqlalchemy.text(
    "SELECT partnership, update, key, caller, issued_by, issued_at FROM reporting.asked ORDER BY issued_at"
)
_forget = sqlalchemy.text("DELETE FROM reporting.asked WHERE partnership = :partnership AND key = :key")
_one_at_a_time = sqlalchemy.text("SELECT pg_advisory_xact_lock(hashtextextended('issued/' || :partnership, 0))")


def ask(
    engine: sqlalchemy.Engine, asked: AskedIssue, *, ledger_size: int, not_yet_answered: Collection[str] = ()
) -> Issued | None:
    """Check whether an update can be issued as it is now, and keep that it was asked for.

    The edition that was issued under the same key before, if there is one. ``ledger_size``: the number of entries that
    the ledger has just given. ``not_yet_answered``: the areas of interest that the clerk accepts as not yet answered.
    Raises ``ReportLags`` if reporting has not followed that far, ``Unknown`` if no such update was commissioned,
    ``KeyReused``, and the refusals of the rules above.
    """
    with snapshot(engine) as connection:
        earlier = _earlier(connection, asked)
        if earlier is not None:
            return earlier
        scope = update_scope(connection, asked.partnership, asked.update)
        areas = areas_to_answer(scope)
    followed = scope.history.position
    if followed < ledger_size:
        behind = ledger_size - followed
        raise ReportLags(
            f"Reporting has followed the ledger to {followed} of {ledger_size} events: {behind} behind.",
            followed=followed,
            ledger_size=ledger_size,
            behind=behind,
        )
    unanswered = {named.event.area_of_interest: named.event.text for named, answer in areas if answer is None}
    answered = {named.event.area_of_interest for named, answer in areas if answer is not None}
    only_what_has_no_answer_is_not_yet_answered(unanswered, answered, not_yet_answered)
    areas_of_interest_are_answered(unanswered, not_yet_answered)
    with engine.begin() as connection:
        connection.execute(_ask, vars(asked))
        update = connection.execute(_asked_under, vars(asked)).scalar()
        _is_of(asked, update or asked.update)
    return None


def waiting(engine: sqlalchemy.Engine) -> list[AskedIssue]:
    """What was asked for and has no edition yet, the first asked first."""
    with engine.connect() as connection:
        return [AskedIssue(*row) for row in connection.execute(_every_asked)]


def forget(engine: sqlalchemy.Engine, asked: AskedIssue) -> None:
    """Forget what was asked for and refused."""
    with engine.begin() as connection:
        connection.execute(_forget, vars(asked))


def issue(engine: sqlalchemy.Engine, asked: AskedIssue) -> Issued:
    """Keep an update as it is now as its next edition; the same key gives the same edition again.

    Raises ``Unknown`` when no such update was commissioned, and ``KeyReused``.
    """
    with snapshot(engine) as connection:
        report = make(definition("cabinet"), update_scope(connection, asked.partnership, asked.update))
    with engine.begin() as connection:
        connection.execute(_one_at_a_time, vars(asked))
        connection.execute(_forget, vars(asked))
        earlier = _earlier(connection, asked)
        if earlier is not None:
            return earlier
        highest = select(func.max(_issued.c.edition)).where(_of(asked.partnership, asked.update))
        edition = (connection.execute(highest).scalar_one() or 0) + 1
        issued = report.issued(edition, asked.issued_at)
        json, html = msgspec.json.encode(issued), report_page(issued).encode()
        connection.execute(
            insert(_issued).values(
                partnership=asked.partnership,
                update=asked.update,
                edition=edition,
                issued_at=asked.issued_at,
                issued_by=asked.issued_by,
                ledger_position=issued.ledger_position,
                json=json,
                html=html,
                json_sha256=func.sha256(json),
                html_sha256=func.sha256(html),
                idempotency_key=asked.key,
            )
        )
        return edition_of(connection, asked.partnership, asked.update, edition)


@queries.gets("/updates/{update}/editions")
def editions(reading: ReadContext, update: UpdateSlug, page: Page) -> list[Edition]:
    """The editions of an update that were issued, the oldest first."""
    rows = page.rows(reading, _without_bytes.where(_of(reading.partnership, update)), _issued.c.edition)
    return [as_entry(Edition, row) for row in rows]


def edition_of(connection: sqlalchemy.Connection, partnership: str, update: str, edition: int) -> Issued:
    """One issued report. Raises ``Unknown``."""
    statement = _with_bytes.where(_of(partnership, update), _issued.c.edition == edition)
    found = connection.execute(statement).mappings().first()
    if found is None:
        raise Unknown(f"Edition {edition} of the update {update!r} has not been issued in {partnership!r}.")
    return _as_issued(found)


def _earlier(connection: sqlalchemy.Connection, asked: AskedIssue) -> Issued | None:
    statement = _with_bytes.where(_issued.c.partnership == asked.partnership, _issued.c.idempotency_key == asked.key)
    found = connection.execute(statement).mappings().first()
    if found is None:
        return None
    _is_of(asked, found["update"])
    return _as_issued(found)


def _is_of(asked: AskedIssue, update: str) -> None:
    if update != asked.update:
        raise KeyReused(f"The Idempotency-Key was used to issue the update {update!r}.")


def _of(partnership: str, update: str) -> ColumnElement[bool]:
    return and_(_issued.c.partnership == partnership, _issued.c["update"] == update)


def _as_issued(row: sqlalchemy.RowMapping) -> Issued:
    return Issued(as_entry(Edition, row), bytes(row["json"]), bytes(row["html"]))
