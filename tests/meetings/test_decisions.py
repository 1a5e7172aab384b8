"""Facts about what a meeting may decide and what its decisions bring about, each with its clause."""

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
    decided,
    decision,
    meeting,
    opened,
    quorate,
    terms,
)
from stage import Given
from stage import given as happened

from services.meetings.attendance.domain import RecordAttendance
from services.meetings.decisions.effects import ALLOWED, FOLLOWS
from services.meetings.decisions.rules import (
    a_deferral_says_when_it_returns_or_what_must_be_known,
    an_effect_fits_the_outcome,
    an_effect_has_what_it_is_about,
    only_a_deferred_matter_has_a_deferral,
)
from services.meetings.interests.domain import DeclareInterest
from services.meetings.interests.rules import (
    only_a_member_who_is_present_declares,
    withdrawal_comes_before_the_decision,
)
from services.meetings.meeting import Meeting
from services.meetings.rules import (
    a_closed_meeting_stands_as_it_is,
    a_meeting_acts_once_it_is_open,
    a_reference_says_what_its_thing_belongs_to,
    an_inquorate_meeting_may_note_but_not_decide,
    nothing_is_done_at_a_meeting_before_its_day,
)
from shared.contracts.event import Event
from shared.contracts.meetings.attendance import Capacity
from shared.contracts.meetings.decisions import DecisionRecorded, Deferral, Outcome
from shared.contracts.meetings.effects import (
    EVERY_EFFECT,
    AwardDecided,
    DeclineDecided,
    DeferralDecided,
    Effect,
    ExpressionDecided,
    FunderExplorationDecided,
    MitigationDecided,
    NotingDecided,
)
from shared.contracts.meetings.interests import InterestDeclared
from shared.contracts.meetings.meetings import MeetingClosed
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.values.refusals import AlreadyThere, Unknown
from shared.values.rules import a_period_ends_no_earlier_than_it_starts, each_is_named_once

AGREED, ENDORSED, NOTED, DEFERRED, DECLINED = Outcome
PILOT = Reference(kind=ReferenceKind.PILOT, id="panel", within="panels")
WHICH = {"meeting": "board-november", "decision": "blake-worker-deferred"}


def effects(found: Given, outcome: Outcome = AGREED, **more: object) -> tuple[Event, ...]:
    """What a decision brings about, beside itself."""
    return found.when(decision(outcome, **more), on=DAY).facts[1:]


def deferral_of(outcome: Outcome) -> Deferral | None:
    return RETURNS if outcome is DEFERRED else None


def withdrew(seat: str, item: str = "requests") -> InterestDeclared:
    return InterestDeclared(meeting="board-november", item=item, seat=seat, nature="Employs the post.", withdrew=True)


def declares(seat: str, withdrew: bool) -> DeclareInterest:
    return DeclareInterest(
        meeting="board-november", item="requests", seat=seat, nature="Employs the post.", withdrew=withdrew
    )


def test_there_is_no_decision_before_the_meeting_is_opened() -> None:
    """TSP-1"""
    meeting().when(decision(NOTED), on=DAY).refused(a_meeting_acts_once_it_is_open)


def test_there_is_no_decision_after_the_meeting_is_closed() -> None:
    """TSP-1"""
    closed = quorate().and_then(MeetingClosed(meeting="board-november"))
    closed.when(decision(NOTED), on=DAY).refused(a_closed_meeting_stands_as_it_is)


def test_there_is_no_decision_before_the_day() -> None:
    """TSP-1"""
    quorate().when(decision(), on="2014-11-23").refused(nothing_is_done_at_a_meeting_before_its_day)


def test_a_quorate_meeting_decides_and_says_with_how_many() -> None:
    """CAN-2"""
    recorded = decided(quorate(), decision(AGREED))
    assert (recorded.quorate, recorded.present, recorded.required) == (True, 3, 3)
    assert recorded.group == "board"


@pytest.mark.parametrize("outcome", [AGREED, ENDORSED, DECLINED, DEFERRED])
def test_an_inquorate_meeting_does_not_decide(outcome: Outcome) -> None:
    """TSP-1"""
    found = opened("council", "police").when(decision(outcome, deferral=deferral_of(outcome)), on=DAY)
    refusal = found.refused(
        an_inquorate_meeting_may_note_but_not_decide, "2 of the 3 members needed are present, 1 short"
    )
    assert refusal.members == {"present": 2, "required": 3}


def test_an_inquorate_meeting_may_note() -> None:
    """TSP-1"""
    noted = decided(opened("council", "police"), decision(NOTED))
    assert (noted.quorate, noted.present, noted.required) == (False, 2, 3)


