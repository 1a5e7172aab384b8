"""What was awarded, paid and returned, and which awards the reserve could not bear (CAN-2, CAN-3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import RowMapping, Select, Table, select

from services.funding.queries.positions import reserve_row
from services.funding.views import Movement, award, money_return, movement, payment, refused_award
from shared.runtime.endpoints.web import Page, ReadContext
from shared.values.refusals import Unknown


@dataclass(frozen=True)
class Share:
    """An amount of one stream."""

    stream: str
    amount_pence: int


@dataclass(frozen=True)
class Payment:
    """A payment of an award."""

    payment: str
    paid_on: dt.date
    amount_pence: int
    shares: list[Share]


@dataclass(frozen=True)
class MoneyReturn:
    """Money that comes back from an award: estimated, then reconciled to the penny, then freed by a decision."""

    return_: Annotated[str, Field(serialization_alias="return")]
    estimate_pence: int | None
    wording: str | None
    """How the payee put the estimate: ``most of``."""
    reason: str | None
    returned_on: dt.date | None
    """Null while it is only estimated."""
    returned_pence: int
    difference_from_estimate_pence: int | None
    """What came back less what was estimated."""
    shares: list[Share]
    freed_by: str | None
    """The decision that freed it; null while it lies apart."""


@dataclass(frozen=True)
class FundingAward:
    """An award and what became of its money: awarded is always released, paid (kept or returned) and committed."""

    reserve: str
    award: str
    request: str | None
    payee: str
    purpose: str
    starts_on: dt.date
    ends_on: dt.date | None
    decision: str
    awarded_pence: int
    released_pence: int
    paid_pence: int
    """All that was paid, whether it came back or not."""
    returned_pence: int
    committed_pence: int
    """Not yet paid or released."""
    shares: list[Share]
    """What was awarded of each stream."""
    payments: list[Payment]
    returns: list[MoneyReturn]
    sources: list[int]
    """Ledger positions of the events this comes from."""


@dataclass(frozen=True)
class RefusedAward:
    """An award that a meeting decided and a rule forbade: nothing was committed."""

    award: str
    request: str | None
    decision: str
    shares: list[Share]
    reason: str
    rule: str
    clause: str
    stream: str | None
    short_by_pence: int | None
    """By how much the stream falls short, where it is that."""
    sources: list[int]


def awards(reading: ReadContext, reserve_slug: str, part: Page) -> list[FundingAward]:
    """The awards of a reserve, the oldest first. Raises ``Unknown``."""
    reserve_row(reading, reserve_slug)
    query = _in(award, reading, reserve_slug).order_by(award.c.sources[1], award.c.award)
    return _with_parts(reading, reserve_slug, reading.rows(part.of(query)))


def one_award(reading: ReadContext, reserve_slug: str, slug: str) -> FundingAward:
    """One award. Raises ``Unknown``."""
    found = reading.rows(_in(award, reading, reserve_slug).where(award.c.award == slug))
    if not found:
        raise Unknown(f"There is no award {slug!r} in reserve {reserve_slug!r} of {reading.partnership!r}.")
    return _with_parts(reading, reserve_slug, found)[0]


def refused_awards(reading: ReadContext, reserve_slug: str, part: Page) -> list[RefusedAward]:
    """What meetings awarded and a rule forbade, the oldest first. Raises ``Unknown``."""
    reserve_row(reading, reserve_slug)
    query = _in(refused_award, reading, reserve_slug).order_by(refused_award.c.sources[1])
    return [
        RefusedAward(
            award=r["award"],
            request=r["request"],
            decision=r["decision"],
            shares=[Share(**share) for share in r["shares"]],
            reason=r["reason"],
            rule=r["rule"],
            clause=r["clause"],
            stream=r["stream"],
            short_by_pence=r["short_by_pence"],
            sources=r["sources"],
        )
        for r in reading.rows(part.of(query))
    ]


def _with_parts(reading: ReadContext, reserve_slug: str, rows: Sequence[RowMapping]) -> list[FundingAward]:
    slugs = [r["award"] for r in rows]
    moved, paid, returned = (
        reading.rows(
            _in(table, reading, reserve_slug)
            .where(table.c.award.in_(slugs))
            .order_by(table.c.sources[1], *(column for column in table.primary_key))
        )
        for table in (movement, payment, money_return)
    )
    return [
        _entry(r, *([part for part in parts if part["award"] == r["award"]] for parts in (moved, paid, returned)))
        for r in rows
    ]


def _entry(r: RowMapping, moved: list[RowMapping], paid: list[RowMapping], returned: list[RowMapping]) -> FundingAward:
    pence = {kind: sum(m["amount_pence"] for m in moved if m["kind"] == kind) for kind in Movement}
    return FundingAward(
        reserve=r["reserve"],
        award=r["award"],
        request=r["request"],
        payee=r["payee"],
        purpose=r["purpose"],
        starts_on=r["starts_on"],
        ends_on=r["ends_on"],
        decision=r["decision"],
        awarded_pence=pence[Movement.AWARDED],
        released_pence=pence[Movement.RELEASED],
        paid_pence=pence[Movement.PAID],
        returned_pence=pence[Movement.RETURNED],
        committed_pence=pence[Movement.AWARDED] - pence[Movement.RELEASED] - pence[Movement.PAID],
        shares=_shares(m for m in moved if m["kind"] == Movement.AWARDED),
        payments=[_payment(p, moved) for p in paid],
        returns=[_return(back, moved) for back in returned],
        sources=sorted({at for each in (r, *moved, *paid, *returned) for at in each["sources"]}),
    )


def _payment(p: RowMapping, moved: list[RowMapping]) -> Payment:
    shares = _shares(m for m in moved if m["payment"] == p["payment"])
    return Payment(p["payment"], p["paid_on"], sum(share.amount_pence for share in shares), shares)


def _return(r: RowMapping, moved: list[RowMapping]) -> MoneyReturn:
    shares = _shares(m for m in moved if m["return"] == r["return"])
    return MoneyReturn(
        return_=r["return"],
        estimate_pence=r["estimate_pence"],
        wording=r["wording"],
        reason=r["reason"],
        returned_on=r["returned_on"],
        returned_pence=sum(share.amount_pence for share in shares),
        difference_from_estimate_pence=r["difference_from_estimate_pence"],
        shares=shares,
        freed_by=r["freed_by"],
    )


def _shares(moved: Iterable[RowMapping]) -> list[Share]:
    return [Share(m["stream"], m["amount_pence"]) for m in moved]


def _in(table: Table, reading: ReadContext, reserve_slug: str) -> Select[Any]:
    return select(table).where(table.c.partnership == reading.partnership, table.c.reserve == reserve_slug)
