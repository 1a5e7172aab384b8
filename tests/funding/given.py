"""What the facts about funding start from: an invented reserve of three streams, and short ways to say amounts."""

from __future__ import annotations

import datetime as dt

from services.funding.domain.request import Request
from services.funding.domain.reserve import Reserve
from shared.contracts.event import Event
from shared.contracts.funding import (
    Basis,
    FundsAwarded,
    FundsRequested,
    PaymentMade,
    ReserveOpened,
    StreamKind,
    StreamReceived,
    StreamShare,
)
from shared.contracts.meetings.effects import AwardTerms
from shared.values.old_aggregate import Aggregate

PARTNERSHIP = "area"
DECISION = "board-2014-11-24-decision"
TODAY = dt.date(2015, 1, 20)
APRIL, MARCH = dt.date(2015, 4, 1), dt.date(2016, 3, 31)

OPENED = ReserveOpened(reserve="reserve", name="Partnership financial reserve")
LOCALITY = StreamReceived(
    reserve="reserve",
    stream="locality",
    name="Locality Funds",
    kind=StreamKind.EXTERNAL_GRANT,
    source="county-council",
    amount_pence=12_000_000,
)
"""£120,000 for anything, without an end."""
SAFER = StreamReceived(
    reserve="reserve",
    stream="safer",
    name="Safer and Stronger Communities Fund",
    kind=StreamKind.EXTERNAL_GRANT,
    source="county-council",
    amount_pence=3_000_000,
    purposes=("community-safety", "hate-crime"),
    ends_on=MARCH,
)
"""£30,000 for community safety until 31 March 2016."""
HEALTH = StreamReceived(
    reserve="reserve",
    stream="health",
    name="Public Health Grant",
    kind=StreamKind.PARTNER_CONTRIBUTION,
    source="public-health",
    amount_pence=2_000_000,
    purposes=("health",),
)
"""£20,000 for health outcomes only."""


def happened[A: Aggregate](thing: A, *facts: Event) -> A:
    """The thing after these facts."""
    for fact in facts:
        thing.apply(fact)
        thing.version += 1
    return thing


def reserve(*facts: Event) -> Reserve:
    """The reserve with its three streams, after these facts."""
    return happened(Reserve(PARTNERSHIP, "reserve"), OPENED, LOCALITY, SAFER, HEALTH, *facts)


def shares(**pence: int) -> tuple[StreamShare, ...]:
    """``shares(locality=500)``"""
    return tuple(StreamShare(stream=stream, amount_pence=amount) for stream, amount in pence.items())


def terms(
    award: str = "apprentices",
    *,
    purpose: str = "apprenticeships",
    starts_on: dt.date = APRIL,
    ends_on: dt.date | None = None,
    **pence: int,
) -> AwardTerms:
    """The terms of an award to the skills board: ``terms(locality=500)``."""
    return AwardTerms(
        reserve="reserve",
        award=award,
        shares=shares(**pence),
        payee="skills-board",
        purpose=purpose,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def awarded(award: str = "apprentices", request: str | None = None, **pence: int) -> FundsAwarded:
    return FundsAwarded(
        reserve="reserve",
        award=award,
        request=request,
        shares=shares(**pence),
        payee="skills-board",
        purpose="apprenticeships",
        starts_on=APRIL,
        decision=DECISION,
    )


def paid(payment: str = "instalment-1", award: str = "apprentices", **pence: int) -> PaymentMade:
    return PaymentMade(
        reserve="reserve",
        award=award,
        payment=payment,
        shares=shares(**pence),
        paid_on=dt.date(2014, 10, 1),
        payee="skills-board",
    )


BLAKE_WORKER = FundsRequested(
    request="blake-worker",
    reserve="reserve",
    applicant="voluntary-council",
    title="Blake Community Development Worker",
    purpose="community-development",
    purpose_text="To keep the post.",
    basis=Basis.PER_MONTH,
    amount_pence=130_000,
    starts_on=dt.date(2015, 5, 1),
)
"""£1,300 a month from May 2015, open-ended."""


def request(*facts: Event) -> Request:
    """The request for the Blake worker, after these facts."""
    return happened(Request(PARTNERSHIP, "blake-worker"), BLAKE_WORKER, *facts)
