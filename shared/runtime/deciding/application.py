"""Load, decide, save: how every command of every deciding service becomes facts, once, or nothing.

``Application.execute`` checks the caller, looks for an earlier answer under the same idempotency key, runs the
handler on a fresh ``UnitOfWork`` and saves all its facts in one transaction together with the answer. When another
command was quicker on the same subject, the handler runs again on the newer state and the rules are checked again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import psycopg
import sqlalchemy
from eventsourcing.persistence import IntegrityError
from msgspec import UNSET
from psycopg import sql

from shared.contracts.command import Command
from shared.contracts.envelope import MAX_BYTES, CloudEvent, encode, encode_data, type_name
from shared.contracts.event import Event, decode
from shared.runtime.deciding.commands import Commands, Declared
from shared.runtime.deciding.event_store import EventStore, Recorded, Statement
from shared.runtime.ground.clock import Clock, NewId
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.principals import Principal, Role
from shared.runtime.identity.sealing import PeopleKey, keyed_digest
from shared.values.aggregate import Aggregate
from shared.values.identifiers import subject_of
from shared.values.periods import day_of
from shared.values.refusals import AlreadyThere, Forbidden, Refusal, Unknown

ATTEMPTS = 8
"""How often a command is decided anew when others keep being quicker; then it is refused as ``TooBusy``."""

CLOCKS_DIFFER = dt.timedelta(minutes=5)
"""By how much a partner's clock may be ahead of ours before what it says is wrong for good."""

NO_TELEMETRY = Telemetry("folkmoot")
"""Traces nothing."""

A = TypeVar("A", bound=Aggregate)


class StaleVersion(Refusal):
    """A change made on an old version is refused, so that nobody overwrites what they have not seen."""

    clause = "RFC 9110 §13.1.1"
    remedy = "Read the present version (its ETag), and decide again."
    status = 412


class KeyReused(Refusal):
    """An idempotency key belongs to one body for ever."""

    clause = "design 12"
    remedy = "Send a new Idempotency-Key for a new command."
    status = 422


class NotYetHappened(Refusal):
    """What is recorded has happened: its date is never in the future."""

    clause = "design 6"
    remedy = "Give the time at which it happened, or leave happened_at out for now."
    status = 422


class TooEarly(NotYetHappened):
    """A partner's event that lies minutes ahead waits until its time has come: clocks differ, and ids are for ever."""

    remedy = "Send it again in a few minutes, and compare your clock with another."
    status = 503


class OutOfRange(Refusal):
    """Dates of a partnership lie between 1900 and 2199."""

    clause = "design 6"
    remedy = "Check the year."
    status = 422


class EntryTooLarge(Refusal):
    """An event fits into an entry of the log, 65,535 bytes at most."""

    clause = "design 9"
    remedy = "Shorten the texts, or split the command."
    status = 413


class TooBusy(Refusal):
    """Commands on one subject are decided one after another."""

    clause = "design 8"
    remedy = "Send the command again."
    status = 503


class RecordedEvent(msgspec.Struct, frozen=True):
    """One event of an answer."""

    id: str
    type: str
    subject: str
    version: int


class Answer(msgspec.Struct, frozen=True):
    """What a command is answered with once its facts are committed."""

    events: tuple[RecordedEvent, ...]
    """What was recorded, in order; empty when the command changed nothing."""

    @property
    def version(self) -> int:
        """The version of the first subject touched: its ETag."""
        first = self.events[0].subject if self.events else None
        return max((e.version for e in self.events if e.subject == first), default=0)


@dataclass(frozen=True)
class Request:
    """The circumstances of a command: who, for whom, under which key, following what."""

    principal: Principal
    partnership: str
    key: str | None = None
    """Idempotency key: the same key with the same command has the same answer for ever."""
    if_match: int | None = None
    """The version the caller saw of the first subject touched."""
    cause: CloudEvent | None = None
    """The event this reacts to."""
    traceparent: str | None = None
    dry_run: bool = False
    """Decide as ever, and save nothing."""


