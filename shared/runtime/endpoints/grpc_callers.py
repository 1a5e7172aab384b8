"""Who calls over gRPC: the bearer token in a call's metadata, as HTTP has it in its ``Authorization`` header."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import grpc

from shared.runtime.identity.principals import NotAuthenticated, Principal, Verifier
from shared.values.roles import Role

Context = grpc.aio.ServicerContext[Any, Any]


def token_of_call(context: Context) -> str | None:
    """The bearer token of a call (RFC 6750 §2.1)."""
    metadata = {name: value for name, value in context.invocation_metadata() or ()}
    scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def caller_in(context: Context, verifier: Verifier, roles: Collection[Role], partnership: str) -> Principal:
    """The caller, who has one of these roles in the partnership.

    Ends the call with UNAUTHENTICATED or PERMISSION_DENIED otherwise.
    """
    try:
        principal = await verifier.authenticate_async(token_of_call(context))
    except NotAuthenticated as error:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
    if not principal.roles & set(roles) or principal.partnership not in (None, partnership):
        wanted = f"It needs one of the roles {', '.join(sorted(roles))} in {partnership!r}."
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"Your token does not allow this. {wanted}")
    return principal
