"""The addresses of the platform that serves a data directory, in its file ``platform.json``."""

from __future__ import annotations

from pathlib import Path

import httpx2
import msgspec

from shared.runtime.ground.settings import Settings


class Addresses(msgspec.Struct, frozen=True):
    """A platform's addresses."""

    http: str
    """Base address of all services: ``http://127.0.0.1:8400``."""
    grpc: str
    """``127.0.0.1:8401``."""
    nats: str
    """With user and password, if NATS needs them."""


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


def path_of(settings: Settings) -> Path:
    """The file with the addresses."""
    return settings.data / "platform.json"
