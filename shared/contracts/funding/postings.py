"""Money is double entry: each fact that moves money says from which account to which, once, where it is declared.

    @event("parks.ticket_sold.v1", about="park")
    @posts(Account.OUTSIDE, Account.FREE)
    class TicketSold(Event, frozen=True, kw_only=True): ...

The reserve's state, funding's positions and the reports fold the same postings. What one account gains another loses,
so every penny that a stream received is in one place (CAN-3). Lapsing and carrying forward post nothing: the money
stays in its account, and the stream's days say whether it can still be used. Only ``money_of`` knows how.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from shared.contracts.event import Event
from shared.contracts.nouns import StreamSlug

Total = Annotated[int, Meta(description="Whole pence, in all.", examples=[12000000])]


class Account(enum.StrEnum):
    """Where money of a stream can be."""

    OUTSIDE = "outside"
    """The money of its source: negative by the amount received."""
    FREE = "free"
    """In the reserve, committed to nothing."""
    COMMITTED = "committed"
    """Awarded, and neither paid nor released."""
    RELEASED = "released"
    """On its way from an award to the reserve; counted as free. Both facts are saved together."""
    PAID = "paid"
    """Paid, and kept by the payee."""
    RETURNED = "returned"
    """Came back, and is kept apart until a decision frees it."""
    CLAWED_BACK = "clawed_back"
    """Taken back by the organisation that gave it."""


class Posting(msgspec.Struct, frozen=True):
    """An amount of one stream that goes from one account to another."""

    stream: StreamSlug
    source: Account
    target: Account
    pence: int


POSTS: dict[type[Event], tuple[Account, Account]] = {}
"""From which account to which each fact moves its money."""


def posts[E: Event](source: Account, target: Account) -> Callable[[type[E]], type[E]]:
    """Declare what a fact posts: its ``shares``, or its ``amount_pence`` of its ``stream``."""

    def declare(kind: type[E]) -> type[E]:
        if not {"shares"} <= {*kind.__struct_fields__} and not {"stream", "amount_pence"} <= {*kind.__struct_fields__}:
            raise ValueError(f"{kind.__name__} has neither shares nor an amount of a stream to post")
        POSTS[kind] = source, target
        return kind

    return declare


def postings(fact: Event) -> tuple[Posting, ...]:
    """What a fact posts; nothing where it moves no money."""
    accounts = POSTS.get(type(fact))
    if accounts is None:
        return ()
    shares: Iterable[Any] = getattr(fact, "shares", (fact,))
    return tuple(Posting(share.stream, *accounts, share.amount_pence) for share in shares)


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """Where money is on a day: received is always the sum of all the others (CAN-3)."""

    received_pence: Total = 0
    committed_pence: Total = 0
    """Awarded, and not yet paid or released."""
    paid_pence: Total = 0
    """Paid, and kept by the payees."""
    returned_pence: Total = 0
    """Came back, and is kept apart until it is freed."""
    free_pence: Total = 0
    """What can be awarded."""
    lapsed_pence: Total = 0
    """Not committed by the stream's day to commit by, or not spent by its day to spend by."""
    clawed_back_pence: Total = 0
    """Taken back by the organisation that gave it."""


def money_of(
    balances: Mapping[Account, int], commit_by: dt.date | None, spend_by: dt.date | None, as_at: dt.date
) -> Money:
    """Where a stream's money is at the end of a day, from the balances of its accounts and the days in force then.

    Money that is not committed lapses after ``commit_by``, or after ``spend_by`` where no such day is set. Money that
    is committed and not paid lapses after ``spend_by``.
    """
    pence = {account: balances.get(account, 0) for account in Account}
    may_commit = as_at <= (commit_by or spend_by or as_at)
    may_spend = as_at <= (spend_by or as_at)
    free, apart, committed = (
        pence[Account.FREE] + pence[Account.RELEASED],
        pence[Account.RETURNED],
        pence[Account.COMMITTED],
    )
    return Money(
        received_pence=-pence[Account.OUTSIDE],
        committed_pence=committed if may_spend else 0,
        paid_pence=pence[Account.PAID],
        returned_pence=apart if may_commit else 0,
        free_pence=free if may_commit else 0,
        lapsed_pence=(0 if may_commit else free + apart) + (0 if may_spend else committed),
        clawed_back_pence=pence[Account.CLAWED_BACK],
    )


def all_of(parts: Iterable[Money]) -> Money:
    """Several amounts of money together."""
    each = list(parts)
    return Money(**{name: sum(getattr(part, name) for part in each) for name in Money.__struct_fields__})
