"""Who may read the ledger, and which entries. The same rules apply over gRPC and over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from services.ledger.pages import EntryFilter
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Forbidden
from shared.values.roles import Role

Authenticate = Callable[[str | None], Awaitable[Principal]]
"""The holder of a bearer token (given without the word Bearer). Raises ``NotAuthenticated``."""

READERS = frozenset({Role.AUDITOR, Role.CLERK, Role.CHAIR, Role.SCRUTINY, Role.READER, Role.OPERATOR, Role.SERVICE})
"""Members and partners read services and reports instead, because the record itself names more than those show."""


def admit(principal: Principal) -> Principal:
    """The principal, if one of their roles may read the ledger. Raises ``Forbidden``."""
    if not principal.roles & READERS:
        raise Forbidden(
            f"These roles may read the ledger: {', '.join(sorted(READERS))}."
            f" Your token has {', '.join(sorted(principal.roles))}."
        )
    return principal


def confine(which: EntryFilter, principal: Principal) -> EntryFilter:
    """The filter, limited to the principal's own partnership. Raises ``Forbidden`` if it asks for another's."""
    own = principal.partnership
    if own is None:
        return which
    if which.partnership not in ("", own):
        raise Forbidden(f"Your token is for the partnership {own!r}, not {which.partnership!r}.")
    return msgspec.structs.replace(which, partnership=own)
