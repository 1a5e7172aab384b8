"""The scrutiny view: how decisions were made, the money in each reserve, what is overdue, what was deferred."""

from __future__ import annotations

import msgspec
import pytest
from reporting.chronicle import Chronicle, cells, cited, section, statement, texts
from reporting.quarter import decided, record_quarter

from services.reporting.reports.published import Report
from shared.contracts.meetings.actions import ActionAssigned, ActionCompleted
from shared.contracts.meetings.decisions import DecisionRecorded, Deferral, Outcome
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.runtime.identity.sealing import TOMBSTONE
from shared.values.refusals import Unknown

BOARD = "Strategic Board, 24 November 2014"


def register(partnership: str, people: set[str]) -> dict[str, str]:
    """A register that knows every requested person."""
    return {person: person.removeprefix("person-").title() for person in people}


@pytest.fixture(scope="module")
def view(quarter: Chronicle) -> Report:
    return quarter.scrutiny("2014-10-16", "2015-01-16", "2015-01-20", register)


def test_a_decision_is_reported_with_reasons_quorum_alternatives_and_interests(view: Report) -> None:
    lines = texts(view, BOARD)
    first = lines.index(
        "Blake Community Development Worker. Deferred: That the request be taken up again when more is known."
    )
    assert lines[first + 1 : first + 5] == [
        "Reasons: The post may be linked to the community development project.",
        "Quorum for this item: 5 present, 2 needed.",
        "Alternatives considered: Pay the post from the reserve until March 2016.",
        "Interests: none was declared in this item.",
    ]


def test_an_interest_is_reported_by_post_with_what_the_member_did(view: Report) -> None:
    assert statement(view, "Interest declared").text == (
        "Interest declared by the Director (Chase Against Crimes of Hate): The organisation employs the officer whose"
        " time is asked for. The member withdrew from the item."
    )


def test_the_quorum_is_explained(view: Report) -> None:
    assert texts(view, BOARD)[0] == "Quorum: A quarter of 7 seats, rounded up, is 2; 5 are present."
    assert cited(view, "Quorum: A quarter") == ["meeting_opened"]


def test_a_late_item_and_papers_in_time_are_reported(view: Report) -> None:
    assert "The item was put on the agenda after it had closed." in statement(view, "Safer Neighbourhood Panel.").text
    assert "in time; they were due by 17 November 2014" in statement(view, "Papers went out").text


def test_attendance_names_people_where_the_reader_may_see_names(view: Report) -> None:
    (table,) = section(view, BOARD).tables
    assert table.columns == ("Post", "Organisation", "Present as", "Name")
    rows = {cells(row)[0]: cells(row)[2:] for row in table.rows}
    assert rows["Leader of the Council"] == ("Representative", "Leader")
    assert rows["Local Policing Team Commander"] == ("Deputy", "Police")
    assert rows["Chair of the Governing Body"] == ("Apologies", "")
    assert rows["District Commissioning Lead"] == ("Not represented", "")


def test_an_erased_person_is_a_tombstone_and_never_asked_for(quarter: Chronicle) -> None:
    asked: set[str] = set()

    def remember(partnership: str, people: set[str]) -> dict[str, str]:
        asked.update(people)
        return register(partnership, people)

    view = quarter.scrutiny("2014-10-16", "2015-01-16", names=remember)
    rows = {cells(row)[0]: cells(row)[3] for row in section(view, BOARD).tables[0].rows}
    assert rows["Chief Officer"] == TOMBSTONE
    assert "person-voluntary" not in asked
    assert "person-leader" in asked


def test_without_names_only_posts_are_shown(quarter: Chronicle) -> None:
    view = quarter.scrutiny("2014-10-16", "2015-01-16")
    (table,) = section(view, BOARD).tables
    assert table.columns == ("Post", "Organisation", "Present as")


def test_actions_not_done_by_the_day_are_overdue_the_oldest_first(view: Report) -> None:
    assert texts(view, "Overdue actions") == [
        "Two actions were overdue on 20 January 2015:",
        "Staffordshire County Council: Publish the residents' survey. Due on 1 December 2014, 50 days overdue. Given by"
        " the meeting “board-2014-09-08”.",
        "Cannock Chase District Council: Publish the dates of the meetings. Due on 9 January 2015, 11 days overdue."
        " Given by the Strategic Board on 24 November 2014.",
    ]


