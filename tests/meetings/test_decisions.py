"""Facts about what a meeting may decide and what its decisions carry, each with its clause."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from meetings.given import (
    AWARD,
    BLAKE,
    COMMISSIONER,
    DAY,
    NO_TAKE_UP,
    RETURNS,
    SEATS,
    SIGNPOST,
    board,
    happened,
    meeting,
    opened,
    quorate,
    resolution,
    terms,
)

from services.meetings.domain.decision_rules import (
    AmbiguousReference,
    Inquorate,
    NamedTwice,
    UnclearDeferral,
    UnfittingTerms,
)
from services.meetings.domain.meeting import Meeting
from services.meetings.domain.resolution import Resolution
from services.meetings.domain.rules import (
    AbsentMember,
    Closed,
    LateWithdrawal,
    NotOpen,
    NotYetItsDay,
    PeriodReversed,
)
from shared.contracts.meetings import (
    Capacity,
    DecisionRecorded,
    Deferral,
    InterestDeclared,
    MeetingClosed,
    Outcome,
    Reference,
    ReferenceKind,
)
from shared.values.refusals import AlreadyThere, Unknown

AGREED, ENDORSED, NOTED, DEFERRED, DECLINED = Outcome
PILOT = Reference(kind=ReferenceKind.PILOT, id="panel", within="panels")


def decide(found: Meeting, resolved: Resolution) -> DecisionRecorded:
    return found.decide(board(), resolved, today=DAY)


def withdrew(seat: str, item: str = "requests") -> InterestDeclared:
    return InterestDeclared(meeting="board-november", item=item, seat=seat, nature="Employs the post.", withdrew=True)


def test_there_is_no_decision_before_the_meeting_is_opened() -> None:
    """TSP-1"""
    with pytest.raises(NotOpen):
        decide(meeting(), resolution(NOTED))


def test_there_is_no_decision_after_the_meeting_is_closed() -> None:
    """TSP-1"""
    with pytest.raises(Closed):
        decide(happened(quorate(), MeetingClosed(meeting="board-november")), resolution(NOTED))


def test_there_is_no_decision_before_the_day() -> None:
    """TSP-1"""
    with pytest.raises(NotYetItsDay):
        quorate().decide(board(), resolution(), today=dt.date(2014, 11, 23))


def test_a_quorate_meeting_decides_and_says_with_how_many() -> None:
    """CAN-2"""
    decided = decide(quorate(), resolution(AGREED))
    assert (decided.quorate, decided.present, decided.required) == (True, 3, 3)
    assert decided.group == "board"


@pytest.mark.parametrize("outcome", [AGREED, ENDORSED, DECLINED, DEFERRED])
def test_an_inquorate_meeting_does_not_decide(outcome: Outcome) -> None:
    """TSP-1"""
    deferral = RETURNS if outcome is DEFERRED else None
    with pytest.raises(Inquorate, match="2 of the 3 members needed are present, 1 short") as refusal:
        decide(opened("council", "police"), resolution(outcome, deferral=deferral))
    assert refusal.value.members == {"present": 2, "required": 3}


def test_an_inquorate_meeting_may_note() -> None:
    """TSP-1"""
    noted = decide(opened("council", "police"), resolution(NOTED))
    assert (noted.quorate, noted.present, noted.required) == (False, 2, 3)


def test_an_inquorate_meeting_may_not_agree_under_the_name_of_noting() -> None:
    """TSP-1, CAN-2: asking another funder is something the meeting agrees."""
    with pytest.raises(Inquorate):
        decide(opened("council", "police"), resolution(NOTED, exploration=COMMISSIONER))


def test_who_withdraws_from_an_item_is_not_counted_for_it() -> None:
    """CAN-2: the organisation that employs the post takes no part; the next item has its quorum back."""
    found = happened(quorate(), withdrew("police"))
    with pytest.raises(Inquorate, match="Item 'requests' of 'board-november': 2 of the 3"):
        decide(found, resolution())
    assert decide(found, resolution(item="programme")).present == 3


def test_who_declares_an_interest_and_stays_is_counted() -> None:
    """CAN-2"""
    found = quorate()
    happened(found, found.declare_interest("requests", "police", "Knows the post.", False, today=DAY))
    assert decide(found, resolution()).present == 3


def test_who_comes_late_is_counted_from_then_on() -> None:
    """TSP-1"""
    found = opened("council", "police")
    happened(found, found.record_attendance(board(), "fire", None, Capacity.REPRESENTATIVE, today=DAY))
    assert decide(found, resolution()).present == 3


def test_deputies_who_do_not_count_decide_nothing() -> None:
    """TSP-1, TSP-2"""
    strict = board(terms(deputies_count=False))
    found = opened("council", "police", deputies=["fire"], membership=strict)
    with pytest.raises(Inquorate):
        found.decide(strict, resolution(), today=DAY)


def test_only_who_is_present_declares_an_interest() -> None:
    """TSP-1"""
    with pytest.raises(AbsentMember, match="Nobody sits in seat 'college'"):
        quorate().declare_interest("requests", "college", "Employs the post.", True, today=DAY)


def test_who_withdraws_does_so_before_the_item_is_decided() -> None:
    """CAN-2: who counted as present for a decision stands."""
    found = quorate()
    happened(found, decide(found, resolution()))
    with pytest.raises(LateWithdrawal):
        found.declare_interest("requests", "police", "Employs the post.", True, today=DAY)
    assert not found.declare_interest("requests", "police", "Knows the post.", False, today=DAY).withdrew


def test_who_withdrew_does_not_come_back_once_the_item_is_decided() -> None:
    """CAN-2"""
    found = happened(opened("council", "police", "fire", "college"), withdrew("police"))
    happened(found, decide(found, resolution()))
    with pytest.raises(LateWithdrawal):
        found.declare_interest("requests", "police", "None after all.", False, today=DAY)


def test_a_decision_is_on_an_item_of_the_agenda() -> None:
    """CAN-2"""
    with pytest.raises(Unknown, match="no item 'housing'"):
        decide(quorate(), resolution(item="housing"))


def test_history_loads_whatever_todays_rules_would_say() -> None:
    """design 5: a decision of a meeting that never opened, on an item that was never on its agenda."""
    taken = decide(quorate(), resolution(DEFERRED, deferral=RETURNS))
    odd = happened(Meeting("area", "board-november"), msgspec.structs.replace(taken, item="housing", deferral=None))
    assert odd.decisions == {taken.decision: "housing"}


def test_a_decision_has_its_name_once() -> None:
    """CAN-2: an item may see several decisions, each under a name of its own."""
    found = quorate()
    happened(found, decide(found, resolution(decision="first")))
    with pytest.raises(AlreadyThere):
        decide(found, resolution(decision="first", item="programme"))
    assert decide(found, resolution(decision="second")).item == "requests"


def test_a_decision_is_about_what_its_item_is_about_unless_it_says_otherwise() -> None:
    """CAN-2, CAN-6: nobody types it twice."""
    assert decide(quorate(), resolution()).about == BLAKE
    assert decide(quorate(), resolution(about=PILOT)).about == PILOT
    with pytest.raises(AmbiguousReference):
        decide(quorate(), resolution(about=Reference(kind=ReferenceKind.PILOT, id="panel")))


def test_a_deferred_request_says_what_must_be_known() -> None:
    """CAN-2: linked to another project's outcome, to a future meeting."""
    assert decide(quorate(), resolution(DEFERRED, deferral=RETURNS)).deferral == RETURNS


