"""The unit of work of one command: what it loads, the facts it records, and what must be saved with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from msgspec import UNSET

from shared.contracts.command import Occasion
from shared.contracts.envelope import MAX_BYTES, CloudEvent, encode, encode_data, type_name
from shared.contracts.event import Event, decode
from shared.contracts.event import subject as subject_about
from shared.contracts.nouns import NOUNS
from shared.runtime.deciding.answers import Answer, answer_of
from shared.runtime.deciding.asking import NOBODY, Asking
from shared.runtime.deciding.event_store import EventStore, Statement, StoredFact
from shared.runtime.deciding.time_limits import happened_at
from shared.runtime.ground.clock import Clock, NewId
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.identifiers import subject_of
from shared.values.refusals import AlreadyThere, Refusal, Unknown


class StaleVersion(Refusal):
    """A change must be based on the present version, so that it overwrites nothing unseen."""

    clause = "RFC 9110 §13.1.1"
    remedy = "Read the present version (its ETag), and decide again."
    status = 412


class EntryTooLarge(Refusal):
    """An event must fit into an entry of the log: at most 65,535 bytes."""

    clause = "design 9"
    remedy = "Shorten the texts, or split the command."
    status = 413


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
    occasion: Occasion = field(default_factory=Occasion)
    dry_run: bool = False
    """Decide as usual, but save nothing."""


class UnitOfWork:
    """One command in progress, used by one thread for one try. A try that lost a race is decided again from scratch."""

    def __init__(
        self,
        store: EventStore,
        views: sqlalchemy.Engine,
        request: Request,
        clock: Clock,
        new_id: NewId,
        people_key: PeopleKey,
        asking: Asking = NOBODY,
        *,
        remembered: bool = False,
    ) -> None:
        """``remembered``: decide on states as this process has them in memory; the save finds out if they are old."""
        self.asking = asking
        """How to ask other services before this is decided."""
        self.people_key = people_key
        """What seals people's keys; only membership uses it."""
        self._store = store
        self._remembered = remembered
        self._views = views
        self._request = request
        self._new_id = new_id
        cause = request.cause
        # A reaction is recorded no earlier than its event, whatever this service's clock says. If that clock is behind,
        # the reaction would be refused as not yet happened, and never tried again.
        recorded_at = max(clock(), cause.recordedtime) if cause else clock()
        self.at = Circumstances(
            partnership=request.partnership,
            happened_at=request.occasion.happened_at or (cause.time if cause else recorded_at),
            recorded_at=recorded_at,
            roles=request.principal.roles,
            organisation=request.principal.organisation,
            authority=request.occasion.authority,
        )
        self.occasion = request.occasion
        happened_at(self.at)
        self._correlation = cause.correlationid if cause else new_id()
        self._connection: sqlalchemy.Connection | None = None
        self._loaded: dict[str, Any] = {}
        self._versions: dict[str, int] = {}
        self.pending: list[StoredFact] = []
        self.companions: list[Statement] = []
        """Rows that must live or die with the facts."""

    @property
    def partnership(self) -> str:
        return self._request.partnership

    @property
    def principal(self) -> Principal:
        return self._request.principal

    def load[A: Aggregate](self, kind: type[A], *key: str) -> A:
        """The thing as its facts have made it so far; ``exists`` is false when there are none.

        The state may be shared with other threads: decisions read it and never change it.
        """
        subject = subject_of(self.partnership, kind.noun, *key)
        found = self._loaded.get(subject)
        if found is None:
            found = self._loaded[subject] = self._store.state_of(
                kind, self.partnership, key, remembered=self._remembered
            )
            self._versions[subject] = found.version
        assert isinstance(found, kind)
        return found

    def existing[A: Aggregate](self, kind: type[A], *key: str) -> A:
        """The thing, which must exist. Raises ``Unknown``."""
        found = self.load(kind, *key)
        if not found.exists:
            raise Unknown(f"There is no {self._named(kind, key)}.", field=kind.noun)
        return found

    def new[A: Aggregate](self, kind: type[A], *key: str) -> A:
        """A thing that must not exist yet. Raises ``AlreadyThere``."""
        found = self.load(kind, *key)
        if found.exists:
            article = NOUNS[kind.noun].with_article.partition(" ")[0]
            raise AlreadyThere(f"There is already {article} {self._named(kind, key)}.", field=kind.noun)
        return found

    def _named(self, kind: type[Any], key: tuple[str, ...]) -> str:
        *outer, slug = zip(NOUNS[kind.noun].key, key, strict=True)
        within = "".join(f" of {noun} {slug!r}" for noun, slug in reversed(outer))
        return f"{kind.noun.replace('_', ' ')} {slug[1]!r}{within} in {self.partnership!r}"

    def rows(self, statement: sqlalchemy.Select[Any]) -> Sequence[sqlalchemy.Row[Any]]:
        """Rows of this service's own views, which hold facts from other services."""
        if self._connection is None:
            self._connection = self._views.connect()
        return self._connection.execute(statement).all()

    def close(self) -> None:
        """Close the connection that was used for reading."""
        if self._connection is not None:
            self._connection.close()

    def add(self, *facts: Event) -> None:
        """Add facts to the histories of the things they are about, each loaded before; saved when the command ends."""
        for fact in facts:
            self._add(subject_about(self.partnership, fact), fact)

    def saved(self) -> None:
        """Keep the states after the saved facts, so that the next command need not fold them."""
        for subject, state in self._loaded.items():
            facts = [recorded.fact for recorded in self.pending if recorded.envelope.subject == subject]
            if facts:
                self._store.keep_state(subject, state.after(facts), state.version)

    @property
    def read(self) -> dict[str, int]:
        """What was loaded and gets no fact, with the version that the decision stands on."""
        written = {recorded.envelope.subject for recorded in self.pending}
        return {subject: version for subject, version in self._versions.items() if subject not in written}

    @property
    def _authority(self) -> str:
        """What was said; for a reaction the decision that its event names, or that event's own; else the office."""
        cause = self._request.cause
        if self.occasion.authority or cause is None:
            return self.occasion.authority or f"office: {self.principal.actor}"
        decision = getattr(cause.event(), "decision", None)
        return f"decision {decision}" if decision else cause.authority

    @property
    def answer(self) -> Answer:
        return answer_of(self.pending)

    def _add(self, subject: str, fact: Event) -> None:
        name = type_name(fact)
        if subject not in self._versions:
            raise LookupError(f"{name} is about {subject!r}, which the command did not load.")
        version = self._versions[subject]
        if not self.pending and self._request.if_match not in (None, version):
            raise StaleVersion(
                f"You saw version {self._request.if_match} of {subject!r}; the present version is {version}.",
                version=version,
            )
        data = encode_data(fact)
        decode(name, data)  # a fact that cannot be loaded again is a fault in our code and must not be stored
        cause = self._request.cause
        actor = self.principal.actor
        envelope = CloudEvent(
            id=self._new_id(),
            source=f"/{name.partition('.')[0]}",
            type=name,
            subject=subject,
            subjectversion=version + 1,
            partnership=self.partnership,
            time=self.at.happened_at,
            recordedtime=self.at.recorded_at,
            actor=actor,
            authority=self._authority,
            correlationid=self._correlation,
            causationid=cause.id if cause else UNSET,
            traceparent=self._request.traceparent or UNSET,
            data=data,
        )
        entry = encode(envelope)
        if len(entry) > MAX_BYTES:
            raise EntryTooLarge(f"{name} would be an entry of {len(entry):,} bytes.")
        self._versions[subject] = version + 1
        self.pending.append(StoredFact(envelope, fact, entry))
