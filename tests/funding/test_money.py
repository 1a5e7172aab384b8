"""Money never appears or vanishes: whatever is asked of a reserve, every penny of a stream is in one place (CAN-3)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
from funding.given import DECISION, MARCH, OPENED, TODAY, award, estimate, give_back, pay, release
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace
from stage import Given
from stage import given as after

from services.funding.awards.domain import Award, Decided, FreeReturnedFunds, committed
from services.funding.books import Books
from services.funding.reserve import Reserve
from services.funding.reserves.domain import CarryFundsForward
from shared.contracts.command import Asked
from shared.contracts.envelope import encode_data
from shared.contracts.event import Event, decode, name_of
from shared.contracts.funding.awards import AwardReduced, FundsAwarded, FundsReturned, PaymentMade, ReturnedFundsFreed
from shared.contracts.funding.postings import POSTS, Account, Money, all_of, money_of, postings
from shared.contracts.funding.reserves import FundsClawedBack, StreamKind, StreamReceived
from shared.contracts.funding.shares import StreamShare
from shared.values.refusals import Refusal

STREAMS = ("locality", "safer", "health", "reward")

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
        self.happened(after(OPENED).providing(Decided()))

    def happened(self, now: Given) -> None:
        """Fold the facts once, for all that asks afterwards."""
        self.now = now
        self.reserve = now.state(Reserve, "reserve")
        self.awards = {slug: now.state(Award, "reserve", slug) for slug in self.reserve.granted.awards}
        self.books = folded(now.facts)

    def award_of(self, slug: str) -> Award:
        return self.awards[slug]

    def left_of(self, slug: str) -> dict[str, int]:
        return committed(self.award_of(slug), self.reserve.granted.awards[slug].shares)

    def held_of(self, slug: str) -> dict[str, int]:
        award = self.award_of(slug)
        return {s.stream: award.books.balance(s.stream, Account.PAID) for s in self.reserve.granted.awards[slug].shares}

    def ask(self, command: Asked) -> None:
        """Decide and record; a refusal leaves everything as it was, which the invariants check."""
        try:
            self.happened(self.now.when(command, on=TODAY).happens())
        except Refusal as refusal:
            event(f"refused: {refusal.slug()}")
        else:
            event(f"recorded: {type(command).__name__}")

    def all_of_kind[E: Event](self, kind: type[E]) -> list[E]:
        return [fact for fact in self.now.facts if isinstance(fact, kind)]

    @initialize(data=st.data(), amounts=st.tuples(pence, pence))
    def begin_with_an_award_partly_paid(self, data: st.DataObject, amounts: tuple[int, int]) -> None:
        self.receive("locality", amounts[0], (), None)
        self.receive("health", amounts[1], ("health",), MARCH)
        self.award(data, "health", None)
        self.pay(data, TODAY)

    @rule(stream=st.sampled_from(STREAMS), amount=pence, purposes=purposes, spend_by=last_days)
    def receive(self, stream: str, amount: int, purposes: tuple[str, ...], spend_by: dt.date | None) -> None:
        self.ask(
            StreamReceived(
                reserve="reserve",
                stream=stream,
                name=stream.title(),
                kind=StreamKind.EXTERNAL_GRANT,
                source="county-council",
                amount_pence=amount,
                purposes=purposes,
                spend_by=spend_by,
            )
        )

    @rule(data=st.data(), purpose=st.sampled_from(["health", "health", "skills"]), ends_on=last_days)
    def award(self, data: st.DataObject, purpose: str, ends_on: dt.date | None) -> None:
        made = len(self.reserve.granted.awards)
        slug = f"award-{data.draw(st.sampled_from([made, 0]))}"
        asked = award(slug, purpose=purpose, starts_on=dt.date(2014, 4, 1), ends_on=ends_on, locality=1)
        available = {stream: self.reserve.free(stream) for stream in self.reserve.streams.received}
        self.ask(replace(asked, shares=some_of(data, available)))

    @rule(data=st.data(), paid_on=recent_days)
    def pay(self, data: st.DataObject, paid_on: dt.date) -> None:
        if slug := self.any_award(data):
            payment = f"payment-{data.draw(st.sampled_from([len(self.award_of(slug).payments), 0]))}"
            shares = some_of(data, self.left_of(slug))
            self.ask(replace(pay(payment, slug, paid_on, locality=1), shares=shares))

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        if slug := self.any_award(data):
            self.ask(replace(release(slug, locality=1), shares=some_of(data, self.left_of(slug))))

    @rule(data=st.data(), pence=pence)
    def estimate(self, data: st.DataObject, pence: int) -> None:
        if slug := self.any_award(data):
            self.ask(estimate(pence, self.name_a_return(data, slug), slug))

    @rule(data=st.data(), returned_on=recent_days)
    def give_back(self, data: st.DataObject, returned_on: dt.date) -> None:
        payments = self.all_of_kind(PaymentMade)
        if payments:
            slug = data.draw(st.sampled_from(payments)).award
            command = give_back(self.name_a_return(data, slug), slug, returned_on, locality=1)
            self.ask(replace(command, shares=some_of(data, self.held_of(slug))))

    @rule(data=st.data())
    def free(self, data: st.DataObject) -> None:
        if slug := self.any_award(data):
            return_ = self.name_a_return(data, slug)
            self.ask(FreeReturnedFunds(reserve="reserve", award=slug, return_=return_, decision=DECISION))

    @rule(stream=st.sampled_from(STREAMS), amount=pence)
    def claw_back(self, stream: str, amount: int) -> None:
        self.ask(FundsClawedBack(reserve="reserve", stream=stream, amount_pence=amount, decision=DECISION))

    @rule(stream=st.sampled_from(STREAMS), spend_by=st.sampled_from([MARCH, dt.date(2015, 12, 31)]))
    def carry_forward(self, stream: str, spend_by: dt.date) -> None:
        self.ask(CarryFundsForward(reserve="reserve", stream=stream, spend_by=spend_by, decision=DECISION))

    def any_award(self, data: st.DataObject) -> str | None:
        awards = sorted(self.reserve.granted.awards)
        return data.draw(st.sampled_from(awards)) if awards else None

    def name_a_return(self, data: st.DataObject, slug: str) -> str:
        return f"return-{data.draw(st.integers(0, len(self.award_of(slug).returns)))}"

    @invariant()
    def every_penny_of_a_stream_is_in_one_place_and_no_account_is_overdrawn(self) -> None:
        books = self.books
        received = Counter({fact.stream: fact.amount_pence for fact in self.all_of_kind(StreamReceived)})
        for stream in STREAMS:
            balances = {account: books.balance(stream, account) for account in Account}
            assert sum(balances.values()) == 0
            assert -balances.pop(Account.OUTSIDE) == received[stream]
            assert min(balances.values()) >= 0
            assert balances[Account.RELEASED] == 0

    @invariant()
    def the_reserve_knows_what_is_free_without_the_awards_histories(self) -> None:
        books = self.books
        for stream in STREAMS:
            assert self.reserve.free(stream) == books.balance(stream, Account.FREE)

    @invariant()
    def the_awards_and_returns_account_for_what_the_streams_say(self) -> None:
        books, awards = self.books, self.reserve.granted.awards
        freed = self.reserve.granted.freed
        apart = by_stream(
            found.shares
            for slug in awards
            for name, found in self.award_of(slug).returns.items()
            if f"{slug}/{name}" not in freed
        )
        for stream in STREAMS:
            left = sum(self.left_of(slug).get(stream, 0) for slug in awards)
            assert books.balance(stream, Account.COMMITTED) == left
            assert books.balance(stream, Account.PAID) == sum(self.held_of(slug).get(stream, 0) for slug in awards)
            assert books.balance(stream, Account.RETURNED) == apart[stream]

    @invariant()
    def no_award_is_overspent_and_no_more_comes_back_than_was_paid(self) -> None:
        for slug in self.reserve.granted.awards:
            awarded = by_stream(fact.shares for fact in self.all_of_kind(FundsAwarded) if fact.award == slug)
            paid = by_stream(fact.shares for fact in self.all_of_kind(PaymentMade) if fact.award == slug)
            released = by_stream(fact.shares for fact in self.all_of_kind(AwardReduced) if fact.award == slug)
            back = by_stream(fact.shares for fact in self.all_of_kind(FundsReturned) if fact.award == slug)
            freed = by_stream(fact.shares for fact in self.all_of_kind(ReturnedFundsFreed) if fact.award == slug)
            assert paid + released <= awarded
            assert freed <= back <= paid

    @invariant()
    def money_is_committed_to_its_own_purpose_and_spent_in_time(self) -> None:
        streams = self.reserve.streams.received
        for made in self.all_of_kind(FundsAwarded):
            for stream in (streams[share.stream] for share in made.shares):
                assert not stream.purposes or made.purpose in stream.purposes
                assert stream.spend_by is None or (made.ends_on or made.starts_on) <= stream.spend_by
                assert stream.spend_by is None or stream.spend_by >= TODAY
        for payment in self.all_of_kind(PaymentMade):
            for stream in (streams[share.stream] for share in payment.shares):
                assert stream.spend_by is None or payment.paid_on <= stream.spend_by

    def teardown(self) -> None:
        """What was recorded can be read back, and makes the same reserve again, also from a snapshot."""
        facts = list(self.now.facts)
        read = [decode(name_of(type(fact)), msgspec.Raw(encode_data(fact))) for fact in facts]
        assert read == facts
        assert after(*read).state(Reserve, "reserve") == self.reserve
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(self.reserve), type=Reserve) == self.reserve


def folded(facts: Iterable[Event]) -> Books:
    """The postings of all facts, whichever history they belong to."""
    books = Books()
    for fact in facts:
        if type(fact) in POSTS:
            books.apply(fact)
    return books


def by_stream(amounts: Iterable[Shares]) -> Counter[str]:
    """What shares add up to, stream by stream."""
    found: Counter[str] = Counter()
    for shares in amounts:
        for share in shares:
            found[share.stream] += share.amount_pence
    return found


AccountsOfAReserve.TestCase.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)
test_money_never_appears_or_vanishes = AccountsOfAReserve.TestCase

balances = st.dictionaries(st.sampled_from([a for a in Account if a is not Account.OUTSIDE]), st.integers(0, 10**13))
days = st.one_of(st.none(), st.dates(dt.date(2014, 1, 1), dt.date(2016, 12, 31)))


@given(balances, days, days, st.dates(dt.date(2014, 1, 1), dt.date(2016, 12, 31)))
def test_whatever_lapses_every_penny_received_is_told_once(
    inside: dict[Account, int], commit_by: dt.date | None, spend_by: dt.date | None, day: dt.date
) -> None:
    """CAN-3"""
    money = money_of({**inside, Account.OUTSIDE: -sum(inside.values())}, commit_by, spend_by, day)
    parts = msgspec.structs.asdict(money)
    assert parts.pop("received_pence") == sum(parts.values()) == sum(inside.values())
    assert min(parts.values()) >= 0
    assert all_of([money, money]).received_pence == 2 * money.received_pence


def test_money_after_its_day_has_lapsed_and_is_not_free() -> None:
    """CAN-3: £80,000 until 31 March 2021, £30,000 of it committed; asked for 31 May 2022."""
    balances = {Account.OUTSIDE: -8_000_000, Account.FREE: 5_000_000, Account.COMMITTED: 3_000_000}
    last = dt.date(2021, 3, 31)
    assert money_of(balances, None, last, last) == Money(
        received_pence=8_000_000, committed_pence=3_000_000, free_pence=5_000_000
    )
    assert money_of(balances, None, last, dt.date(2022, 5, 31)) == Money(
        received_pence=8_000_000, lapsed_pence=8_000_000
    )
    winter = money_of(balances, dt.date(2020, 12, 31), last, dt.date(2021, 1, 1))
    assert winter == Money(received_pence=8_000_000, committed_pence=3_000_000, lapsed_pence=5_000_000)


def test_a_fact_posts_what_its_declaration_says() -> None:
    """CAN-3"""
    fact = FundsClawedBack(reserve="reserve", stream="safer", amount_pence=5, decision=DECISION)
    (posting,) = postings(fact)
    assert (posting.stream, posting.source, posting.target, posting.pence) == (
        "safer",
        Account.FREE,
        Account.CLAWED_BACK,
        5,
    )
    assert postings(OPENED) == ()