def test_an_inquorate_meeting_may_not_agree_under_the_name_of_noting() -> None:
    """TSP-1, CAN-2: asking another funder is something the meeting agrees."""
    noting = opened("council", "police").when(decision(NOTED, effects=(COMMISSIONER,)), on=DAY)
    noting.refused(an_inquorate_meeting_may_note_but_not_decide)


def test_a_member_who_withdraws_from_an_item_is_not_counted_for_it() -> None:
    """CAN-2: the organisation that employs the post takes no part; the next item has its quorum back."""
    found = quorate().and_then(withdrew("police"))
    found.when(decision(), on=DAY).refused(
        an_inquorate_meeting_may_note_but_not_decide, "Item 'requests' of 'board-november': 2 of the 3"
    )
    assert decided(found, decision(item="programme")).present == 3


def test_a_member_who_declares_an_interest_and_stays_is_counted() -> None:
    """CAN-2"""
    found = quorate().when(declares("police", withdrew=False), on=DAY).happens()
    assert decided(found, decision()).present == 3


def test_a_member_who_comes_late_is_counted_from_then_on() -> None:
    """TSP-1"""
    late = RecordAttendance(meeting="board-november", seat="fire", capacity=Capacity.REPRESENTATIVE)
    found = opened("council", "police").when(late, on=DAY).happens()
    assert decided(found, decision()).present == 3


def test_deputies_who_do_not_count_decide_nothing() -> None:
    """TSP-1, TSP-2"""
    strict = board(terms(deputies_count=False))
    found = opened("council", "police", deputies=["fire"], membership=strict)
    found.when(decision(), on=DAY).refused(an_inquorate_meeting_may_note_but_not_decide)


def test_only_a_member_who_is_present_declares_an_interest() -> None:
    """TSP-1"""
    quorate().when(declares("college", withdrew=True), on=DAY).refused(
        only_a_member_who_is_present_declares, "No one sits in seat 'college'"
    )


def test_a_member_who_withdraws_does_so_before_the_item_is_decided() -> None:
    """CAN-2: the members who counted as present for a decision stand."""
    found = quorate().when(decision(), on=DAY).happens()
    found.when(declares("police", withdrew=True), on=DAY).refused(withdrawal_comes_before_the_decision)
    assert not found.when(declares("police", withdrew=False), on=DAY).fact.withdrew


def test_a_member_who_withdrew_does_not_come_back_once_the_item_is_decided() -> None:
    """CAN-2"""
    found = opened("council", "police", "fire", "college").and_then(withdrew("police"))
    after = found.when(decision(), on=DAY).happens()
    after.when(declares("police", withdrew=False), on=DAY).refused(withdrawal_comes_before_the_decision)


def test_a_decision_is_on_an_item_of_the_agenda() -> None:
    """CAN-2"""
    quorate().when(decision(item="housing"), on=DAY).refused(Unknown, "no item 'housing'")


def test_history_loads_whatever_todays_rules_would_say() -> None:
    """design 5: a decision of a meeting that never opened, on an item that was never on its agenda."""
    taken = decided(quorate(), decision(DEFERRED, deferral=RETURNS))
    odd = happened(msgspec.structs.replace(taken, item="housing", deferral=None))
    assert odd.state(Meeting, "board-november").decisions.items == {taken.decision: "housing"}


def test_a_decision_has_its_name_once() -> None:
    """CAN-2: an item may see several decisions, each under a name of its own."""
    found = quorate().when(decision(decision="first"), on=DAY).happens()
    found.when(decision(decision="first", item="programme"), on=DAY).refused(AlreadyThere)
    assert decided(found, decision(decision="second")).item == "requests"


def test_a_decision_is_about_what_its_item_is_about_unless_it_says_otherwise() -> None:
    """CAN-2, CAN-6: nobody types it twice."""
    assert decided(quorate(), decision()).about == BLAKE
    assert decided(quorate(), decision(about=PILOT)).about == PILOT
    ambiguous = decision(about=Reference(kind=ReferenceKind.PILOT, id="panel"))
    quorate().when(ambiguous, on=DAY).refused(a_reference_says_what_its_thing_belongs_to)


def test_a_deferred_request_says_what_must_be_known() -> None:
    """CAN-2: linked to another project's outcome, to a future meeting."""
    assert decided(quorate(), decision(DEFERRED, deferral=RETURNS)).deferral == RETURNS


