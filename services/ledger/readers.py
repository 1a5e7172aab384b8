"""Who may read the ledger, and which of its entries: the same at the gRPC and at the HTTP door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from services.ledger.pages import EntryFilter
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Forbidden
from shared.values.roles import Role

Authenticate = Callable[[str | None], Awaitable[Principal]]
"""Who holds a bearer token (without the word Bearer). Raises ``NotAuthenticated``."""

READERS = frozenset({Role.AUDITOR, Role.CLERK, Role.CHAIR, Role.SCRUTINY, Role.READER, Role.OPERATOR, Role.SERVICE})
"""Members and partners see what services and reports show them; the record itself names more than that."""


def admit(principal: Principal) -> Principal:
    """The principal, if one of their roles may read the ledger. Raises ``Forbidden``."""
    if not principal.roles & READERS:
        raise Forbidden(
            f"The ledger is read by {', '.join(sorted(READERS))}; your token has {', '.join(sorted(principal.roles))}."
        )
    return principal


def confine(which: EntryFilter, principal: Principal) -> EntryFilter:
    """What of it this principal may see: their own partnership's entries. Raises ``Forbidden`` for another's."""
    own = principal.partnership
    if own is None:
        return which
    if which.partnership not in ("", own):
        raise Forbidden(f"Your token is for the partnership {own!r}, not for {which.partnership!r}.")
    return msgspec.structs.replace(which, partnership=own)
