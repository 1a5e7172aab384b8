"""What the facts about funding start from: an invented reserve of three streams, and short ways to say amounts."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import asdict
from stage import Given, given

from services.funding.awards.domain import (
    AwardByDecision,
    AwardFunds,
    Decided,
    EstimateReturn,
    FreeReturnedFunds,
    MakePayment,
    ReconcileReturn,
    ReleaseCommitment,
)
from services.funding.reserve import Reserve
from shared.contracts.event import Event
from shared.contracts.funding.awards import FundsAwarded, PaymentMade
from shared.contracts.funding.requests import Basis, FundsRequested
from shared.contracts.funding.reserves import ReserveOpened, StreamKind, StreamReceived
from shared.contracts.funding.shares import StreamShare

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
    spend_by=MARCH,
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


START = given(OPENED, LOCALITY, SAFER, HEALTH).providing(Decided())
"""A reserve with its three streams; of decisions nothing is known."""


def reserve(*facts: Event) -> Given:
    """The reserve with its three streams, after these facts."""
    return START.and_then(*facts)


def free(after: Given, stream: str) -> int:
    """What is free of a stream."""
    return after.state(Reserve, "reserve").free(stream)


def shares(**pence: int) -> tuple[StreamShare, ...]:
    """``shares(locality=500)``"""
    return tuple(StreamShare(stream=stream, amount_pence=amount) for stream, amount in pence.items())


def award(
    award: str = "apprentices",
    *,
    purpose: str = "apprenticeships",
    starts_on: dt.date = APRIL,
    ends_on: dt.date | None = None,
    request: str | None = None,
    decision: str = DECISION,
    **pence: int,
) -> AwardFunds:
    """A command to award money to the skills board: ``award(locality=500)``."""
    return AwardFunds(
        reserve="reserve",
        award=award,
        request=request,
        shares=shares(**pence),
        payee="skills-board",
        purpose=purpose,
        starts_on=starts_on,
        ends_on=ends_on,
        decision=decision,
    )


def by_decision(command: AwardFunds) -> AwardByDecision:
    """The same, as a meeting's decision brings it about."""
    return AwardByDecision(**asdict(command))


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


def pay(payment: str = "first", award: str = "apprentices", paid_on: dt.date = TODAY, **pence: int) -> MakePayment:
    return MakePayment(reserve="reserve", award=award, payment=payment, shares=shares(**pence), paid_on=paid_on)


def release(award: str = "apprentices", **pence: int) -> ReleaseCommitment:
    return ReleaseCommitment(reserve="reserve", award=award, shares=shares(**pence), reason="Not needed.")


def give_back(
    return_: str = "back", award: str = "apprentices", returned_on: dt.date = TODAY, **pence: int
) -> ReconcileReturn:
    return ReconcileReturn(
        reserve="reserve", award=award, return_=return_, shares=shares(**pence), returned_on=returned_on
    )


def estimate(
    pence: int, return_: str = "back", award: str = "apprentices", payee: str = "skills-board"
) -> EstimateReturn:
    return EstimateReturn(
        reserve="reserve",
        award=award,
        return_=return_,
        payee=payee,
        estimate_pence=pence,
        wording="most of",
        reason="The project did not develop as first intended.",
    )


FREE = FreeReturnedFunds(reserve="reserve", award="apprentices", return_="back", decision=DECISION)
