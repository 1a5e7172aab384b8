"""``Funding.CheckAwards``: what would be refused is known before a decision is recorded, by the very same rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

import grpc
import msgspec
from anyio import to_thread

from services.funding.awards.domain import Asked, AwardByDecision, refusals, what_is_awarded
from services.funding.commands import asked_for, decided_on
from services.funding.reserve import Reserve
from shared.contracts.command import Occasion
from shared.rpc.funding.v1 import funding_pb2, funding_pb2_grpc
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.time_limits import check_dates
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.grpc_callers import Context, caller_in
from shared.runtime.endpoints.problems import problem_of
from shared.runtime.ground.problem import Problem
from shared.values.refusals import Refusal
from shared.values.roles import Role

MAY_ASK = {Role.CLERK, Role.CHAIR, Role.SERVICE}


class FundingServicer(funding_pb2_grpc.FundingServicer):
    """``shared.rpc.funding.v1.Funding``."""

    def __init__(self, access: HttpAccess, application: Application) -> None:
        self._access = access
        self._application = application

    async def CheckAwards(
        self, request: funding_pb2.CheckAwardsRequest, context: Context
    ) -> funding_pb2.CheckAwardsReply:
        """Every reason against awards. UNAUTHENTICATED, PERMISSION_DENIED or INVALID_ARGUMENT where it cannot ask."""
        principal = await caller_in(context, self._access.callers, MAY_ASK, request.partnership)
        try:
            commands = [_command(request, award) for award in request.awards]
            for command in commands:
                check_dates(command)
            occasion = msgspec.convert({"happened_at": request.happened_at or None}, Occasion)
            check_dates(occasion)
            asking = Request(principal, request.partnership, occasion=occasion)
            found = await to_thread.run_sync(refusals_of, self._application, commands, asking)
        except (msgspec.ValidationError, Refusal) as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return funding_pb2.CheckAwardsReply(refusals=[_message(problem_of(refusal)) for refusal in found])


def refusals_of(application: Application, commands: Iterable[AwardByDecision], request: Request) -> list[Refusal]:
    """Every reason against the awards that one decision would make now; nothing is recorded.

    What an award takes is not there for the next.
    """
    return list(_refusals(application, commands, request))


def _refusals(application: Application, commands: Iterable[AwardByDecision], request: Request) -> Iterator[Refusal]:
    reserves: dict[str, Reserve] = {}
    asked: Asked | None = None
    for command in commands:
        with closing(application.unit_of_work(request)) as unit:
            try:
                reserve = reserves.get(command.reserve) or unit.existing(Reserve, command.reserve)
            except Refusal as refusal:
                yield refusal
                continue
            asked = asked or asked_for(unit, command)
            found = refusals(command, reserve, asked, decided_on(unit, command), unit.at)
        yield from found
        if not found:
            awarded, *met = what_is_awarded(command)
            reserves[command.reserve] = reserve.after([awarded])
            asked = Asked(asked.request and asked.request.after(met))


def add_funding(server: grpc.aio.Server, access: HttpAccess, application: Application) -> Sequence[str]:
    """Serve ``Funding`` on a gRPC server, and name it."""
    funding_pb2_grpc.add_FundingServicer_to_server(FundingServicer(access, application), server)
    return [funding_pb2.DESCRIPTOR.services_by_name["Funding"].full_name]


def _command(request: funding_pb2.CheckAwardsRequest, award: funding_pb2.Award) -> AwardByDecision:
    named = {*AwardByDecision.__struct_fields__} - {"shares"}
    given = (*request.ListFields(), *award.ListFields())
    fields: dict[str, Any] = {field.name: value for field, value in given if field.name in named}
    shares = [{"stream": share.stream, "amount_pence": share.amount_pence} for share in award.shares]
    return msgspec.convert({**fields, "shares": shares}, AwardByDecision)


def _message(problem: Problem) -> funding_pb2.Refusal:
    return funding_pb2.Refusal(
        type=problem.type,
        title=problem.title,
        detail=problem.detail,
        clause=problem.clause,
        remedy=problem.remedy,
        figures=msgspec.json.encode(problem.members).decode(),
    )