class UnitOfWork:
    """One command at work: loads aggregates, gathers facts, keeps what must be saved with them."""

    def __init__(
        self,
        store: EventStore,
        views: sqlalchemy.Engine,
        request: Request,
        command: Command,
        clock: Clock,
        new_id: NewId,
        people_key: PeopleKey,
    ) -> None:
        self.people_key = people_key
        """What seals people's keys; only membership uses it."""
        self._store = store
        self._views = views
        self._request = request
        self._command = command
        self.new_id = new_id
        # What follows from an event is recorded no earlier than the event, whatever this service's clock says: one that
        # is behind would have the reaction refused as not yet happened, and nobody would ask again.
        self.recorded_at = max(clock(), request.cause.recordedtime) if request.cause else clock()
        self.happened_at = command.happened_at or (request.cause.time if request.cause else self.recorded_at)
        if self.happened_at > self.recorded_at:
            clocks_differ = self._only_a_partner and self.happened_at - self.recorded_at <= CLOCKS_DIFFER
            refusal = TooEarly if clocks_differ else NotYetHappened
            raise refusal(f"{self.happened_at.isoformat()} lies after now, {self.recorded_at.isoformat()}.")
        self._correlation = request.cause.correlationid if request.cause else new_id()
        self._connection: sqlalchemy.Connection | None = None
        self._loaded: dict[str, Aggregate] = {}
        self.pending: list[Recorded] = []
        self.companions: list[Statement] = []
        """Rows that must live or die with the facts."""

    @property
    def partnership(self) -> str:
        return self._request.partnership

    @property
    def principal(self) -> Principal:
        return self._request.principal

    @property
    def today(self) -> dt.date:
        """The date on which it happened, by the clocks of the partnership."""
        return day_of(self.happened_at)

    @property
    def came_on(self) -> dt.date:
        """The day by which a deadline of the partnership is judged: a partner cannot put its own past it.

        Who keeps the record may enter later what came in time; a partner's word on when it came is not taken.
        """
        return day_of(self.recorded_at) if self._only_a_partner else self.today

    @property
    def _only_a_partner(self) -> bool:
        roles = self.principal.roles
        return Role.PARTNER in roles and roles.isdisjoint({Role.CLERK, Role.CHAIR, Role.SERVICE})

    def load(self, kind: type[A], slug: str) -> A:
        """The thing as its facts have made it so far; ``exists`` is false when there are none."""
        subject = subject_of(self.partnership, kind.noun, slug)
        found = self._loaded.get(subject)
        if found is None:
            found = kind(self.partnership, slug)
            for recorded in self._store.facts_of(subject):
                found.apply(recorded.fact)
                found.version = recorded.originator_version
            self._loaded[subject] = found
        assert isinstance(found, kind)
        return found

    def existing(self, kind: type[A], slug: str) -> A:
        """The thing, which must exist. Raises ``Unknown``."""
        found = self.load(kind, slug)
        if not found.exists:
            raise Unknown(f"There is no {kind.noun} {slug!r} in {self.partnership!r}.")
        return found

    def new(self, kind: type[A], slug: str) -> A:
        """A thing that must not exist yet. Raises ``AlreadyThere``."""
        found = self.load(kind, slug)
        if found.exists:
            raise AlreadyThere(f"There is a {kind.noun} {slug!r} in {self.partnership!r} already.")
        return found

    def rows(self, statement: sqlalchemy.Select[Any]) -> Sequence[sqlalchemy.Row[Any]]:
        """Rows of this service's own views: what it has learnt of other services' facts."""
        if self._connection is None:
            self._connection = self._views.connect()
        return self._connection.execute(statement).all()

    def close(self) -> None:
        """Give back what was borrowed for reading."""
        if self._connection is not None:
            self._connection.close()

    def record(self, aggregate: Aggregate, *facts: Event) -> None:
        """Add facts to an aggregate's history; they are saved when the handler returns."""
        if not self.pending and self._request.if_match not in (None, aggregate.version):
            raise StaleVersion(
                f"You saw version {self._request.if_match} of {aggregate.noun} {aggregate.slug!r};"
                f" the present one is {aggregate.version}.",
                version=aggregate.version,
            )
        for fact in facts:
            name = type_name(fact)
            data = encode_data(fact)
            decode(name, data)  # a fact that could not be loaded again must not be stored: that is a fault of ours
            cause = self._request.cause
            envelope = CloudEvent(
                id=self.new_id(),
                source=f"/{name.partition('.')[0]}",
                type=name,
                subject=subject_of(self.partnership, aggregate.noun, aggregate.slug),
                subjectversion=aggregate.version + 1,
                partnership=self.partnership,
                time=self.happened_at,
                recordedtime=self.recorded_at,
                actor=self.principal.actor,
                authority=self._command.authority or (cause.authority if cause else f"office: {self.principal.actor}"),
                correlationid=self._correlation,
                causationid=cause.id if cause else UNSET,
                traceparent=self._request.traceparent or UNSET,
                data=data,
            )
            entry = encode(envelope)
            if len(entry) > MAX_BYTES:
                raise EntryTooLarge(f"{name} would be an entry of {len(entry):,} bytes.")
            aggregate.apply(fact)
            aggregate.version += 1
            self.pending.append(Recorded(envelope, fact, entry))

    @property
    def answer(self) -> Answer:
        return Answer(
            tuple(
                RecordedEvent(r.envelope.id, r.envelope.type, r.envelope.subject, r.envelope.subjectversion)
                for r in self.pending
            )
        )


