"""The lists of partners' events: an organisation's own, and those that wait for the clerk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
import sqlalchemy

from services.partners.answers import SubmissionAnswer
from services.partners.record import State, submission, waits_for_clerk
from services.partners.views import recorded
from shared.contracts.nouns import OrganisationSlug
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.queries import Queries
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import as_entry
from shared.runtime.ground.problem import Problem
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Forbidden
from shared.values.roles import Role

queries = Queries()


class SubmissionEvent(msgspec.Struct, frozen=True):
    """An event recorded from a submission, and its place in the ledger."""

    id: str
    type: str
    position: int | None
    """None until this service has read it from the ledger."""
    receipt: str


class ListedSubmission(msgspec.Struct, frozen=True):
    """A partner's event in the list of submissions."""

    submission: str
    organisation: str
    source: str | None
    id: str | None
    type: str | None
    state: State
    channel: str
    received_at: dt.datetime
    answered_at: dt.datetime | None
    events: list[SubmissionEvent]
    problem: Problem | None


@queries.gets("/{organisation}/submissions")
def submissions(
    reading: ReadContext, organisation: OrganisationSlug, page: Page, state: State | None = None
) -> list[ListedSubmission]:
    """An organisation's events, the newest first.

    Roles: that organisation, or clerk. `state`: only events in this state.
    """
    principal = reading.principal
    if Role.PARTNER not in principal.roles or principal.organisation != organisation:
        only_the_clerk(principal, "that organisation or the clerk")
    statement = reading.select(submission, organisation=organisation)
    if state is State.PARKED:
        statement = statement.where(waits_for_clerk)
    elif state is not None:
        statement = statement.where(submission.c.state == state, ~waits_for_clerk)
    return _listed(reading, page, statement)


@queries.gets("/parked")
def parked(reading: ReadContext, page: Page) -> list[ListedSubmission]:
    """Parked events, which wait for the clerk, the newest first.

    Roles: clerk.
    """
    only_the_clerk(reading.principal)
    return _listed(reading, page, reading.select(submission).where(waits_for_clerk))


def only_the_clerk(principal: Principal, who_may: str = "the clerk") -> None:
    """Raise ``Forbidden`` for everyone else. ``who_may``: what the refusal says."""
    if not principal.roles & {Role.CLERK, Role.SERVICE}:
        raise Forbidden(f"Only {who_may} may do this.")


def _listed(
    reading: ReadContext, page: Page, statement: sqlalchemy.Select[tuple[object, ...]]
) -> list[ListedSubmission]:
    rows = page.rows(reading, statement, submission.c.number.desc())
    answers = [msgspec.json.decode(row["answer"], type=SubmissionAnswer) if row["answer"] else None for row in rows]
    positions = _positions(reading, [event.id for answer in answers if answer for event in answer.events])
    return [
        as_entry(
            ListedSubmission,
            row,
            state=State.PARKED if row["content"] is not None else row["state"],
            events=[
                SubmissionEvent(event.id, event.type, positions.get(event.id), event.receipt)
                for event in (answer.events if answer else ())
            ],
            problem=answer.problem if answer else None,
        )
        for row, answer in zip(rows, answers, strict=True)
    ]


def _positions(reading: ReadContext, ids: Sequence[str]) -> dict[str, int]:
    if not ids:
        return {}
    rows = reading.rows(sqlalchemy.select(recorded).where(recorded.c.event_id.in_(ids)))
    return {row["event_id"]: row["position"] for row in rows}