@pytest.mark.parametrize(
    ("deferral", "wrong"),
    [
        (None, "has no deferral"),
        (Deferral(returns_to="Some day"), "neither on which day it returns nor what must be known"),
        (Deferral(returns_to="Today", returns_on=DAY), "would return on 2014-11-24, no later than the meeting"),
    ],
)
def test_a_deferral_without_a_return_is_refused(deferral: Deferral | None, wrong: str) -> None:
    """CAN-2"""
    with pytest.raises(UnclearDeferral, match=wrong):
        decide(quorate(), resolution(DEFERRED, deferral=deferral))


@pytest.mark.parametrize(
    "deferral",
    [
        Deferral(returns_to="The next meeting", returns_on=dt.date(2014, 11, 25)),
        Deferral(returns_to="A future meeting", must_know=("What it costs",)),
        Deferral(returns_to="A future meeting", awaits_project="community"),
    ],
)
def test_a_day_or_a_question_or_a_project_makes_a_deferral(deferral: Deferral) -> None:
    """CAN-2"""
    assert decide(quorate(), resolution(DEFERRED, deferral=deferral)).deferral == deferral


@pytest.mark.parametrize("outcome", [AGREED, ENDORSED, NOTED, DECLINED])
def test_only_what_is_deferred_has_a_deferral(outcome: Outcome) -> None:
    """CAN-2"""
    with pytest.raises(UnclearDeferral, match="and has a deferral all the same"):
        decide(quorate(), resolution(outcome, deferral=RETURNS))


