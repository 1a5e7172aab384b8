"""What a partner's system is told: the same at every door, and the same again for the same event.

An answer is *final* when the event was decided: accepted, with what was recorded, or rejected, with the problem. It is
kept before it is given. What is not final (a service or its database is away, too busy, too fast) says "send it again"
and is not kept.
"""

from __future__ import annotations

import msgspec

from shared.runtime.deciding.answers import Answer
from shared.runtime.endpoints.problems import Problem
from shared.values.refusals import Refusal


class RecordedFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event that was recorded; at a dry run, that would be."""

    type: str
    subject: str
    version: int
    id: str = ""
    receipt: str = ""
    """Where its proof lies as soon as the ledger has it: ``/ledger/receipts/….tlog-proof``."""


class SubmissionAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one event of a partner."""

    accepted: bool
    final: bool
    """Whether it stays so. If not: send the same event again."""
    source: str = ""
    id: str = ""
    type: str = ""
    events: tuple[RecordedFact, ...] = ()
    """What was recorded, in order; empty where nothing had to be."""
    at: str = ""
    """Where the facts stand in the service that recorded them: ``projects=12``."""
    problem: Problem | None = None
    dry_run: bool = False
    """True: nothing was recorded, and nothing was kept."""


class Dismissed(Refusal):
    """An event that was dismissed stays dismissed."""

    clause = "design 8"
    remedy = "Send what should be recorded as a new event, with an id of its own."


class Parked(Refusal):
    """An event that cannot be read, or fails three times, is parked so that it does not hold up others."""

    clause = "design 8"
    remedy = "Nothing for now: the clerk tries it again or dismisses it, and your list of submissions shows which."
    status = 503


class EventIdReused(Refusal):
    """An event's source and id belong to one content for ever."""

    clause = "CloudEvents 1.0.2, id"
    remedy = "Give another event another id. To repeat this one, send it exactly as it was."
    status = 422


class ServiceUnavailable(Refusal):
    """Only the service that an event concerns answers it."""

    clause = "design 8"
    remedy = "Send the same event again: it is recorded once."
    status = 503


def recorded(answer: Answer, *, dry_run: bool) -> tuple[RecordedFact, ...]:
    """A service's answer as a partner sees it."""
    return tuple(
        RecordedFact(event.type, event.subject, event.version)
        if dry_run
        else RecordedFact(event.type, event.subject, event.version, event.id, f"/ledger/receipts/{event.id}.tlog-proof")
        for event in answer.events
    )


def is_final(problem: Problem) -> bool:
    """Whether the same event would be refused for ever, rather than for now."""
    return problem.status < 500 and problem.status not in (401, 429)