@pytest.mark.parametrize(
    ("deferral", "wrong"),
    [
        (Deferral(returns_to="Some day"), "neither on which day it returns nor what must be known"),
        (Deferral(returns_to="Today", returns_on="2014-11-24"), "would return on 2014-11-24, no later than the"),
        (Deferral(returns_to="Last month", returns_on="2014-10"), "would return on 2014-10, no later than the"),
    ],
)
def test_a_deferral_without_a_return_is_refused(deferral: Deferral, wrong: str) -> None:
    """CAN-2"""
    found = quorate().when(decision(DEFERRED, deferral=deferral), on=DAY)
    found.refused(a_deferral_says_when_it_returns_or_what_must_be_known, wrong)


@pytest.mark.parametrize(
    "deferral",
    [
        Deferral(returns_to="The next meeting", returns_on="2014-11-25"),
        Deferral(returns_to="The next meeting", returns_on="2015-02"),
        Deferral(returns_to="Later this month", returns_on="2014-11"),
        Deferral(returns_to="A future meeting", must_know=("What it costs",)),
        Deferral(returns_to="A future meeting", awaits_project="community"),
    ],
)
def test_a_day_or_month_or_a_question_or_a_project_makes_a_deferral(deferral: Deferral) -> None:
    """CAN-2"""
    assert decided(quorate(), decision(DEFERRED, deferral=deferral)).deferral == deferral


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_deferred_and_only_that_has_a_deferral(outcome: Outcome) -> None:
    """CAN-2"""
    wrong = None if outcome is DEFERRED else RETURNS
    found = quorate().when(decision(outcome, deferral=wrong), on=DAY)
    found.refused(only_a_deferred_matter_has_a_deferral, "no deferral" if outcome is DEFERRED else "all the same")


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("effect", [AWARD, COMMISSIONER, SIGNPOST])
def test_an_effect_comes_with_the_outcomes_that_allow_it(effect: Effect, outcome: Outcome) -> None:
    """CAN-2, CAN-6: what is not agreed costs nothing, and what is declined starts nothing."""
    command = decision(outcome, effects=(effect,), deferral=deferral_of(outcome))
    row = ALLOWED[type(effect)]
    if outcome in row.outcomes:
        assert [type(fact) for fact in quorate().when(command, on=DAY).facts][-1] is row.event
    else:
        quorate().when(command, on=DAY).refused(an_effect_fits_the_outcome, f"{row.does} and is {outcome}; that goes")


def test_money_and_mitigations_are_agreed_or_endorsed_and_another_funder_is_asked_unless_declined_or_endorsed() -> None:
    """CAN-2, CAN-6: noted, and agreed to consider whether the commissioner's funding is an option."""
    assert {kind.__name__: row.outcomes for kind, row in ALLOWED.items()} == {
        "AwardMoney": {AGREED, ENDORSED},
        "AskFunder": {AGREED, NOTED, DEFERRED},
        "AgreeMitigation": {AGREED, ENDORSED},
    }


def test_a_decision_and_each_effect_are_facts_of_their_own() -> None:
    """CAN-2: a service reacts to the effect it knows."""
    hub = msgspec.structs.replace(SIGNPOST, mitigation="hub")
    recorded, *brought = quorate().when(decision(effects=(AWARD, COMMISSIONER, SIGNPOST, hub)), on=DAY).facts
    assert isinstance(recorded, DecisionRecorded)
    award = {name: getattr(AWARD, name) for name in AWARD.__struct_fields__}
    funder = {name: getattr(COMMISSIONER, name) for name in COMMISSIONER.__struct_fields__}
    signpost = {name: getattr(SIGNPOST, name) for name in SIGNPOST.__struct_fields__}
    assert brought == [
        AwardDecided(**WHICH, request="blake-worker", award_checked=False, **award),
        FunderExplorationDecided(**WHICH, request="blake-worker", **funder),
        MitigationDecided(**WHICH, **signpost),
        MitigationDecided(**WHICH, **{**signpost, "mitigation": "hub"}),
    ]


def test_money_awarded_unasked_meets_no_request() -> None:
    """CAN-3"""
    (award,) = effects(quorate(), item="programme", effects=(AWARD,))
    assert isinstance(award, AwardDecided)
    assert award.request is None


def test_a_mitigation_is_of_the_project_it_names_whatever_the_decision_is_about() -> None:
    """CAN-6"""
    other = msgspec.structs.replace(SIGNPOST, project="other")
    (mitigation,) = effects(quorate(), item="programme", effects=(other,))
    assert isinstance(mitigation, MitigationDecided)
    assert mitigation.project == "other"


