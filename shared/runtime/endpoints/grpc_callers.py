"""Who calls over gRPC: the bearer token in a call's metadata, as HTTP has it in its ``Authorization`` header."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NoReturn
from urllib.parse import unquote

import grpc

from shared.runtime.endpoints.limits import Callers, RateLimited, TooManyStreams
from shared.runtime.identity.principals import NotAuthenticated, Principal
from shared.values.roles import Role

Context = grpc.aio.ServicerContext[Any, Any]


def token_of_call(context: Context) -> str | None:
    """The bearer token of a call (RFC 6750 §2.1)."""
    metadata = {name: value for name, value in context.invocation_metadata() or ()}
    scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def authenticate_call(context: Context, callers: Callers) -> Principal:
    """The caller, whose call is counted. Raises ``NotAuthenticated``, ``RateLimited``."""
    token = token_of_call(context)
    callers.count(token, "grpc", _address(context))
    return await callers.verifier.authenticate_async(token)


def _address(context: Context) -> str:
    """The host of a peer such as ``ipv4:192.0.2.1:4711`` or ``ipv6:%5B2001:db8::1%5D:4711``."""
    return unquote(context.peer()).partition(":")[2].rpartition(":")[0].strip("[]")


async def refuse_for_now(context: Context, refusal: RateLimited | TooManyStreams) -> NoReturn:
    """End the call with RESOURCE_EXHAUSTED; the trailing metadata ``retry-after`` says how many seconds to wait."""
    wait = str(refusal.members.get("retry_after", 1))
    detail = f"{refusal.detail} {refusal.advice}"
    await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, detail, (("retry-after", wait),))


async def caller_in(context: Context, callers: Callers, roles: Collection[Role], partnership: str) -> Principal:
    """The caller, who has one of these roles in the partnership.

    Ends the call with UNAUTHENTICATED, PERMISSION_DENIED or RESOURCE_EXHAUSTED otherwise.
    """
    try:
        principal = await authenticate_call(context, callers)
    except RateLimited as refusal:
        await refuse_for_now(context, refusal)
    except NotAuthenticated as error:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
    if not principal.roles & set(roles) or principal.partnership not in (None, partnership):
        wanted = f"It needs one of the roles {', '.join(sorted(roles))} in {partnership!r}."
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"Your token does not allow this. {wanted}")
    return principal
