"""The ledger service's parts: one log, one intake that fills it, and two endpoints to read it by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

import grpc
import httpx2

from services.ledger.api import routes
from services.ledger.checkpoints import Checkpoints
from services.ledger.condition import Condition
from services.ledger.evidence import Evidence
from services.ledger.intake import QUIET_S, Intake
from services.ledger.log import Log
from services.ledger.pages import Pages
from services.ledger.pool import connections
from services.ledger.register import Register
from services.ledger.rpc import Calls
from services.ledger.schema import create as create_ledger
from services.ledger.signatures import Signatures
from services.ledger.transparency import source_routes, transparency_routes
from services.ledger.witnesses import Witnesses
from shared.proofs.merkle import Malformed
from shared.proofs.policy import Policy
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import add_LedgerServicer_to_server
from shared.runtime.ground.database import url_for
from shared.runtime.ground.settings import UnusableSetting
from shared.runtime.hosting.running_service import RunningService, ServiceContext, Tasks
from shared.runtime.identity.signing import log_keys_of
from shared.runtime.identity.source_keys import source_keys_of

__all__ = ["LedgerService", "create_ledger"]


class LedgerService(RunningService):
    """The ledger in one process. Only one process should run it on a database.

    If two overlap for a while, the advisory lock keeps the order intact.
    """

    def __init__(self, context: ServiceContext, *, sources: Collection[str], quiet: float = QUIET_S) -> None:
        """``sources``: the command services, whose events belong here.

        ``quiet``: seconds without a new event from a source after which the intake asks it.
        """
        super().__init__("ledger", context)
        self._pool = connections(url_for(context.database_url, self.name))
        self.log = Log(self._pool, tracer=self.telemetry.tracer if self.telemetry.enabled else None)
        pages = Pages(self._pool, self.log.recent)
        self.evidence = Evidence(self._pool)
        checkpoints = Checkpoints(self._pool, log_keys_of(context.settings), _policy(context.settings.witness_policy))
        self._client = httpx2.AsyncClient(follow_redirects=False)
        self._witnesses = Witnesses(
            checkpoints.policy, checkpoints, self.log.beyond, self._client, interval=context.settings.witness_interval
        )
        register = Register(partial(source_keys_of, context.settings))
        self.way_in = Condition()
        """What was refused on the way in, and which sources are stuck."""
        intake = Intake(self.log, context.bus(self.name), sources, register.check, self.way_in, quiet=quiet)
        self.has(Tasks({"ledger intake": intake.run, "ledger witnesses": self._witnesses.run}))
        authenticate = context.verifier.authenticate_async
        signatures = Signatures(self._pool)
        self._calls = Calls(self.log, pages, signatures, checkpoints, context.callers)
        self.follow = self._calls.follow_here
        self.serves(
            "The events of all services in one total order, append only, each with its Merkle leaf hash.",
            routes(self.log, pages, self.evidence, self.way_in, authenticate),
            transparency_routes(checkpoints, pages, authenticate),
            source_routes(register, signatures),
        )

    def add_to(self, server: grpc.aio.Server) -> Sequence[str]:
        """Answer the ledger's calls on a gRPC server. Before ``start`` the answer is ``UNAVAILABLE``."""
        add_LedgerServicer_to_server(self._calls, server)
        return [ledger_pb2.DESCRIPTOR.services_by_name["Ledger"].full_name]

    async def condition(self) -> dict[str, object]:
        """For readiness: the objections of witnesses. The ledger goes on serving; people must look at them."""
        return {"witness_alarms": self._witnesses.problems()}

    async def start(self) -> None:
        """Open the database and start the intake. Raises ``psycopg_pool.PoolTimeout`` if PostgreSQL is unreachable."""
        await self._pool.open(wait=True)
        await self.log.open()
        await super().start()

    async def stop(self) -> None:
        """Stop the intake, end the followers' calls (``UNAVAILABLE``), close the database."""
        self.log.stop()
        await super().stop()
        await self._client.aclose()
        await self._pool.close()


def _policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    try:
        policy = Policy.parse(path.read_bytes())
        policy.format().decode()  # readers get it as text
        return policy
    except (OSError, Malformed, UnicodeDecodeError) as error:
        # Without it the ledger would publish checkpoints that nobody has witnessed.
        raise UnusableSetting(f"FOLKMOOT_WITNESS_POLICY: {path} is not a policy of witnesses: {error}") from None
