"""All services by name: the only module that imports them all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from services.funding.service import service as funding
from services.ledger.service import LedgerService, create_ledger
from services.meetings.service import service as meetings
from services.membership.service import service as membership
from services.partners.intake import offers_of
from services.partners.service import RunningPartners
from services.partners.service import service as partners
from services.projects.service import service as projects
from services.reporting.service import ReportingService, create_reporting
from shared.runtime.ground import database
from shared.runtime.hosting.process import Host
from shared.runtime.hosting.running_service import RunningCommandService, RunningService, ServiceContext

DECIDING = {service.name: service for service in (membership, meetings, funding, projects)}
"""The services that decide what happens in a partnership."""

SOURCES = {**DECIDING, partners.name: partners}
"""The services that record events: the deciding services, and partners, which takes events in for them."""

NAMES = (*SOURCES, "ledger", "reporting")
"""Every service, in the order in which the front page names them."""


def migrate(owner_url: str, service_password: str | None = None, names: Collection[str] = NAMES) -> None:
    """Bring the schemas of the named services, by default of all, up to date."""
    creates: list[tuple[str, database.Create]] = [
        (name, partial(service.create, owner_url)) for name, service in SOURCES.items()
    ]
    creates += [("ledger", create_ledger), ("reporting", create_reporting)]
    database.migrate(owner_url, [(name, create) for name, create in creates if name in names], service_password)


def host(names: Collection[str]) -> Host:
    """The builder of these services in a process. Raises ``KeyError`` for an unknown name."""

    def build(context: ServiceContext) -> Sequence[RunningService]:
        # A process starts services in this order and stops them in reverse, so followers stop before the ledger.
        return [_build(name, context) for name in sorted(names, key=lambda name: name != "ledger")]

    return build


def _build(name: str, context: ServiceContext) -> RunningService:
    if name == "ledger":
        return LedgerService(context, sources=tuple(SOURCES))
    if name == "reporting":
        return ReportingService(context)
    if name == partners.name:
        # The declarations of the commands that partners may send. The commands themselves go over the network.
        return RunningPartners(offers_of({name: service.commands for name, service in DECIDING.items()}), context)
    return RunningCommandService(DECIDING[name], context)
