"""The only way in for every event of every partner, from every endpoint.

It checks the sender (a token of the organisation), the rate (limits), the envelope, earlier answers to the same event,
and the command (schema, role, organisation). Then it asks the service concerned, which applies its rules. It keeps the
answer, then gives it. An endpoint reads and writes bytes and decides nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import structlog
from anyio import to_thread

from services.partners.answers import EventIdReused, Parked, ServiceUnavailable, SubmissionAnswer, is_final, recorded
from services.partners.envelope import PartnerEvent, Unreadable
from services.partners.record import Sender, State, StoredSubmission, Submissions
from shared.runtime.deciding.application import allow
from shared.runtime.deciding.commands import Commands, Declared
from shared.runtime.deciding.time_limits import check_dates
from shared.runtime.endpoints.handing import NO_REPLY, Handing
from shared.runtime.endpoints.limits import Limits
from shared.runtime.endpoints.own_writes import OwnWrites
from shared.runtime.endpoints.partner_endpoint import HandedCommand, Reply
from shared.runtime.endpoints.problems import database_away, fault, invalid, problem_of
from shared.runtime.ground.database import DATABASE_UNAVAILABLE
from shared.runtime.ground.problem import Problem
from shared.runtime.identity.principals import Principal, Verifier
from shared.values.refusals import Forbidden, Refusal, Unknown
from shared.values.roles import Role

TURN_PAUSE_S = 0.05
"""Seconds before the first look whether an event that another task is deciding has its answer. Each further pause is
twice as long, because a sender may send a thousand copies of one event at once."""
MAX_TURN_PAUSE_S = 1.0

MAX_FAULTS = 3
"""How often an event may cause a fault before it is parked."""
FAULT = fault().type

log = structlog.get_logger()


@dataclass(frozen=True)
class Offer:
    """A command that partners may send."""

    service: str
    declared: Declared


Offers = Mapping[str, Offer]
"""All commands for partners by name: ``projects.read_measure.v1``."""


def offers_of(services: Mapping[str, Commands]) -> Offers:
    """The commands of these services that partners may send."""
    return {
        declared.name: Offer(service, declared)
        for service, commands in services.items()
        for declared in commands.declared.values()
        if declared.path is not None and Role.PARTNER in declared.roles
    }


@dataclass(frozen=True)
class IntakeResult:
    """The result of an event."""

    answer: SubmissionAnswer
    encoded: bytes
    """The answer's bytes. A final answer has the same bytes each time."""
    submission: str | None = None
    state: State | None = None