def test_an_action_is_not_overdue_on_the_day_it_is_due_nor_once_it_is_done(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", PartnershipEstablished(name="A partnership", area_code="E07000192"))
    action = ActionAssigned(meeting="m", action="a", text="Write.", owner="council", due_on="2014-03-01")
    chronicle.happened("2014-02-01", action)
    done = ActionCompleted(meeting="m", action="a", outcome="Written.", completed_on="2014-03-05")
    chronicle.happened("2014-03-05", done)

    def overdue(as_at: str) -> str:
        return texts(chronicle.scrutiny("2014-01-01", "2014-03-31", as_at), "Overdue actions")[0]

    assert overdue("2014-03-01") == "No action was overdue on 1 March 2014."
    assert overdue("2014-03-02") == "One action was overdue on 2 March 2014:"
    assert overdue("2014-03-05") == "No action was overdue on 5 March 2014."


def test_money_adds_up_stream_by_stream(view: Report) -> None:
    (table,) = section(view, "Money by stream").tables
    for row in table.rows:
        received, *rest = (float(cell.replace("£", "").replace(",", "")) for cell in cells(row)[1:6])
        assert received == sum(rest)


def test_what_was_deferred_says_when_it_returns(view: Report) -> None:
    assert texts(view, "Deferred, and when it returns") == [
        "Blake Community Development Worker. Deferred by the Strategic Board on 24 November 2014. Comes back to: A"
        " future meeting of the Strategic Board. To be known by then: What the community development project offers the"
        " post. It waits for the outcome of the project “Asset Based Community Development”."
    ]


def deferred(about: Reference, returns_on: str | None = None) -> DecisionRecorded:
    return decided(
        decision="d-1",
        item="blake",
        outcome=Outcome.DEFERRED,
        text="Wait.",
        reasons="It is early.",
        about=about,
        deferral=Deferral(returns_to="the next meeting", returns_on=returns_on),
    )


def test_what_was_decided_since_is_no_longer_deferred(chronicle: Chronicle) -> None:
    record_quarter(chronicle)
    request = Reference(kind=ReferenceKind.REQUEST, id="blake-worker")
    declined = decided(
        decision="d-2", item="blake", outcome=Outcome.DECLINED, text="Decline.", reasons="Paid else.", about=request
    )
    chronicle.happened("2015-02-23", msgspec.structs.replace(declined, meeting="board-2015-02-23"))
    before = chronicle.scrutiny("2014-10-16", "2015-02-22")
    assert cited(before, "Deferred by") == ["agenda_item_added", "decision_recorded"]
    after = chronicle.scrutiny("2014-10-16", "2015-02-23")
    assert texts(after, "Deferred, and when it returns") == ["No deferred matter was outstanding on 23 February 2015."]


def test_a_return_day_that_passed_without_a_decision_shows(chronicle: Chronicle) -> None:
    chronicle.happened("2014-01-01", PartnershipEstablished(name="A partnership", area_code="E07000192"))
    project = Reference(kind=ReferenceKind.PROJECT, id="p")
    chronicle.happened("2014-02-01", deferred(project, returns_on="2014-03-01"))
    passed = "That day has passed without a decision."
    assert passed not in texts(chronicle.scrutiny("2014-01-01", "2014-03-01"), "Deferred, and when it returns")[0]
    assert passed in texts(chronicle.scrutiny("2014-01-01", "2014-03-02"), "Deferred, and when it returns")[0]


def test_what_is_true_because_nothing_was_recorded_has_the_record_s_beginning_as_source(chronicle: Chronicle) -> None:
    position = chronicle.happened("2014-01-01", PartnershipEstablished(name="A partnership", area_code="E07000192"))
    view = chronicle.scrutiny("2014-01-01", "2014-03-31")
    said = [found for part in view.sections for found in part.statements]
    assert len(said) == 4
    assert all([source.position for source in found.sources] == [position] for found in said)


def test_a_partnership_that_was_not_established_is_unknown(chronicle: Chronicle) -> None:
    with pytest.raises(Unknown, match="No partnership 'cannock-chase' is on record"):
        chronicle.scrutiny("2014-01-01", "2014-03-31")


def test_decisions_outside_the_period_are_left_out(quarter: Chronicle) -> None:
    view = quarter.scrutiny("2014-11-24", "2015-01-16")
    assert texts(view, "Decisions") == ["No meeting was held in this period."]
