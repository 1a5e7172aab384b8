"""The addresses of the platform that serves a data directory, in its file ``platform.json``."""

from __future__ import annotations

from pathlib import Path

import httpx2
import msgspec

from shared.contracts.bus_users import DEMO
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.bus_passwords import bus_password_of
from shared.runtime.identity.secret_files import UnusableSecret


class Addresses(msgspec.Struct, frozen=True):
    """A platform's addresses."""

    http: str
    """Base address of all services: ``http://127.0.0.1:8400``."""
    grpc: str
    """``127.0.0.1:8401``."""
    nats: str
    """With the user that plays partners' systems in the demo, if there is one."""


async def running(settings: Settings) -> Addresses | None:
    """The running platform of this data directory, if it answers."""
    if addresses := announced(settings):
        # Without certificates, because it is plain HTTP on this machine and reading them takes longer than the answer.
        async with httpx2.AsyncClient(timeout=2.0, verify=False) as client:
            try:
                (await client.get(f"{addresses.http}/health/live")).raise_for_status()
            except httpx2.HTTPError:
                return None
    return addresses


def announced(settings: Settings) -> Addresses | None:
    """The addresses in the data directory's file, if it has one. Its platform may have been killed since."""
    try:
        return msgspec.json.decode(path_of(settings).read_bytes(), type=Addresses)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def as_partner(nats_url: str, settings: Settings) -> str:
    """The address of NATS with the user that plays partners' systems, if this server has one."""
    try:
        password = bus_password_of(settings, DEMO)
    except UnusableSecret:
        return nats_url
    scheme, _, host = nats_url.partition("://")
    return f"{scheme}://{DEMO}:{password}@{host}"


def path_of(settings: Settings) -> Path:
    """The file with the addresses."""
    return settings.data / "platform.json"
