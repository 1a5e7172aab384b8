"""Money by stream: received = committed + paid + returned + free, on every day and whatever happened (CAN-3)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reporting.chronicle import PARTNERSHIP, Chronicle

from services.reporting.views.money import StreamPosition, positions_of_streams
from shared.contracts.event import Event
from shared.contracts.funding import (
    CommitmentReleased,
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReturnedFundsFreed,
    StreamKind,
    StreamReceived,
    StreamShare,
)

MARCH = dt.date(2014, 3, 1)


def received(stream: str, pence: int) -> StreamReceived:
    return StreamReceived(
        reserve="r", stream=stream, name=stream, kind=StreamKind.EXTERNAL_GRANT, source="council", amount_pence=pence
    )


def moved(kind: str, shares: tuple[StreamShare, ...]) -> Event:
    match kind:
        case "awarded":
            return FundsAwarded(
                reserve="r", award="a", shares=shares, payee="p", purpose="x", starts_on=MARCH, decision="d"
            )
        case "paid":
            return PaymentMade(reserve="r", award="a", payment="p", shares=shares, paid_on=MARCH, payee="p")
        case "released":
            return CommitmentReleased(reserve="r", award="a", shares=shares, reason="Not needed.")
        case "returned":
            return FundsReturned(reserve="r", award="a", return_="t", shares=shares, returned_on=MARCH)
        case _:
            return ReturnedFundsFreed(reserve="r", return_="t", shares=shares, decision="d")


def streams(chronicle: Chronicle, as_at: dt.date, partnership: str = PARTNERSHIP) -> dict[str, StreamPosition]:
    with chronicle.engine.connect() as connection:
        return {found.stream: found for found in positions_of_streams(connection, partnership, as_at)}


pence = st.integers(1, 10**7)
share = st.builds(StreamShare, stream=st.sampled_from(["one", "two", "three"]), amount_pence=pence)
movements = st.builds(
    moved,
    st.sampled_from(["awarded", "paid", "released", "returned", "freed"]),
    st.lists(share, min_size=1, max_size=4).map(tuple),
)
facts = st.lists(st.one_of(movements, st.builds(received, st.sampled_from(["one", "two", "three"]), pence)), min_size=1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts)
def test_every_penny_received_is_in_one_account(chronicle: Chronicle, happened: Sequence[Event]) -> None:
    partnership = f"area-{uuid.uuid4().hex[:8]}"
    chronicle.happened("2014-03-01", *happened, partnership=partnership)
    found = streams(chronicle, MARCH, partnership)
    for stream in found.values():
        assert stream.received == stream.committed + stream.paid + stream.returned + stream.free
    inflow = sum(fact.amount_pence for fact in happened if isinstance(fact, StreamReceived))
    assert sum(stream.received for stream in found.values()) == inflow


def test_each_movement_goes_from_one_account_to_the_next(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", received("one", 1000))
    for when, kind, amount in (
        ("2014-01-02", "awarded", 600),
        ("2014-01-03", "paid", 500),
        ("2014-01-04", "released", 100),
        ("2014-01-05", "returned", 300),
        ("2014-01-06", "freed", 200),
    ):
        facts = moved(kind, (StreamShare(stream="one", amount_pence=amount),))
        chronicle.happened(when, facts)
    one = streams(chronicle, dt.date(2014, 12, 31))["one"]
    assert (one.received, one.committed, one.paid, one.returned, one.free) == (1000, 0, 200, 100, 700)
    assert one.sources == (0, 1, 2, 3, 4, 5)


def test_money_as_at_a_day_leaves_out_what_came_later(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", received("one", 1000))
    chronicle.happened("2014-02-01", moved("awarded", (StreamShare(stream="one", amount_pence=600),)))
    assert streams(chronicle, dt.date(2014, 1, 31))["one"].free == 1000
    assert streams(chronicle, dt.date(2014, 1, 31))["one"].sources == (0,)
    assert streams(chronicle, dt.date(2014, 2, 1))["one"].free == 400


def test_a_page_of_the_ledger_read_twice_changes_nothing(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", received("one", 1000))
    chronicle._project(chronicle.events)
    assert streams(chronicle, MARCH)["one"].received == 1000


def test_partnerships_money_is_kept_apart(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", received("one", 1000), partnership="elsewhere")
    assert streams(chronicle, MARCH) == {}
