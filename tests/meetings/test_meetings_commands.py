"""Facts about the commands of meetings on a real PostgreSQL: what they know of membership, and who may send them."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from meetings.given import APRIL, COMMISSIONER, DAY, SIGNPOST, STARTS, terms
from meetings.saying import FEBRUARY, NOVEMBER_1, decided, filled, item, sat, scheduled, seat, sitting
from stage import CHAIR, CLERK, PARTNERSHIP, Stage, dated, partner

from services.meetings.actions.domain import CompleteAction
from services.meetings.agenda.domain import AddAgendaItem
from services.meetings.agenda.rules import late_items_need_the_chair
from services.meetings.api import MeetingRecord, meeting_record
from services.meetings.attendance.domain import ReceiveApology
from services.meetings.attendance.rules import (
    a_representative_fills_the_seat,
    the_person_in_a_seat_was_named_for_it,
)
from services.meetings.decisions.domain import RecordDecision
from services.meetings.decisions.view import decision_of
from services.meetings.meetings.domain import CirculatePapers, ScheduleMeeting
from services.meetings.meetings.rules import papers_go_out_in_time_unless_the_chair_waives_it
from services.meetings.quorum.domain import OpenMeeting
from services.meetings.rules import (
    a_closed_meeting_stands_as_it_is,
    an_inquorate_meeting_may_note_but_not_decide,
)
from shared.contracts.command import Asked
from shared.contracts.meetings.actions import ActionAssigned
from shared.contracts.meetings.attendance import Capacity
from shared.contracts.meetings.decisions import Outcome
from shared.contracts.meetings.meetings import MeetingClosed, Paper
from shared.contracts.membership.seats import DeputyNamed, DeputyWithdrawn, SeatVacated
from shared.contracts.membership.terms_of_reference import QuorumNumber, TermsOfReferenceAdopted
from shared.runtime.deciding.unit_of_work import Request, UnitOfWork
from shared.runtime.identity.principals import Principal
from shared.values.refusals import AlreadyThere, Forbidden, Unknown
from shared.values.roles import Role
from shared.values.rules import an_organisation_speaks_for_its_own_seats


def november(stage: Stage) -> MeetingRecord:
    record = meeting_record(stage.reads(), "board-november", DAY)
    assert isinstance(record, MeetingRecord)
    return record


def test_a_meeting_needs_terms_in_force_on_its_day(stage: Stage) -> None:
    """TSP-1"""
    with pytest.raises(Unknown, match="no terms of reference in force on 2014-03-31") as refusal:
        stage.sends(scheduled(starts_at=dt.datetime(2014, 3, 31, 14, 0, tzinfo=dt.UTC)))
    assert "Folkmoot-After" in refusal.value.advice
    stage.sends(scheduled(starts_at=dt.datetime(2014, 4, 1, 14, 0, tzinfo=dt.UTC)))


def test_a_group_that_membership_does_not_have_cannot_meet(stage: Stage) -> None:
    """TSP-1"""
    forum = ScheduleMeeting(meeting="forum-1", group="forum", title="Forum", starts_at=STARTS, place="Hall")
    with pytest.raises(Unknown, match="no group 'forum' in 'area'"):
        stage.sends(forum)
    elsewhere = Principal("clerk", frozenset({Role.CLERK}), "elsewhere", None)
    with pytest.raises(Unknown, match="no group 'board' in 'elsewhere'"):
        stage.sends(scheduled(), by=elsewhere)


def test_a_meeting_is_held_to_the_terms_of_its_day(stage: Stage) -> None:
    """TSP-1: new terms in February do not change what November needed, however late it is recorded."""
    stage.learns(
        TermsOfReferenceAdopted(group="board", terms=terms(QuorumNumber(members=3)), in_force_from=dt.date(2015, 2, 1))
    )
    stage.sends(*sitting(), *sitting("board-february", FEBRUARY))
    in_november = november(stage).quorum
    february = meeting_record(stage.reads(), "board-february", DAY).quorum
    assert in_november is not None
    assert february is not None
    assert (in_november.required, in_november.quorate) == (1, True)
    assert in_november.explanation.endswith("Terms of reference in force from 1 April 2014.")
    assert (february.required, february.quorate) == (3, False)


def test_the_membership_is_that_of_the_meetings_day(stage: Stage) -> None:
    """TSP-1, TSP-2: a seat made or left later, a deputy withdrawn earlier."""
    stage.learns(
        seat("college", dt.date(2014, 12, 1)),
        SeatVacated(group="board", seat="fire", vacant_from=DAY, reason="Retired."),
        filled("fire", "person-new", dt.date(2015, 1, 5)),
        DeputyNamed(group="board", seat="council", person="deputy-1", in_force_from=APRIL),
        DeputyWithdrawn(group="board", seat="council", person="deputy-1", withdrawn_from=dt.date(2014, 10, 1)),
        DeputyNamed(group="board", seat="council", person="deputy-2", in_force_from=DAY),
        DeputyNamed(group="board", seat="police", person="deputy-3", in_force_from=dt.date(2014, 11, 25)),
    )
    stage.sends(scheduled(), sat("council", capacity=Capacity.DEPUTY))
    with pytest.raises(a_representative_fills_the_seat.refusal):
        stage.sends(sat("fire"))
    with pytest.raises(the_person_in_a_seat_was_named_for_it.refusal, match="its deputy is not named"):
        stage.sends(sat("police", capacity=Capacity.DEPUTY))
    with pytest.raises(Unknown, match="no seat 'college' on 2014-11-24; it has council, fire, police"):
        stage.sends(sat("college"))
    stage.sends(OpenMeeting(meeting="board-november"))
    record = november(stage)
    assert [(place.seat, place.person, place.capacity) for place in record.attendance] == [
        ("council", "deputy-2", "deputy")
    ]
    assert record.quorum is not None
    assert (record.quorum.seats, record.quorum.vacant) == (3, 1)


def test_a_partner_adds_items_of_its_own_organisation_only(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """TSP-1, design 12"""
    stage.sends(scheduled())
    with pytest.raises(Forbidden, match="Your token is for 'fire'"):
        stage.sends(item(), by=partner("fire"))
    with pytest.raises(late_items_need_the_chair.refusal):  # a partner's own word on when it came is not taken
        stage.sends(item(), by=partner("police"))
    monkeypatch.setattr(stage.application, "_clock", lambda: item().occasion.happened_at)
    stage.sends(item(), by=partner("police"))
    assert november(stage).agenda[0].raised_by == "police"


def test_only_the_chair_accepts_an_item_late(stage: Stage) -> None:
    """TSP-1"""
    late = dated(
        AddAgendaItem(meeting="board-november", item="late", title="Late", raised_by="police"),
        happened_at=dt.datetime(2014, 11, 11, 9, 0, tzinfo=dt.UTC),
    )
    stage.sends(scheduled())
    with pytest.raises(late_items_need_the_chair.refusal):
        stage.sends(late)
    with pytest.raises(late_items_need_the_chair.refusal):
        stage.sends(late, by=partner("police"))
    stage.sends(late, by=CHAIR)
    assert november(stage).agenda[0].late


def test_only_the_chair_waives_the_notice_of_papers_and_gives_the_authority(stage: Stage) -> None:
    """TSP-1"""
    when = dt.datetime(2014, 11, 20, 9, 0, tzinfo=dt.UTC)
    bare = dated(CirculatePapers(meeting="board-november", papers=(Paper(title="Agenda"),)), happened_at=when)
    waived = dated(
        CirculatePapers(meeting="board-november", papers=(Paper(title="Agenda"),)),
        happened_at=when,
        authority="Chair's urgency, 20 November 2014",
    )
    stage.sends(scheduled())
    for command, by in ((bare, CLERK), (waived, CLERK), (bare, CHAIR)):
        with pytest.raises(papers_go_out_in_time_unless_the_chair_waives_it.refusal):
            stage.sends(command, by=by)
    stage.sends(waived, by=CHAIR)
    recorded = stage.facts_of("meeting", "board-november")[-1]
    assert recorded.authority == "Chair's urgency, 20 November 2014"


def test_a_partner_apologises_for_its_own_seat_only(stage: Stage) -> None:
    """TSP-2, design 12"""
    stage.sends(scheduled())
    own = ReceiveApology(meeting="board-november", seat="police", organisation="police")
    for command, refusal in (
        (ReceiveApology(meeting="board-november", seat="police"), Forbidden),
        (ReceiveApology(meeting="board-november", seat="police", organisation="fire"), Forbidden),
        (
            ReceiveApology(meeting="board-november", seat="fire", organisation="police"),
            an_organisation_speaks_for_its_own_seats.refusal,
        ),
    ):
        with pytest.raises(refusal):
            stage.sends(command, by=partner("police"))
    stage.sends(own, by=partner("police"))
    stage.sends(ReceiveApology(meeting="board-november", seat="fire"))
    assert [sent.seat for sent in november(stage).apologies] == ["fire", "police"]


def test_a_partner_records_no_decision(stage: Stage) -> None:
    """design 12"""
    stage.sends(*sitting())
    with pytest.raises(Forbidden, match="needs one of the roles chair, clerk"):
        stage.sends(decided(), by=partner("police"))
    stage.sends(decided(), by=CHAIR)


@pytest.mark.parametrize(
    "command",
    [
        dated(AddAgendaItem(meeting="board-november", item="x", title="X", raised_by="bakers"), happened_at=NOVEMBER_1),
        ActionAssigned(meeting="board-november", action="x", text="X", owner="bakers", due_on="2015-01-01"),
        RecordDecision(
            meeting="board-november",
            decision="x",
            item="requests",
            outcome=Outcome.NOTED,
            text="X",
            reasons="X",
            effects=(msgspec.structs.replace(COMMISSIONER, funder="bakers"),),
        ),
        RecordDecision(
            meeting="board-november",
            decision="x",
            item="requests",
            outcome=Outcome.AGREED,
            text="X",
            reasons="X",
            effects=(msgspec.structs.replace(SIGNPOST, owner="bakers"),),
        ),
    ],
)
def test_only_a_registered_organisation_raises_items_owns_actions_or_is_asked(stage: Stage, command: Asked) -> None:
    """TSP-2"""
    stage.sends(*sitting())
    with pytest.raises(Unknown, match="No organisation 'bakers' is registered in 'area'"):
        stage.sends(command)


def test_a_decision_name_is_given_once_in_a_partnership(stage: Stage) -> None:
    """CAN-2: funding and projects cite it, whichever meeting took it."""
    stage.sends(*sitting(), *sitting("board-february", FEBRUARY), decided())
    with pytest.raises(AlreadyThere, match="decision 'blake-worker-deferred' of meeting 'board-november' already"):
        stage.sends(decided(meeting="board-february"))
    assert decision_of(stage.reads(), "blake-worker-deferred").meeting == "board-november"


def test_two_meetings_that_claim_a_decision_name_at_once_do_not_both_get_it(stage: Stage) -> None:
    """CAN-2"""
    meetings = [f"board-{number}" for number in range(6)]
    for meeting in meetings:
        stage.sends(*sitting(meeting))

    def claim(meeting: str) -> str:
        try:
            stage.sends(decided(meeting=meeting))
        except AlreadyThere:
            return "refused"
        return "recorded"

    with ThreadPoolExecutor(len(meetings)) as threads:
        outcomes = sorted(threads.map(claim, meetings))
    assert outcomes == ["recorded", *["refused"] * 5]


def test_a_refused_decision_claims_no_name(stage: Stage) -> None:
    """CAN-2"""
    stage.learns(
        TermsOfReferenceAdopted(group="board", terms=terms(QuorumNumber(members=2)), in_force_from=APRIL),
    )
    stage.sends(*sitting())
    with pytest.raises(an_inquorate_meeting_may_note_but_not_decide.refusal):
        stage.sends(decided())
    stage.sends(sat("police"), decided())
    assert decision_of(stage.reads(), "blake-worker-deferred").present == 2


def test_an_action_is_done_while_its_meeting_goes_on(stage: Stage) -> None:
    """TSP-1: an action has a history of its own, so that what comes of it does not hold up its meeting."""
    ask = ActionAssigned(meeting="board-november", action="ask", text="Ask.", owner="council", due_on="2014-12")
    stage.sends(*sitting(), ask)
    before = len(stage.facts_of("meeting", "board-november"))
    stage.sends(
        CompleteAction(meeting="board-november", action="ask", outcome="Asked."),
        MeetingClosed(meeting="board-november"),
    )
    assert [fact.type for fact in stage.facts_of("action", "board-november", "ask")] == [
        "meetings.action_assigned.v1",
        "meetings.action_completed.v1",
    ]
    assert len(stage.facts_of("meeting", "board-november")) == before + 1


def test_an_action_is_not_assigned_by_a_meeting_that_closes_meanwhile(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TSP-1: decided while the meeting was open, and saved after it was closed by another clerk."""
    stage.sends(*sitting())
    save = stage.application._save

    def closed_first(unit: UnitOfWork) -> None:
        monkeypatch.undo()
        stage.sends(MeetingClosed(meeting="board-november"))
        save(unit)

    monkeypatch.setattr(stage.application, "_save", closed_first)
    with pytest.raises(a_closed_meeting_stands_as_it_is.refusal):
        stage.sends(assigned("ask"))
    assert stage.facts_of("action", "board-november", "ask") == []


