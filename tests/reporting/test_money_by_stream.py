"""Money by stream: received = committed + paid + returned + free, on every day and after any events (CAN-3)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from reporting.chronicle import PARTNERSHIP, Chronicle

from services.reporting.history import Period, history_of
from services.reporting.views.money import ACCOUNTS
from shared.contracts.event import Event
from shared.contracts.funding.awards import (
    AwardReduced,
    CommitmentReleased,
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReturnedFundsFreed,
)
from shared.contracts.funding.postings import Money
from shared.contracts.funding.reserves import FundsCarriedForward, FundsClawedBack, StreamKind, StreamReceived
from shared.contracts.funding.shares import StreamShare
from shared.readmodels.money import StreamOnDay

MARCH = dt.date(2014, 3, 1)


def received(stream: str, pence: int) -> StreamReceived:
    return StreamReceived(
        reserve="r", stream=stream, name=stream, kind=StreamKind.EXTERNAL_GRANT, source="council", amount_pence=pence
    )


def moved(kind: str, shares: tuple[StreamShare, ...]) -> tuple[Event, ...]:
    of = {"reserve": "r", "award": "a", "shares": shares}
    match kind:
        case "awarded":
            return (FundsAwarded(**of, payee="p", purpose="x", starts_on=MARCH, decision="d"),)
        case "paid":
            return (PaymentMade(**of, payment="p", paid_on=MARCH, payee="p"),)
        case "released":
            return AwardReduced(**of, reason="Not needed."), CommitmentReleased(**of, reason="Not needed.")
        case "returned":
            return (FundsReturned(**of, return_="t", returned_on=MARCH),)
        case _:
            return (ReturnedFundsFreed(**of, return_="t", decision="d"),)


def streams(chronicle: Chronicle, as_at: dt.date, partnership: str = PARTNERSHIP) -> dict[str, StreamOnDay]:
    with chronicle.engine.connect() as connection:
        return {
            found.stream: found for found in history_of(connection, partnership, Period(None, as_at)).streams(as_at)
        }


pence = st.integers(1, 10**7)
share = st.builds(StreamShare, stream=st.sampled_from(["one", "two", "three"]), amount_pence=pence)
movements = st.builds(
    moved,
    st.sampled_from(["awarded", "paid", "released", "returned", "freed"]),
    st.lists(share, min_size=1, max_size=4).map(tuple),
)
receipts = st.builds(received, st.sampled_from(["one", "two", "three"]), pence).map(lambda fact: (fact,))
facts = st.lists(st.one_of(movements, receipts), min_size=1).map(lambda each: [fact for some in each for fact in some])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts)
def test_every_penny_received_is_in_one_account(chronicle: Chronicle, happened: Sequence[Event]) -> None:
    partnership = f"area-{uuid.uuid4().hex[:8]}"
    chronicle.happened("2014-03-01", *happened, partnership=partnership)
    found = streams(chronicle, MARCH, partnership)
    for stream in found.values():
        assert stream.money.received_pence == sum(getattr(stream.money, account) for account in ACCOUNTS[1:])
    inflow = sum(fact.amount_pence for fact in happened if isinstance(fact, StreamReceived))
    assert sum(stream.money.received_pence for stream in found.values()) == inflow


def test_each_movement_goes_from_one_account_to_the_next(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", received("one", 1000))
    for when, kind, amount in (
        ("2014-01-02", "awarded", 600),
        ("2014-01-03", "paid", 500),
        ("2014-01-04", "released", 100),
        ("2014-01-05", "returned", 300),
        ("2014-01-06", "freed", 200),
    ):
        chronicle.happened(when, *moved(kind, (StreamShare(stream="one", amount_pence=amount),)))
    one = streams(chronicle, dt.date(2014, 12, 31))["one"]
    stands = Money(received_pence=1000, paid_pence=200, returned_pence=100, free_pence=700)
    assert one.money == stands
    assert one.sources == [0, 1, 2, 3, 4, 5, 6]


def test_money_as_at_a_day_leaves_out_what_came_later(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", received("one", 1000))
    chronicle.happened("2014-02-01", *moved("awarded", (StreamShare(stream="one", amount_pence=600),)))
    assert streams(chronicle, dt.date(2014, 1, 31))["one"].money.free_pence == 1000
    assert streams(chronicle, dt.date(2014, 1, 31))["one"].sources == [0]
    assert streams(chronicle, dt.date(2014, 2, 1))["one"].money.free_pence == 400


def test_a_page_of_the_ledger_read_twice_changes_nothing(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", received("one", 1000))
    chronicle._project(chronicle.events)
    assert streams(chronicle, MARCH)["one"].money.received_pence == 1000


def test_partnerships_money_is_kept_apart(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", received("one", 1000), partnership="elsewhere")
    assert streams(chronicle, MARCH) == {}


def test_money_past_its_day_has_lapsed_until_a_decision_carries_it_forward(chronicle: Chronicle) -> None:
    """CAN-3: of £80,000 until 31 March 2021, £30,000 is committed; a year later £50,000 was said to be free."""
    last = dt.date(2021, 3, 31)
    chronicle.happened("2020-04-01", replace(received("one", 8_000_000), spend_by=last))
    chronicle.happened("2020-05-01", *moved("awarded", (StreamShare(stream="one", amount_pence=3_000_000),)))
    on_time, late = (streams(chronicle, day)["one"] for day in (last, dt.date(2022, 5, 31)))
    assert on_time.money == Money(received_pence=8_000_000, committed_pence=3_000_000, free_pence=5_000_000)
    assert late.money == Money(received_pence=8_000_000, lapsed_pence=8_000_000)
    back = FundsClawedBack(reserve="r", stream="one", amount_pence=1_000_000, decision="d")
    forward = FundsCarriedForward(
        reserve="r", stream="one", amount_pence=4_000_000, spend_by=dt.date(2023, 3, 31), decision="d"
    )
    chronicle.happened("2022-06-01", back, forward)
    carried = streams(chronicle, dt.date(2022, 6, 1))["one"]
    assert carried.money == Money(
        received_pence=8_000_000, committed_pence=3_000_000, free_pence=4_000_000, clawed_back_pence=1_000_000
    )
    assert carried.spend_by == dt.date(2023, 3, 31)
    assert streams(chronicle, dt.date(2022, 5, 31))["one"].money.lapsed_pence == 8_000_000
