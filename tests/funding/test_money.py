"""Money never appears or vanishes: whatever is asked of a reserve, every penny of a stream is in one place (CAN-3)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec
from funding.given import DECISION, MARCH, PARTNERSHIP, TODAY, happened
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.funding.domain.reserve import Reserve
from services.funding.queries.positions import Money, all_of, where_it_is
from services.funding.views import Movement
from shared.contracts.envelope import encode_data
from shared.contracts.event import Event, decode, name_of
from shared.contracts.funding import (
    CommitmentReleased,
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReserveOpened,
    ReturnedFundsFreed,
    StreamKind,
    StreamReceived,
    StreamShare,
)
from shared.contracts.meetings.effects import AwardTerms
from shared.values.refusals import Refusal

STREAMS = ("locality", "safer", "health", "reward")
OPENED = ReserveOpened(reserve="reserve", name="Partnership financial reserve")

pence = st.integers(1, 60)
last_days = st.sampled_from([None, MARCH, dt.date(2015, 12, 31), dt.date(2014, 12, 31), dt.date(2014, 3, 31)])
recent_days = st.sampled_from([TODAY, dt.date(2014, 12, 1), dt.date(2015, 1, 1), TODAY + dt.timedelta(days=1)])
purposes = st.sampled_from([(), ("health",), ("health", "skills")])

Shares = tuple[StreamShare, ...]


def some_of(data: st.DataObject, available: Mapping[str, int]) -> Shares:
    """Shares as people ask for them: mostly of what there is, at times a penny too much or a stream twice."""
    once_each = data.draw(st.sampled_from([True, True, True, False]))
    streams = data.draw(st.lists(st.sampled_from(sorted(available)), min_size=1, max_size=3, unique=once_each))
    return tuple(
        StreamShare(stream=stream, amount_pence=data.draw(st.integers(1, max(0, available[stream]) + 1)))
        for stream in streams
    )


class AccountsOfAReserve(RuleBasedStateMachine):
    """Any commands in any order. An accountant who sees nothing but the facts keeps books of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.reserve = happened(Reserve(PARTNERSHIP, "reserve"), OPENED)
        self.facts: list[Event] = [OPENED]

    def ask(self, decide: Callable[[], Event]) -> None:
        """Decide and record; a refusal leaves everything as it was, which the invariants check."""
        try:
            fact = decide()
        except Refusal as refusal:
            event(f"refused: {refusal.slug()}")
            return
        event(f"recorded: {type(fact).__name__}")
        happened(self.reserve, fact)
        self.facts.append(fact)

    def all_of_kind[E: Event](self, kind: type[E]) -> list[E]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    @initialize(data=st.data(), amounts=st.tuples(pence, pence))
    def begin_with_an_award_partly_paid(self, data: st.DataObject, amounts: tuple[int, int]) -> None:
        self.receive("locality", amounts[0], (), None)
        self.receive("health", amounts[1], ("health",), MARCH)
        self.award(data, "health", None)
        self.pay(data, TODAY)

    @rule(stream=st.sampled_from(STREAMS), amount=pence, purposes=purposes, ends_on=last_days)
    def receive(self, stream: str, amount: int, purposes: tuple[str, ...], ends_on: dt.date | None) -> None:
        self.ask(
            partial(
                self.reserve.receive_stream,
                stream,
                name=stream.title(),
                kind=StreamKind.EXTERNAL_GRANT,
                source="county-council",
                amount_pence=amount,
                purposes=purposes,
                ends_on=ends_on,
            )
        )

    @rule(data=st.data(), purpose=st.sampled_from(["health", "health", "skills"]), ends_on=last_days)
    def award(self, data: st.DataObject, purpose: str, ends_on: dt.date | None) -> None:
        terms = AwardTerms(
            reserve="reserve",
            award=f"award-{data.draw(st.sampled_from([len(self.reserve.awards), 0]))}",
            shares=some_of(data, {slug: stream.free for slug, stream in self.reserve.streams.items()}),
            payee="skills-board",
            purpose=purpose,
            starts_on=dt.date(2014, 4, 1),
            ends_on=ends_on,
        )
        self.ask(partial(self.reserve.award, terms, DECISION, None))

    @rule(data=st.data(), paid_on=recent_days)
    def pay(self, data: st.DataObject, paid_on: dt.date) -> None:
        if self.reserve.awards:
            slug, award = data.draw(st.sampled_from(sorted(self.reserve.awards.items())))
            payment = f"payment-{data.draw(st.sampled_from([len(award.payments), 0]))}"
            self.ask(partial(self.reserve.pay, slug, payment, some_of(data, award.committed), paid_on, TODAY))

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        if self.reserve.awards:
            slug, award = data.draw(st.sampled_from(sorted(self.reserve.awards.items())))
            self.ask(partial(self.reserve.release, slug, some_of(data, award.committed), "Not needed."))

    @rule(data=st.data(), estimate=pence)
    def estimate(self, data: st.DataObject, estimate: int) -> None:
        if self.reserve.awards:
            self.ask(
                partial(
                    self.reserve.estimate_return,
                    data.draw(st.sampled_from(sorted(self.reserve.awards))),
                    self.name_a_return(data),
                    payee="skills-board",
                    estimate_pence=estimate,
                    wording="some",
                    reason="Unused.",
                )
            )

    @rule(data=st.data(), returned_on=recent_days)
    def give_back(self, data: st.DataObject, returned_on: dt.date) -> None:
        payments = self.all_of_kind(PaymentMade)
        if payments:
            slug = data.draw(st.sampled_from(payments)).award
            shares = some_of(data, self.reserve.awards[slug].kept)
            self.ask(partial(self.reserve.reconcile_return, slug, self.name_a_return(data), shares, returned_on, TODAY))

    @rule(data=st.data())
    def free(self, data: st.DataObject) -> None:
        self.ask(partial(self.reserve.free_returned_funds, self.name_a_return(data), DECISION))

    def name_a_return(self, data: st.DataObject) -> str:
        return f"return-{data.draw(st.integers(0, len(self.reserve.returns)))}"

    @invariant()
    def every_penny_of_a_stream_is_in_one_place(self) -> None:
        for stream in self.reserve.streams.values():
            assert stream.received == stream.committed + stream.paid + stream.returned + stream.free
            assert min(stream.committed, stream.paid, stream.returned, stream.free) >= 0

    @invariant()
    def the_accountant_finds_the_same_by_stream_and_in_all(self) -> None:
        received = Counter({fact.stream: fact.amount_pence for fact in self.all_of_kind(StreamReceived)})
        moved: dict[str, Counter[str]] = {stream: Counter() for stream in STREAMS}
        for movement, amounts in (
            (Movement.AWARDED, [fact.shares for fact in self.all_of_kind(FundsAwarded)]),
            (Movement.RELEASED, [fact.shares for fact in self.all_of_kind(CommitmentReleased)]),
            (Movement.PAID, [fact.shares for fact in self.all_of_kind(PaymentMade)]),
            (Movement.RETURNED, [fact.shares for fact in self.all_of_kind(FundsReturned)]),
            (Movement.FREED, [fact.shares for fact in self.all_of_kind(ReturnedFundsFreed)]),
        ):
            for stream, amount in by_stream(amounts).items():
                moved[stream][movement] = amount
        positions = {slug: where_it_is(received[slug], moved[slug]) for slug in self.reserve.streams}
        for slug, bucket in self.reserve.streams.items():
            kept = Money(bucket.received, bucket.committed, bucket.paid, bucket.returned, bucket.free)
            assert positions[slug] == kept
        total = all_of(positions.values())
        assert total.received_pence == received.total()
        assert total.received_pence == (
            total.committed_pence + total.paid_pence + total.returned_pence + total.free_pence
        )

    @invariant()
    def the_awards_and_returns_account_for_what_the_streams_say(self) -> None:
        for slug, stream in self.reserve.streams.items():
            assert stream.committed == sum(award.committed.get(slug, 0) for award in self.reserve.awards.values())
            assert stream.paid == sum(award.kept.get(slug, 0) for award in self.reserve.awards.values())
            apart = by_stream(found.shares for found in self.reserve.returns.values() if not found.freed)
            assert stream.returned == apart[slug]

    @invariant()
    def no_award_is_overspent_and_no_more_comes_back_than_was_paid(self) -> None:
        for slug in self.reserve.awards:
            awarded = by_stream(fact.shares for fact in self.all_of_kind(FundsAwarded) if fact.award == slug)
            paid = by_stream(fact.shares for fact in self.all_of_kind(PaymentMade) if fact.award == slug)
            released = by_stream(fact.shares for fact in self.all_of_kind(CommitmentReleased) if fact.award == slug)
            back = by_stream(fact.shares for fact in self.all_of_kind(FundsReturned) if fact.award == slug)
            assert paid + released <= awarded
            assert back <= paid

    @invariant()
    def money_is_committed_to_its_own_purpose_and_spent_in_time(self) -> None:
        for award in self.all_of_kind(FundsAwarded):
            for stream in (self.reserve.streams[share.stream] for share in award.shares):
                assert not stream.purposes or award.purpose in stream.purposes
                assert stream.ends_on is None or (award.ends_on or award.starts_on) <= stream.ends_on
        for payment in self.all_of_kind(PaymentMade):
            for stream in (self.reserve.streams[share.stream] for share in payment.shares):
                assert stream.ends_on is None or payment.paid_on <= stream.ends_on

    def teardown(self) -> None:
        """What was recorded can be read back, and makes the same reserve again."""
        read = [decode(name_of(type(fact)), msgspec.Raw(encode_data(fact))) for fact in self.facts]
        assert read == self.facts
        assert happened(Reserve(PARTNERSHIP, "reserve"), *read).__dict__ == self.reserve.__dict__


def by_stream(amounts: Iterable[Shares]) -> Counter[str]:
    """What shares add up to, stream by stream."""
    found: Counter[str] = Counter()
    for shares in amounts:
        for share in shares:
            found[share.stream] += share.amount_pence
    return found


AccountsOfAReserve.TestCase.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)
test_money_never_appears_or_vanishes = AccountsOfAReserve.TestCase
