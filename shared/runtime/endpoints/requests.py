"""What is read of a request: its token, its body, its headers, and the slugs and days in its address."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from typing import Annotated, Any

import msgspec
from fastapi import Header, Path, Request
from fastapi.security import HTTPBearer
from pydantic import AfterValidator

from shared.runtime.endpoints.problems import BadRequest, BodyTooLarge, BodyTooSlow

MAX_BODY_BYTES = 64 * 1024
"""A command's body: no larger than an event can be."""


BODY_TIMEOUT_S = 20.0
"""Seconds that a sender may take for a request's body."""


def sensible(day: dt.date) -> dt.date:
    """The day, if partnerships may mean it. Raises ``ValueError``."""
    if not 1900 <= day.year <= 2199:
        raise ValueError("a date must be between 1900 and 2199")
    return day


SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
PathSlug = Annotated[str, Path(pattern=SLUG, max_length=63)]
Day = Annotated[dt.date, AfterValidator(sensible)]
"""A date in a query, within the years that partnerships mean."""

_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")

bearer = HTTPBearer(auto_error=False, description="`folkmoot token --role clerk --partnership cannock-chase`")


def token_of(request: Request) -> str | None:
    """The bearer token of a request (RFC 6750 §2.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def body_of(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """The body, read no further than the limit and no longer than a while. Raises ``BodyTooLarge``, ``BodyTooSlow``."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise BodyTooLarge(f"The body is larger than {most:,} bytes.")
    except TimeoutError:
        raise BodyTooSlow(f"The body did not arrive within {BODY_TIMEOUT_S:g} seconds.") from None
    return bytes(body)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises ``BadRequest`` when it is not one."""
    try:
        found = msgspec.json.decode(body) if body.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The body is not JSON: {error}.") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    if not isinstance(found, dict):
        raise BadRequest("The body is not a JSON object.")
    return found


def idempotency_key(
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="The same key has the same answer.")] = None,
) -> str | None:
    """The key under which a request is answered once, also as a dependency of a route. Raises ``BadRequest``."""
    if key is not None and not _KEY.match(key):
        raise BadRequest("Idempotency-Key is 1 to 200 visible ASCII characters.")
    return key


def expected_version(request: Request) -> int | None:
    """The version that the caller saw, from ``If-Match``; None: any. Raises ``BadRequest``."""
    header = request.headers.get("if-match")
    if header is None or header == "*":
        return None
    match = re.fullmatch(r'"(\d{1,18})"', header)
    if match is None:
        raise BadRequest('If-Match is one ETag of this platform, such as "3".')
    return int(match[1])
