"""Issuing a report: it is kept for ever, bytes and hash, and issuing again gives a new edition beside the old.

Issued reports are the one thing here that the ledger cannot give back. Their table lies apart from the views, its rows
are only ever added, and no name of a person is in them, so that erasing somebody needs no rewriting.

What a clerk asked for stands in ``reporting.asked`` until its edition is kept: see ``issuing.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
import sqlalchemy
from psycopg import sql

from services.reporting.history import snapshot
from services.reporting.pages import report_page
from services.reporting.parts.update import areas_to_answer
from services.reporting.reports.definition import definition
from services.reporting.reports.make import make, update_scope
from shared.contracts.misfit import explain
from shared.contracts.nouns import AreaOfInterestSlug
from shared.runtime.deciding.answers import KeyReused
from shared.values.refusals import Refusal, Unknown
from shared.values.rule import Broken, rule


class ReportLags(Refusal):
    """A report is issued only when reporting has followed the ledger to its end."""

    clause = "design 11"
    remedy = "Issue it again in a moment; tell the operator if the lag does not shrink."
    status = 503


class IssueUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said when an update is issued."""

    not_yet_answered: tuple[AreaOfInterestSlug, ...] = ()
    """The areas of interest that the report is to call not yet answered."""


def read_request(body: Mapping[str, object]) -> IssueUpdate:
    """What a body says. Raises ``msgspec.ValidationError`` naming the field."""
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


@dataclass(frozen=True)
class Edition:
    """One issued report, without its bytes."""

    update: str
    edition: int
    issued_at: dt.datetime
    issued_by: str
    """The actor, such as ``clerk:c-1``."""
    ledger_position: int
    json_sha256: str
    """Of the JSON as it was issued, in hex."""
    html_sha256: str
    """Of the HTML as it was issued, in hex."""


@dataclass(frozen=True)
class Issued:
    """An edition with its bytes, exactly as they were issued."""

    edition: Edition
    json: bytes
    html: bytes


def create_issued(connection: psycopg.Connection, role: str) -> None:
    """Make the tables, as the owner; of issued reports the role may add and read, nothing else."""
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
_COLUMNS = (
    "update, edition, issued_at, issued_by, ledger_position, encode(json_sha256, 'hex'), encode(html_sha256, 'hex')"
)
"""As ``Edition`` has them."""
_add = sqlalchemy.text(
    "INSERT INTO reporting.issued (partnership, update, edition, issued_at, issued_by, ledger_position, json, html,"
    " json_sha256, html_sha256, idempotency_key) VALUES (:partnership, :update, :edition, :issued_at, :issued_by,"
    " :ledger_position, :json, :html, sha256(:json), sha256(:html), :key)"
)
_next = sqlalchemy.text(
    "SELECT coalesce(max(edition), 0) + 1 FROM reporting.issued WHERE partnership = :partnership AND update = :update"
)
_by_key = sqlalchemy.text(
    f"SELECT {_COLUMNS}, json, html FROM reporting.issued WHERE partnership = :partnership AND idempotency_key = :key"
)
_by_edition = sqlalchemy.text(
    f"SELECT {_COLUMNS}, json, html FROM reporting.issued"
    " WHERE partnership = :partnership AND update = :update AND edition = :edition"
)
_of_update = sqlalchemy.text(
    f"SELECT {_COLUMNS} FROM reporting.issued WHERE partnership = :partnership AND update = :update"
    " ORDER BY edition LIMIT :limit OFFSET :offset"
)
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

    The edition that was issued under the same key before, if there is one. ``ledger_size``: how long the ledger is,
    asked of the ledger itself a moment ago. ``not_yet_answered``: the areas of interest accepted as such. Raises
    ``ReportLags`` when reporting has not followed the ledger so far, ``Unknown`` when no such update was commissioned,
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
        edition = int(connection.execute(_next, vars(asked)).scalar_one())
        issued = report.issued(edition, asked.issued_at)
        json, html = msgspec.json.encode(issued), report_page(issued).encode()
        of_report = {"ledger_position": issued.ledger_position, "json": json, "html": html}
        connection.execute(_add, {**vars(asked), "edition": edition, **of_report})
        return _issued(connection.execute(_by_edition, {**vars(asked), "edition": edition}).one())


def editions(
    connection: sqlalchemy.Connection, partnership: str, update: str, limit: int, offset: int
) -> list[Edition]:
    """The editions of an update, oldest first."""
    parameters = {"partnership": partnership, "update": update, "limit": limit, "offset": offset}
    return [_edition(row) for row in connection.execute(_of_update, parameters)]


def edition_of(connection: sqlalchemy.Connection, partnership: str, update: str, edition: int) -> Issued:
    """One issued report. Raises ``Unknown``."""
    parameters = {"partnership": partnership, "update": update, "edition": edition}
    found = connection.execute(_by_edition, parameters).first()
    if found is None:
        raise Unknown(f"Edition {edition} of the update {update!r} has not been issued in {partnership!r}.")
    return _issued(found)


def _earlier(connection: sqlalchemy.Connection, asked: AskedIssue) -> Issued | None:
    found = connection.execute(_by_key, vars(asked)).first()
    if found is None:
        return None
    _is_of(asked, found.update)
    return _issued(found)


def _is_of(asked: AskedIssue, update: str) -> None:
    if update != asked.update:
        raise KeyReused(f"The Idempotency-Key was used to issue the update {update!r}.")


def _issued(row: sqlalchemy.Row[Any]) -> Issued:
    return Issued(_edition(row), bytes(row.json), bytes(row.html))


def _edition(row: sqlalchemy.Row[Any]) -> Edition:
    values: list[Any] = list(row[:7])
    return Edition(*values)
