"""The organisations registered in a partnership, from membership."""

from __future__ import annotations

import datetime as dt

import httpx2

from services.command_line.addresses import running
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.local_issuer import LocalIssuer, issuer_of
from shared.values.roles import Role

LIFETIME = dt.timedelta(minutes=5)
PAGE = 200
"""Organisations in one request to membership."""


class NotRegistered(Exception):
    """The partnership has no such organisation. The message says what to do."""


class NotAsked(Exception):
    """No platform could say whether an organisation is registered. The message says why."""


def organisations_of(membership: str, issuer: LocalIssuer, partnership: str) -> list[str]:
    """The slugs of a partnership's organisations. ``membership`` is that service's address."""
    token = issuer.issue(roles=[Role.READER], subject="command-line", partnership=partnership, lifetime=LIFETIME)
    found: list[str] = []
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        response = client.get(f"{membership}/{partnership}/organisations", params={"limit": PAGE}).raise_for_status()
        found += [entry["organisation"] for entry in response.json()]
        while "next" in response.links:
            response = client.get(response.url.join(response.links["next"]["url"])).raise_for_status()
            found += [entry["organisation"] for entry in response.json()]
    return found


async def check_registered(settings: Settings, partnership: str, organisation: str) -> None:
    """Ask the running platform whether the organisation is registered.

    Raises ``NotRegistered`` if it is not, and ``NotAsked`` if no platform is running or it does not answer.
    """
    membership = settings.endpoints.get("membership")
    if membership is None:
        addresses = await running(settings)
        if addresses is None:
            raise NotAsked("no platform is running here")
        membership = f"{addresses.http}/membership"
    try:
        known = organisations_of(membership, issuer_of(settings), partnership)
    except httpx2.HTTPError as error:
        raise NotAsked(f"{membership} does not answer: {error}") from None
    if organisation not in known:
        listed = f"Registered: {', '.join(sorted(known))}." if known else "It has no organisations yet."
        raise NotRegistered(
            f"{organisation!r} is not registered in the partnership {partnership!r}. {listed} Check the names, or"
            " register the organisation first. To issue the token anyway, use --force."
        )