class Intake:
    """Receives partners' events. Each process has one, with its own limits."""

    def __init__(
        self,
        offers: Offers,
        submissions: Submissions,
        limits: Limits,
        handing: Handing,
        verifier: Verifier,
        own_writes: OwnWrites,
    ) -> None:
        self.offers = offers
        self.submissions = submissions
        self.limits = limits
        self.handing = handing
        self._verifier = verifier
        self._own_writes = own_writes

    async def sender(
        self,
        token: str | None,
        channel: str,
        partnership: str | None = None,
        organisation: str | None = None,
        at: dt.datetime | None = None,
    ) -> Sender:
        """The sender whose token this is. Raises ``NotAuthenticated``, ``Forbidden``.

        ``partnership`` and ``organisation``: from the address, if it has them. ``at``: when the token was shown.
        """
        principal = await self._verifier.authenticate_async(token, at)
        if Role.PARTNER not in principal.roles or principal.partnership is None or principal.organisation is None:
            held = ", ".join(sorted(principal.roles))
            raise Forbidden(f"This needs a partner's own token; yours has {held}.")
        if partnership not in (None, principal.partnership):
            raise Forbidden(f"Your token is for the partnership {principal.partnership!r}, not {partnership!r}.")
        if organisation not in (None, principal.organisation):
            raise Forbidden(f"Your token is for {principal.organisation!r}, but the address names {organisation!r}.")
        return Sender(principal.partnership, principal.organisation, principal.subject, channel)

    async def submit(self, sender: Sender, event: PartnerEvent, *, dry_run: bool = False) -> IntakeResult:
        """The answer to an event. A failure on our side gives a problem that is not final."""
        try:
            if dry_run:
                return await self._try(sender, event)
            pause = TURN_PAUSE_S
            while True:
                known = await to_thread.run_sync(self.submissions.claim, sender, event)
                earlier = self._earlier(event, known)
                if earlier is not None:
                    return earlier
                if known.turn_ends is not None:
                    break
                # A copy of it is being decided. Deciding both at once could give two different answers.
                await asyncio.sleep(pause)
                pause = min(2 * pause, MAX_TURN_PAUSE_S)
            settled = False
            try:
                taken = await self._decided(sender, event, known)
                settled = taken.answer.final or taken.state is State.PARKED
                return taken
            finally:
                if not settled:
                    await to_thread.run_sync(self.submissions.leave, known)
        except DATABASE_UNAVAILABLE as error:
            log.warning("the database is unreachable", service="partners", error=repr(error))
            return _refused(event, database_away(error), final=False)

    async def _decided(self, sender: Sender, event: PartnerEvent, known: StoredSubmission) -> IntakeResult:
        """An event's answer, kept if it is final. An event that keeps causing faults, anywhere, is parked."""
        try:
            answer = await self._answer(sender, event, dry_run=False)
            if answer.final:
                encoded = await to_thread.run_sync(self.submissions.keep, known.submission, answer)
                return IntakeResult(msgspec.json.decode(encoded, type=SubmissionAnswer), encoded, known.submission)
        except DATABASE_UNAVAILABLE:
            raise
        except Exception as error:
            log.error("a partner's event failed", submission=known.submission, error=repr(error), exc_info=error)
            answer = _refused(event, fault(), final=False).answer
        if answer.problem is None or answer.problem.type != FAULT:
            return IntakeResult(answer, msgspec.json.encode(answer), known.submission, known.state)
        if await to_thread.run_sync(self.submissions.count_fault, known.submission) < MAX_FAULTS:
            return IntakeResult(answer, msgspec.json.encode(answer), known.submission, known.state)
        answer = msgspec.structs.replace(
            answer, problem=problem_of(Parked(f"It caused a fault in the platform {MAX_FAULTS} times."))
        )
        await to_thread.run_sync(self.submissions.park, known.submission, msgspec.json.encode(event), answer)
        log.error("a partner's event is parked", organisation=sender.organisation, submission=known.submission)
        return IntakeResult(answer, msgspec.json.encode(answer), known.submission, State.PARKED)

    async def _try(self, sender: Sender, event: PartnerEvent) -> IntakeResult:
        """The answer that sending an event would get, or the earlier answer if it was sent before."""
        known = await to_thread.run_sync(self.submissions.known, sender, event)
        earlier = None if known is None else self._earlier(event, known)
        answer = earlier.answer if earlier else await self._answer(sender, event, dry_run=True)
        answer = msgspec.structs.replace(answer, dry_run=True)
        return IntakeResult(answer, msgspec.json.encode(answer))

    def _earlier(self, event: PartnerEvent, known: StoredSubmission) -> IntakeResult | None:
        """The answer to an event that came before, or to a different event with the same id."""
        if known.digest != self.submissions.digest(event):
            reused = EventIdReused("This source and id were used before, with a different type, time or data.")
            return _refused(event, problem_of(reused), final=True)
        if known.answer is None:
            return None
        answer = msgspec.json.decode(known.answer, type=SubmissionAnswer)
        return IntakeResult(answer, known.answer, known.submission, known.state)

    async def park_unreadable(self, sender: Sender, content: bytes, problem: Problem) -> IntakeResult:
        """Park an unreadable message from the stream, so that it is not lost."""
        answer = SubmissionAnswer(accepted=False, final=False, problem=problem_of(Parked(problem.detail)))
        await to_thread.run_sync(self.submissions.park_unreadable, sender, content, answer)
        log.error("a partner's message is parked", organisation=sender.organisation, problem=problem.type)
        return IntakeResult(answer, msgspec.json.encode(answer), None, State.PARKED)

    async def _answer(self, sender: Sender, event: PartnerEvent, *, dry_run: bool) -> SubmissionAnswer:
        problem, reply = await self._decide(sender, event, dry_run=dry_run)
        accepted = problem is None
        return SubmissionAnswer(
            accepted=accepted,
            final=problem is None or is_final(problem),
            source=event.source,
            id=event.id,
            type=event.type,
            events=recorded(reply.answer, dry_run=dry_run) if reply and reply.answer else (),
            at=reply.at if reply and accepted and not dry_run else "",
            problem=problem,
            dry_run=dry_run,
        )

    async def _decide(
        self, sender: Sender, event: PartnerEvent, *, dry_run: bool
    ) -> tuple[Problem | None, Reply | None]:
        schema = f"/partners/schemas/{event.type}.json"
        offer = self.offers.get(event.type)
        if offer is None:
            return problem_of(Unknown(f"Partners send no {event.type!r}.", remedy="See /partners/catalogue.")), None
        principal = Principal(sender.caller, frozenset({Role.PARTNER}), sender.partnership, sender.organisation)
        try:
            command, occasion = offer.declared.build(event.body())
            allow(offer.declared, command, principal, sender.partnership)
            check_dates(command)
            check_dates(occasion)
        except msgspec.ValidationError as error:
            return msgspec.structs.replace(invalid(error), schema=schema), None
        except Refusal as refusal:
            return msgspec.structs.replace(problem_of(refusal), schema=schema), None
        handed = HandedCommand(
            partnership=sender.partnership,
            organisation=sender.organisation,
            caller=sender.caller,
            type=event.type,
            key=f"{event.source}\n{event.id}",
            body=event.body(),
            after=self._own_writes.of(principal),
            dry_run=dry_run,
        )
        try:
            reply = await self.handing.over(offer.service, handed)
        except NO_REPLY as error:
            log.warning("a service does not answer", service=offer.service, error=repr(error))
            return problem_of(ServiceUnavailable(f"The service {offer.service} is not answering.")), None
        if reply.problem is not None:
            return msgspec.structs.replace(reply.problem, schema=schema), None
        self._own_writes.remember(principal, reply.at)
        return None, reply


async def one_of_many(
    intake: Intake, sender: Sender, event: PartnerEvent | Unreadable | Refusal, dry_run: bool = False
) -> IntakeResult:
    """The answer to one event of a batch. No event stops those after it."""
    if isinstance(event, PartnerEvent):
        return await intake.submit(sender, event, dry_run=dry_run)
    problem = event.problem if isinstance(event, Unreadable) else problem_of(event)
    answer = SubmissionAnswer(accepted=False, final=True, problem=problem, dry_run=dry_run)
    return IntakeResult(answer, msgspec.json.encode(answer))


def _refused(event: PartnerEvent, problem: Problem, *, final: bool) -> IntakeResult:
    """An answer that is given but not kept."""
    answer = SubmissionAnswer(
        accepted=False, final=final, source=event.source, id=event.id, type=event.type, problem=problem
    )
    return IntakeResult(answer, msgspec.json.encode(answer))