class Application:
    """A deciding service's commands on its event store. Synchronous (the library is): doors call it in a thread."""

    def __init__(
        self,
        commands: Commands,
        store: EventStore,
        views: sqlalchemy.Engine,
        *,
        clock: Clock,
        new_id: NewId,
        people_key: PeopleKey,
        telemetry: Telemetry = NO_TELEMETRY,
        saved: Callable[[int], None] = lambda sequence: None,
    ) -> None:
        """``saved`` is called with the highest sequence number of each save, from the thread that saved."""
        self.commands = commands
        self.store = store
        self.views = views
        self._clock = clock
        self._new_id = new_id
        self._people_key = people_key
        # Keyed, because a command's body may hold a name, and digests are stored (design 10).
        self._digest_secret = people_key.secret_for("digests of commands")
        self._saved = saved
        self._telemetry = telemetry
        self._answers = sql.Identifier(commands.service, "answer")

    def execute(self, declared: Declared, command: Command, request: Request) -> Answer:
        """Run a command to its answer. Raises ``Refusal``; then nothing is recorded."""
        allow(declared, command, request.principal, request.partnership)
        check_dates(command)
        digest = self._digest(declared, command) if request.key else b""
        key = self._key_of(request)
        for _ in range(ATTEMPTS):
            if request.key and not request.dry_run:
                earlier = self._earlier(key, digest)
                if earlier is not None:
                    return earlier
            unit = UnitOfWork(self.store, self.views, request, command, self._clock, self._new_id, self._people_key)
            with closing(unit):
                declared.handler(command, unit)
            answer = unit.answer
            if request.dry_run:
                return answer
            if request.key:
                unit.companions.append(self._keep(key, digest, answer))
            if not unit.pending and not unit.companions:
                return answer
            try:
                self._save(unit)
            except IntegrityError:
                # Another command was quicker, or this very one was committed before a broken connection said so.
                if unit.pending and self._is_recorded(unit.pending[0]):
                    return answer
                continue
            return answer
        raise TooBusy(f"{declared.name} was overtaken {ATTEMPTS} times by other commands on the same subject.")

    @property
    def sequence(self) -> int:
        """The source's highest sequence number so far; 0 when it has recorded nothing."""
        return self.store.recorder.max_notification_id() or 0

    def _save(self, unit: UnitOfWork) -> None:
        if not unit.pending:
            with self.store.source_recorder.datastore.transaction(commit=True) as cursor:
                for statement, parameters in unit.companions:
                    cursor.execute(statement, parameters)
            return
        with self._telemetry.span(
            f"save {unit.pending[0].envelope.type}", attributes={"folkmoot.facts": len(unit.pending)}
        ):
            recordings = self.store.save(*unit.pending, companions=unit.companions)
        self._saved(max(recording.notification.id for recording in recordings))

    def _is_recorded(self, recorded: Recorded) -> bool:
        return any(r.envelope.id == recorded.envelope.id for r in self.store.facts_of(recorded.originator_id))

    def _digest(self, declared: Declared, command: Command) -> bytes:
        return keyed_digest(self._digest_secret, declared.name.encode() + msgspec.json.encode(command))

    def _key_of(self, request: Request) -> str:
        # Keys are the caller's own: two callers may use the same one. Hashed, so that its length is ours.
        return hashlib.sha256(f"{request.partnership}\n{request.principal.actor}\n{request.key}".encode()).hexdigest()

    def _earlier(self, key: str, digest: bytes) -> Answer | None:
        query = sql.SQL("SELECT digest, answer FROM {} WHERE key = %s").format(self._answers)
        with self.store.source_recorder.datastore.transaction() as cursor:
            row = cursor.execute(query, (key,)).fetchone()
        if row is None:
            return None
        if bytes(row["digest"]) != digest:
            raise KeyReused("This Idempotency-Key was used before with another command or body.")
        return msgspec.json.decode(bytes(row["answer"]), type=Answer)

    def _keep(self, key: str, digest: bytes, answer: Answer) -> Statement:
        statement = sql.SQL("INSERT INTO {} (key, digest, answer) VALUES (%s, %s, %s)").format(self._answers)
        return statement, (key, digest, msgspec.json.encode(answer))


