"""The partners' endpoint over gRPC: a stream of events with an answer to each, as ``partners.proto`` describes."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc

from services.partners.answers import SubmissionAnswer
from services.partners.envelope import PartnerEvent, Unreadable, made_event, unreadable
from services.partners.intake import Intake, IntakeResult, one_of_many
from services.partners.record import Sender
from shared.rpc.partners.v1 import partners_pb2
from shared.rpc.partners.v1.partners_pb2_grpc import PartnersServicer, add_PartnersServicer_to_server
from shared.runtime.endpoints.grpc_callers import Context, authenticate_call, refuse_for_now, token_of_call
from shared.runtime.endpoints.limits import Callers, RateLimited, TooManyStreams
from shared.runtime.identity.principals import NotAuthenticated
from shared.values.refusals import Refusal


class Calls(PartnersServicer):
    """Answers the calls of the service ``shared.rpc.partners.v1.Partners``."""

    def __init__(self, intake: Intake, callers: Callers) -> None:
        self._intake = intake
        self._callers = callers

    async def Submit(
        self, requests: AsyncIterator[partners_pb2.CloudEvent], context: Context
    ) -> AsyncIterator[partners_pb2.Answer]:
        """An answer for each event, in turn. Ends with UNAUTHENTICATED or PERMISSION_DENIED if the token is refused."""
        try:
            with self._callers.stream(await authenticate_call(context, self._callers)):
                await self._sender(context)
                async for request in requests:
                    # Check the token for each event: it may have expired since the stream was opened.
                    sender = await self._sender(context)
                    # Back-pressure: the next event is read only when the rate limit allows it.
                    while wait := self._intake.limits.wait(sender.partnership, sender.organisation):
                        await asyncio.sleep(wait)
                    yield _message(await one_of_many(self._intake, sender, _event(request)))
        except (RateLimited, TooManyStreams) as refusal:
            await refuse_for_now(context, refusal)
        except NotAuthenticated as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))

    async def _sender(self, context: Context) -> Sender:
        try:
            return await self._intake.sender(token_of_call(context), "grpc")
        except Refusal as error:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, error.detail)


def add_partners(server: grpc.aio.Server, intake: Intake, callers: Callers) -> Sequence[str]:
    """Add ``Partners`` to a gRPC server, and return its name."""
    add_PartnersServicer_to_server(Calls(intake, callers), server)
    return [partners_pb2.DESCRIPTOR.services_by_name["Partners"].full_name]


def _event(sent: partners_pb2.CloudEvent) -> PartnerEvent | Unreadable | Refusal:
    attributes: dict[str, Any] = {
        "id": sent.id,
        "source": sent.source,
        "specversion": sent.spec_version,
        "type": sent.type,
    }
    time = sent.attributes.get("time")
    if time is not None:
        if time.WhichOneof("attr") == "ce_timestamp":
            try:
                attributes["time"] = time.ce_timestamp.ToDatetime(tzinfo=dt.UTC)
            except (ValueError, OverflowError):
                return unreadable("time", f"must be a date: {time.ce_timestamp.seconds} seconds after 1970 is none")
        else:
            attributes["time"] = time.ce_string
    kind = sent.attributes.get("datacontenttype")
    if kind is not None:
        attributes["datacontenttype"] = kind.ce_string
    data = sent.binary_data if sent.WhichOneof("data") == "binary_data" else sent.text_data.encode()
    try:
        return made_event(attributes, data)
    except (Unreadable, Refusal) as error:
        return error


def _message(taken: IntakeResult) -> partners_pb2.Answer:
    answer = taken.answer
    return partners_pb2.Answer(
        source=answer.source,
        id=answer.id,
        accepted=answer.accepted,
        final=answer.final,
        events=[
            partners_pb2.Recorded(id=fact.id, type=fact.type, subject=fact.subject, receipt=fact.receipt)
            for fact in answer.events
        ],
        problem=_problem(answer),
        json=taken.encoded,
    )


def _problem(answer: SubmissionAnswer) -> partners_pb2.Problem | None:
    if answer.problem is None:
        return None
    problem = answer.problem
    return partners_pb2.Problem(
        type=problem.type,
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        clause=problem.clause,
        remedy=problem.remedy,
        field=problem.field,
        schema=problem.schema,
    )
