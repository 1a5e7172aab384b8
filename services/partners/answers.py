"""Answers to partners' systems: the same at every endpoint, and the same again for the same event.

An answer is *final* when the event was decided: accepted, with the recorded facts, or rejected, with the problem. It is
kept before it is given. An answer that is not final (a service or its database is unreachable, too busy, rate limited)
asks the sender to send the event again, and is not kept.
"""

from __future__ import annotations

import msgspec

from shared.runtime.deciding.answers import Answer
from shared.runtime.ground.problem import Problem
from shared.values.refusals import Refusal


class RecordedFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One recorded event; in a dry run, one that would be recorded."""

    type: str
    subject: str
    version: int
    id: str = ""
    receipt: str = ""
    """The address of its proof, once the ledger has it: ``/ledger/receipts/….tlog-proof``."""


class SubmissionAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one event of a partner."""

    accepted: bool
    final: bool
    """Whether this answer is permanent. If not, send the same event again."""
    source: str = ""
    id: str = ""
    type: str = ""
    events: tuple[RecordedFact, ...] = ()
    """The recorded events, in order; empty if there was nothing to record."""
    at: str = ""
    """The position of the facts in the service that recorded them: ``projects=12``."""
    problem: Problem | None = None
    dry_run: bool = False
    """If true, nothing was recorded and nothing was kept."""


class Dismissed(Refusal):
    """An event that was dismissed stays dismissed."""

    clause = "design 8"
    remedy = "To record it, send a new event with a new id."


class Parked(Refusal):
    """An event that cannot be read, or fails three times, is parked so that it does not hold up others."""

    clause = "design 8"
    remedy = "Do nothing for now. The clerk tries it again or dismisses it, and your list of submissions shows which."
    status = 503


class EventIdReused(Refusal):
    """An event's source and id always identify the same content."""

    clause = "CloudEvents 1.0.2, id"
    remedy = "Give a different event a new id. To repeat this one, send exactly the same content."
    status = 422


class ServiceUnavailable(Refusal):
    """Only the service that an event concerns answers it."""

    clause = "design 8"
    remedy = "Send the same event again. It is recorded only once."
    status = 503


def recorded(answer: Answer, *, dry_run: bool) -> tuple[RecordedFact, ...]:
    """The recorded events in a service's answer, as a partner sees them."""
    return tuple(
        RecordedFact(event.type, event.subject, event.version)
        if dry_run
        else RecordedFact(event.type, event.subject, event.version, event.id, f"/ledger/receipts/{event.id}.tlog-proof")
        for event in answer.events
    )


def is_final(problem: Problem) -> bool:
    """Whether the same event would always be refused, not only now."""
    return problem.status < 500 and problem.status not in (401, 429)