@pytest.mark.parametrize("outcome", Outcome)
def test_money_is_awarded_by_what_is_agreed_or_endorsed(outcome: Outcome) -> None:
    """CAN-2"""
    resolved = resolution(outcome, award=AWARD, deferral=RETURNS if outcome is DEFERRED else None)
    if outcome in (AGREED, ENDORSED):
        assert decide(quorate(), resolved).award == AWARD
    else:
        with pytest.raises(UnfittingTerms, match=f"awards money and is {outcome}; that goes with agreed or endorsed"):
            decide(quorate(), resolved)


@pytest.mark.parametrize("outcome", Outcome)
def test_another_funder_is_asked_unless_the_request_is_declined_or_only_endorsed(outcome: Outcome) -> None:
    """CAN-2: noted, and agreed to consider whether the commissioner's funding is an option."""
    resolved = resolution(outcome, exploration=COMMISSIONER, deferral=RETURNS if outcome is DEFERRED else None)
    if outcome in (AGREED, NOTED, DEFERRED):
        assert decide(quorate(), resolved).exploration == COMMISSIONER
    else:
        with pytest.raises(UnfittingTerms, match="asks another funder"):
            decide(quorate(), resolved)


def test_another_funder_is_asked_about_a_request() -> None:
    """CAN-2"""
    with pytest.raises(UnfittingTerms, match="asks another funder, but is about a problem"):
        decide(quorate(), resolution(item="programme", exploration=COMMISSIONER))


@pytest.mark.parametrize("outcome", Outcome)
def test_mitigations_are_agreed_or_endorsed(outcome: Outcome) -> None:
    """CAN-6"""
    deferral = RETURNS if outcome is DEFERRED else None
    resolved = resolution(outcome, item="programme", mitigations=(SIGNPOST,), deferral=deferral)
    if outcome in (AGREED, ENDORSED):
        decided = decide(quorate(), resolved)
        assert (decided.mitigations, decided.about) == ((SIGNPOST,), NO_TAKE_UP)
    else:
        with pytest.raises(UnfittingTerms, match="agrees mitigations"):
            decide(quorate(), resolved)


def test_a_mitigation_is_named_once_in_a_decision() -> None:
    """CAN-6"""
    with pytest.raises(NamedTwice, match="the mitigation 'perpetrators/signpost' 2 times"):
        decide(quorate(), resolution(item="programme", mitigations=(SIGNPOST, SIGNPOST)))
    other = msgspec.structs.replace(SIGNPOST, mitigation="hub")
    assert len(decide(quorate(), resolution(item="programme", mitigations=(SIGNPOST, other))).mitigations) == 2


def test_a_stream_pays_one_share_of_an_award() -> None:
    """CAN-3"""
    with pytest.raises(NamedTwice, match="the stream 'locality' 2 times"):
        decide(quorate(), resolution(award=msgspec.structs.replace(AWARD, shares=AWARD.shares * 2)))


def test_terms_end_no_earlier_than_they_begin() -> None:
    """CAN-2"""
    with pytest.raises(PeriodReversed, match="The award runs from 2015-05-01 to 2015-04-30"):
        decide(quorate(), resolution(award=msgspec.structs.replace(AWARD, ends_on=dt.date(2015, 4, 30))))
    one_day = msgspec.structs.replace(AWARD, ends_on=AWARD.starts_on)
    assert decide(quorate(), resolution(award=one_day)).award == one_day
    backwards = msgspec.structs.replace(COMMISSIONER, ends_on=dt.date(2015, 3, 31))
    with pytest.raises(PeriodReversed, match="The term another funder is asked for runs from 2015-04-01"):
        decide(quorate(), resolution(exploration=backwards))


@given(
    st.sets(st.sampled_from(SEATS)),
    st.sets(st.sampled_from(SEATS)),
    st.sets(st.sampled_from(SEATS)),
    st.booleans(),
    st.sampled_from([AGREED, ENDORSED, NOTED, DECLINED]),
)
def test_a_decision_tells_truly_whether_it_was_quorate(
    coming: set[str], standing_in: set[str], withdrawing: set[str], deputies_count: bool, outcome: Outcome
) -> None:
    """TSP-1: whoever comes, stands in or withdraws: nothing but noting is ever decided by fewer than are needed."""
    membership = board(terms(deputies_count=deputies_count), vacant=())
    found = opened(*(coming - standing_in), deputies=standing_in, membership=membership)
    happened(found, *(withdrew(seat) for seat in withdrawing))
    counting = (coming | standing_in if deputies_count else coming - standing_in) - withdrawing
    try:
        decided = found.decide(membership, resolution(outcome), today=DAY)
    except Inquorate:
        assert len(counting) < 3
        assert outcome is not NOTED
    else:
        assert (decided.present, decided.quorate) == (len(counting), len(counting) >= 3)
        assert decided.quorate or outcome is NOTED
