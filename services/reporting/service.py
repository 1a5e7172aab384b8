"""The reporting service: it decides nothing, follows the ledger into its own tables, and answers from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import batched

import grpc
import psycopg
from anyio import from_thread

from services.reporting.api import routes
from services.reporting.issue import create_issued
from services.reporting.issuing import Issuing, issue_recorder
from services.reporting.ledger import TIMEOUT_S, bearer, ledger_size, proofs
from services.reporting.reports.make import NamesOfPeople
from services.reporting.views import views
from services.reporting.views.sources import keep_sources
from shared.rpc.membership.v1 import people_pb2
from shared.rpc.membership.v1.people_pb2_grpc import PeopleStub
from shared.runtime.endpoints.handing import Handing
from shared.runtime.endpoints.set_aside import set_aside_routes
from shared.runtime.following.follower import Also, follower_tables
from shared.runtime.ground.database import create_tables, engine, url_for
from shared.runtime.hosting.running_service import Follows, RunningService, ServiceContext, Tasks
from shared.runtime.identity.handover import keys_to_hand_over
from shared.values.refusals import Refusal

__all__ = ["ReportingService", "create_reporting"]

follower_tables(views)

MAX_PEOPLE = 1000
"""The most names that the register gives at once."""


class RegisterSilent(Refusal):
    """Only the register of people opens people's names."""

    clause = "design 10"
    remedy = "Try again in a moment. If it still fails, tell the operator."
    status = 503


class ReportingService(RunningService):
    """Reporting in one process."""

    def __init__(self, context: ServiceContext) -> None:
        super().__init__("reporting", context)
        database = engine(url_for(context.database_url, self.name))
        follows = self.has(Follows(views, database, context, self.telemetry, also=Also(keep_sources, types=None)))
        self.follower = follows.follower
        keys = keys_to_hand_over(context.settings, self.name)
        record_issue = issue_recorder(Handing(context.bus(self.name), keys, context.clock, self.telemetry))
        self.issuing = Issuing(database, self.follower, record_issue)
        self.has(Tasks({"reporting issuing": self.issuing.run}))
        self.serves(
            "Reports to Cabinet and scrutiny. Every sentence names the events it comes from.",
            routes(
                follows.access,
                names_of_people(context.people, context.token),
                ledger_size(context.ledger, context.token),
                proofs(context.ledger, context.token),
                self.issuing,
                context.clock,
                context.new_id,
            ),
            set_aside_routes(follows.access),
        )


def create_reporting(connection: psycopg.Connection, role: str) -> None:
    """Create all its tables, as the owner. Safe to run again."""
    create_tables(connection, views.metadata, role)
    create_issued(connection, role)


def names_of_people(people: Callable[[], grpc.aio.Channel], token: Callable[[], str]) -> NamesOfPeople:
    """Asks membership's register, from a worker thread of the event loop. Raises ``RegisterSilent``."""

    async def ask(partnership: str, wanted: Sequence[str]) -> Mapping[str, str]:
        request = people_pb2.NamesRequest(partnership=partnership, people=wanted)
        try:
            reply = await PeopleStub(people()).Names(request, metadata=bearer(token), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            raise RegisterSilent(f"The register of people did not answer: {error.code().name}.") from error
        return dict(reply.names)

    def names(partnership: str, wanted: set[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for some in batched(sorted(wanted), MAX_PEOPLE):
            found.update(from_thread.run(ask, partnership, some))
        return found

    return names
