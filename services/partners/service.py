"""The partners service: its parts, put together."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from services.partners.api import published_routes, routes
from services.partners.bus_endpoint import BusEndpoint
from services.partners.commands import commands
from services.partners.envelope import Unreadable
from services.partners.intake import Intake, Offers
from services.partners.queries import queries
from services.partners.record import Submissions, create_submissions
from services.partners.rpc import add_partners
from services.partners.views import by_a_partner, keep_positions, views
from shared.runtime.endpoints.handing import Handing
from shared.runtime.endpoints.limits import Limits
from shared.runtime.endpoints.problems import response
from shared.runtime.following.follower import Also
from shared.runtime.hosting.running_service import RunningCommandService, ServiceContext
from shared.runtime.hosting.service_definition import CommandService
from shared.runtime.identity.handover import keys_to_hand_over

service = CommandService(
    name="partners",
    summary="The endpoints for partners' systems: every event is validated and answered once, and its answer is kept.",
    commands=commands,
    views=views,
    routes=queries.routes,
    create_tables_of_its_own=create_submissions,
    also=Also(keep_positions, types=None, wants=by_a_partner),
)


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, Unreadable)
    return response(error.problem)


class RunningPartners(RunningCommandService):
    """The partners service in this process."""

    def __init__(self, offers: Offers, context: ServiceContext) -> None:
        super().__init__(service, context)
        self._submissions = Submissions(self.engine, context.people_key, context.new_id)
        limits = Limits(context.settings.partner_rate, context.settings.partner_burst)
        connection = context.bus(self.name)
        keys = keys_to_hand_over(context.settings, self.name)
        intake = self.intake = Intake(
            offers,
            self._submissions,
            limits,
            Handing(connection, keys, context.clock, self.telemetry),
            context.verifier,
            context.own_writes,
        )
        bus = self.has(BusEndpoint(intake, connection, self.telemetry))
        self.app.add_exception_handler(Unreadable, _unreadable)
        self.app.include_router(published_routes(offers))
        self.app.include_router(routes(self.access, intake, bus.publish))

    def add_to(self, server: grpc.aio.Server) -> Sequence[str]:
        """Add the gRPC service, and return its name."""
        return add_partners(server, self.intake, self.access.callers)

    async def condition(self) -> dict[str, object]:
        """For readiness: the number of events that wait for a clerk."""
        return {"parked_events": await to_thread.run_sync(self._submissions.count_parked)}
