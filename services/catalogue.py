"""All services by name: the only module that imports them all."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from functools import partial

from services.funding.service import service as funding
from services.ledger.service import LedgerService, create_ledger
from services.meetings.service import service as meetings
from services.membership.service import service as membership
from services.partners.bus_endpoint import submissions_stream
from services.partners.intake import offers_of
from services.partners.service import RunningPartners
from services.partners.service import service as partners
from services.projects.service import service as projects
from services.reporting.service import ReportingService, create_reporting
from shared.contracts.bus_users import ADMIN, HANDS_OVER
from shared.runtime.following.bus import connect
from shared.runtime.following.streams import StreamBounds, ensure_events, ensure_stream
from shared.runtime.ground import database
from shared.runtime.ground.settings import Settings
from shared.runtime.hosting.process import Host
from shared.runtime.hosting.running_service import RunningCommandService, RunningService, ServiceContext
from shared.runtime.identity.bus_passwords import bus_password_of
from shared.runtime.identity.handover import keys_to_hand_over
from shared.runtime.identity.local_issuer import issuer_of
from shared.runtime.identity.sealing import people_key_of
from shared.runtime.identity.signing import log_keys_of

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


def create_secrets(settings: Settings) -> None:
    """Create the secrets that are missing. Only those that NATS's server needs as well come from ``nats-config``."""
    issuer_of(settings)
    people_key_of(settings)
    log_keys_of(settings)
    for sender in HANDS_OVER:
        keys_to_hand_over(settings, sender)


async def prepare_bus(nats_url: str, settings: Settings, repeat_s: float | None = None) -> None:
    """Create the streams and the ledger's consumer, or bring them to the present shape, as the user ``ADMIN``.

    ``repeat_s``: look again after so many seconds, without end. Raises ``UnusableSecret`` without that user's password.
    """
    bus = await connect(nats_url, ADMIN, bus_password_of(settings, ADMIN))
    try:
        while True:
            js = bus.jetstream()
            await ensure_events(js, StreamBounds.of(settings))
            await ensure_stream(js, submissions_stream())
            if repeat_s is None:
                return
            await asyncio.sleep(repeat_s)
    finally:
        await bus.close()


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
