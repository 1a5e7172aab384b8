"""The clerks' commands. Trying a parked event again is not one, because it records nothing here; see ``api.py``."""

from __future__ import annotations

from msgspec import json
from psycopg import sql
from sqlalchemy import select

from services.partners.answers import Dismissed, SubmissionAnswer
from services.partners.domain.submission import Submission
from services.partners.record import standing, submission
from shared.contracts.command import Command
from shared.contracts.nouns import Reason, SubmissionSlug
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.runtime.endpoints.problems import problem_of
from shared.values.refusals import Unknown
from shared.values.roles import Role

commands = Commands("partners")


class DismissSubmission(Command, frozen=True, kw_only=True):
    """Dismiss a parked event of a partner's system: nothing comes of it."""

    submission: SubmissionSlug
    reason: Reason


@commands.handles("/submissions/{submission}/dismissal", roles={Role.CLERK})
def dismiss_submission(command: DismissSubmission, unit: UnitOfWork) -> None:
    table = submission.c
    found = unit.rows(
        select(table.organisation, standing(), table.source, table.id, table.type).where(
            table.partnership == unit.partnership, table.submission == command.submission
        )
    )
    if not found:
        raise Unknown(f"There is no submission {command.submission!r} in {unit.partnership!r}.")
    organisation, state, source, event_id, event_type = tuple(found[0])
    dismissed = unit.load(Submission, command.submission)
    unit.add(dismissed.dismiss(organisation, state, command.reason))
    answer = SubmissionAnswer(
        accepted=False,
        final=True,
        source=source or "",
        id=event_id or "",
        type=event_type or "",
        problem=problem_of(Dismissed(f"The partnership's clerk dismissed it: {command.reason}")),
    )
    # The state becomes null, which the table refuses, unless a clerk may still dismiss it. Then nothing is recorded and
    # the rule is checked again.
    change = sql.SQL(
        "UPDATE partners.submission SET state ="
        " CASE WHEN content IS NOT NULL AND (turn_ends IS NULL OR turn_ends < now()) THEN 'dismissed' END,"
        " answer = %s, answered_at = now(), content = NULL WHERE submission = %s"
    )
    unit.companions.append((change, (json.encode(answer), command.submission)))