def allow(declared: Declared, command: Command, principal: Principal, partnership: str) -> None:
    """Check role, partnership and organisation. Raises ``Forbidden`` saying what is missing (design 12)."""
    if principal.partnership is not None and principal.partnership != partnership:
        raise Forbidden(f"Your token is for the partnership {principal.partnership!r}, not for {partnership!r}.")
    held = declared.roles & principal.roles
    if not held and Role.SERVICE not in principal.roles:
        wanted = ", ".join(sorted(declared.roles))
        own = ", ".join(sorted(principal.roles))
        raise Forbidden(f"{declared.name} needs one of the roles {wanted}; your token has {own}.")
    if declared.acts_for and held == {Role.PARTNER}:
        named = getattr(command, declared.acts_for)
        if named != principal.organisation:
            raise Forbidden(f"Your token speaks for {principal.organisation!r}; {declared.acts_for} says {named!r}.")


def check_dates(value: object, path: str = "") -> None:
    """Refuse dates that no partnership means, wherever they stand. Raises ``OutOfRange``."""
    if isinstance(value, dt.date):
        if not 1900 <= value.year <= 2199:
            raise OutOfRange(f"{path} is {value.isoformat()}.", field=path)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            check_dates(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            check_dates(item, f"{path}[{number}]")


def create_answers(connection: psycopg.Connection, service: str, role: str) -> None:
    """Make the table of answers under idempotency keys, as the owner. Answers hold ids only, and are kept for ever."""
    table = sql.Identifier(service, "answer")
    connection.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} (key text PRIMARY KEY, digest bytea NOT NULL, answer bytea NOT NULL,"
            " recorded_at timestamptz NOT NULL DEFAULT now())"
        ).format(table)
    )
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(table, sql.Identifier(role)))