def test_what_was_decided_on_a_request_is_a_fact_about_the_request() -> None:
    """CAN-2: deferred with all it says, noted, or declined for the reasons given."""
    request = {**WHICH, "request": "blake-worker"}
    assert effects(quorate(), DEFERRED, deferral=RETURNS) == (DeferralDecided(**request, deferral=RETURNS),)  # type: ignore[arg-type]
    assert effects(quorate(), NOTED) == (NotingDecided(**request),)
    assert effects(quorate(), DECLINED) == (DeclineDecided(**request, reasons="It was thought best."),)
    assert effects(quorate(), AGREED) == (), "it awaits its terms"
    assert effects(quorate(), ENDORSED) == ()


@pytest.mark.parametrize("outcome", Outcome)
def test_a_pilot_that_is_agreed_or_endorsed_submits_the_expression_of_interest(outcome: Outcome) -> None:
    """CAN-5: the partnership agreed to submit an expression of interest."""
    expression = ExpressionDecided(**WHICH, project="panels", pilot="panel")
    expected = (expression,) if outcome in (AGREED, ENDORSED) else ()
    assert effects(quorate(), outcome, about=PILOT, deferral=deferral_of(outcome)) == expected


@pytest.mark.parametrize("outcome", Outcome)
def test_a_decision_about_anything_else_moves_no_request_and_no_pilot(outcome: Outcome) -> None:
    """CAN-2, CAN-5"""
    assert effects(quorate(), outcome, item="programme", deferral=deferral_of(outcome)) == ()
    bare = Reference(kind=ReferenceKind.PROJECT, id="blake-worker")
    assert effects(quorate(), outcome, about=bare, deferral=deferral_of(outcome)) == ()


def test_every_effect_stands_in_one_of_the_tables() -> None:
    """CAN-2"""
    tabled = {row.event for row in ALLOWED.values()} | set(FOLLOWS.values())
    assert tabled == set(EVERY_EFFECT)


def test_another_funder_is_asked_about_a_request() -> None:
    """CAN-2"""
    command = decision(item="programme", effects=(COMMISSIONER,))
    quorate().when(command, on=DAY).refused(
        an_effect_has_what_it_is_about, "asks another funder, but is about a problem, not a request"
    )


def test_a_decision_against_a_problem_is_about_the_problem() -> None:
    """CAN-6"""
    assert decided(quorate(), decision(item="programme", effects=(SIGNPOST,))).about == NO_TAKE_UP


def test_an_effect_is_named_once_in_a_decision() -> None:
    """CAN-3, CAN-6"""
    for effect, named in (
        (SIGNPOST, "Mitigation 'perpetrators/no-take-up/signpost' is named 2 times"),
        (AWARD, "Award 'reserve/blake-worker' is named 2 times"),
        (COMMISSIONER, "Funder 'commissioner' is named 2 times"),
    ):
        quorate().when(decision(effects=(effect, effect)), on=DAY).refused(each_is_named_once, named)


def test_a_stream_pays_one_share_of_an_award() -> None:
    """CAN-3"""
    twice = msgspec.structs.replace(AWARD, shares=AWARD.shares * 2)
    quorate().when(decision(effects=(twice,)), on=DAY).refused(each_is_named_once, "'locality' is named 2 times")


def test_terms_end_no_earlier_than_they_begin() -> None:
    """CAN-2"""
    for backwards in (
        msgspec.structs.replace(AWARD, ends_on=dt.date(2015, 4, 30)),
        msgspec.structs.replace(COMMISSIONER, ends_on=dt.date(2015, 3, 31)),
    ):
        found = quorate().when(decision(effects=(backwards,)), on=DAY)
        found.refused(a_period_ends_no_earlier_than_it_starts, f"would end on {backwards.ends_on}")
    one_day = msgspec.structs.replace(AWARD, ends_on=AWARD.starts_on)
    (award,) = effects(quorate(), effects=(one_day,))
    assert isinstance(award, AwardDecided)
    assert award.ends_on == one_day.ends_on


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
    found = found.and_then(*(withdrew(seat) for seat in withdrawing))
    counting = (coming | standing_in if deputies_count else coming - standing_in) - withdrawing
    try:
        recorded = decided(found, decision(outcome))
    except an_inquorate_meeting_may_note_but_not_decide.refusal:
        assert len(counting) < 3
        assert outcome is not NOTED
    else:
        assert (recorded.present, recorded.quorate) == (len(counting), len(counting) >= 3)
        assert recorded.quorate or outcome is NOTED
