"""Issuing an update: meetings records that it is issued, then reporting keeps the edition. A crash parts neither.

Meetings decides whether an update may be issued, so it is asked first; from then on it neither changes nor withdraws
the update. What was asked for is kept until its edition is, and what a crash leaves behind is taken up again. Every
step may be repeated: meetings records the issue once, and the same key gives the same edition.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

import sqlalchemy
import structlog
from anyio import to_thread

from services.reporting.issue import AskedIssue, Issued, ask, forget, issue, waiting
from shared.runtime.endpoints.handing import NO_REPLY, Handing
from shared.runtime.endpoints.own_writes import WAIT_TIMEOUT_S, marks
from shared.runtime.endpoints.partner_endpoint import HandedCommand
from shared.runtime.endpoints.problems import RefusedElsewhere
from shared.runtime.following.follower import Follower, NotReached
from shared.values.refusals import Refusal

PAUSE_S = 5.0
"""Seconds between two looks for issues that were asked for and have no edition."""

RecordIssue = Callable[[AskedIssue], Awaitable[Mapping[str, int]]]
"""Has meetings record an issue, and says how far its record goes then."""

log = structlog.get_logger()


class MeetingsSilent(Refusal):
    """An update is issued once meetings has recorded that it is."""

    clause = "CAN-1"
    remedy = "Wait a moment: it is issued as soon as meetings answers. The same Idempotency-Key gives its edition."
    status = 503


class Issuing:
    """Issues updates, and takes up what was interrupted."""

    def __init__(
        self,
        engine: sqlalchemy.Engine,
        follower: Follower,
        record_issue: RecordIssue,
        patience: float = WAIT_TIMEOUT_S,
    ) -> None:
        """``patience``: how many seconds to wait until reporting has followed what meetings recorded."""
        self._engine = engine
        self._follower = follower
        self._record_issue = record_issue
        self._patience = patience

    async def issue(self, asked: AskedIssue, ledger_size: int, not_yet_answered: Collection[str]) -> Issued:
        """Issue an update as its next edition. Raises as ``ask`` and ``carry_out`` do."""
        earlier = await to_thread.run_sync(
            lambda: ask(self._engine, asked, ledger_size=ledger_size, not_yet_answered=not_yet_answered)
        )
        return earlier or await self.carry_out(asked)

    async def carry_out(self, asked: AskedIssue) -> Issued:
        """Do what was asked for.

        Raises ``RefusedElsewhere``. Where it raises anything else, such as ``MeetingsSilent``, ``run`` continues it.
        """
        try:
            recorded = await self._record_issue(asked)
        except RefusedElsewhere:
            await to_thread.run_sync(forget, self._engine, asked)
            raise
        await self._follower.wait_for(recorded, self._patience)
        return await to_thread.run_sync(issue, self._engine, asked)

    async def run(self) -> None:
        """Take up, now and again, what was asked for and has no edition."""
        while True:
            for asked in await to_thread.run_sync(waiting, self._engine):
                try:
                    await self.carry_out(asked)
                    log.info("an issue that was asked for is complete", update=asked.update)
                except (Refusal, RefusedElsewhere, NotReached) as error:
                    log.warning("an issue is not complete", update=asked.update, error=str(error))
            await asyncio.sleep(PAUSE_S)


def issue_recorder(handing: Handing) -> RecordIssue:
    """Hands meetings the issue on behalf of the clerk. Raises ``RefusedElsewhere`` and ``MeetingsSilent``."""

    async def record(asked: AskedIssue) -> Mapping[str, int]:
        handed = HandedCommand(
            partnership=asked.partnership,
            caller=asked.caller,
            type="meetings.record_issue.v1",
            key=f"reporting/{asked.key}",
            body={"update": asked.update},
        )
        try:
            reply = await handing.over("meetings", handed)
        except NO_REPLY as error:
            raise MeetingsSilent("Meetings did not answer.") from error
        if reply.problem is None:
            return marks(reply.at)
        if reply.problem.status >= 500:
            raise MeetingsSilent(f"Meetings could not record it: {reply.problem.detail}")
        raise RefusedElsewhere(reply.problem)

    return record