def test_of_an_action_and_the_closing_of_its_meeting_sent_at_once_neither_is_lost_nor_late(stage: Stage) -> None:
    """TSP-1: the action comes first, or it is refused."""
    closing = MeetingClosed(meeting="board-november")
    actions = [assigned(f"ask-{number}") for number in range(7)]
    stage.sends(*sitting())

    def sent(command: Asked) -> bool:
        declared = stage.service.commands.declared[type(command)]
        try:
            stage.application.execute(declared, command, Request(CLERK, PARTNERSHIP))
        except a_closed_meeting_stands_as_it_is.refusal:
            return False
        return True

    commands = [*actions[:3], closing, *actions[3:]]
    with ThreadPoolExecutor(len(commands)) as threads:
        accepted = [command for command, ok in zip(commands, threads.map(sent, commands), strict=True) if ok]
    assert closing in accepted
    given = len(accepted) - 1
    recorded = names_of_facts(stage)[-len(accepted) :]
    assert recorded == ["meetings.action_assigned.v1"] * given + ["meetings.meeting_closed.v1"]


def assigned(action: str) -> ActionAssigned:
    return ActionAssigned(meeting="board-november", action=action, text="Ask.", owner="council", due_on="2014-12-19")


def names_of_facts(stage: Stage) -> list[str]:
    """What the service has recorded, in order."""
    return [str(found.topic) for found in stage.store.recorder.select_notifications(1, 1000)]
