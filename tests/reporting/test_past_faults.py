"""Small inputs that an update once showed wrongly, with the right result."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy
from playwright.sync_api import Browser
from reporting.chronicle import Chronicle, section, statement, texts
from reporting.test_periods import day, works  # noqa: F401  # a fixture

from services.reporting.pages import report_page
from services.reporting.phrases.statements import PartKind
from services.reporting.reports.published import Report
from services.reporting.views.sources import keep_sources, source
from shared.contracts.envelope import encode
from shared.contracts.event import Event
from shared.contracts.funding.awards import AwardRefused, FundsAwarded
from shared.contracts.funding.requests import Basis, FundsRequested, RequestDeferred, RequestMet
from shared.contracts.funding.reserves import FundsCarriedForward, ReserveOpened, StreamKind, StreamReceived
from shared.contracts.funding.shares import StreamShare
from shared.contracts.meetings.actions import ActionAssigned, ActionCompleted
from shared.contracts.meetings.attendance import ApologyReceived, AttendanceRecorded, Capacity
from shared.contracts.meetings.decisions import DecisionRecorded, Deferral, Outcome
from shared.contracts.meetings.effects import AwardDecided
from shared.contracts.meetings.meetings import MeetingOpened, MeetingScheduled, Quorum
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.projects.commissioning import IntentionStated
from shared.contracts.projects.delivery import AreaAgreed, ProgressReported, ProjectStarted

LONG = "Prosiect Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
SAT = {
    "representative": Capacity.REPRESENTATIVE,
    "deputy": Capacity.DEPUTY,
    "nobody": None,
}


@pytest.mark.parametrize(("sat", "apologies"), [("representative", 0), ("deputy", 1), ("nobody", 1)])
def test_an_apology_counts_unless_the_representative_came(works: Chronicle, sat: str, apologies: int) -> None:  # noqa: F811
    """TSP-2"""
    happened: list[Event] = [
        GroupFormed(group="board", name="Board", kind=GroupKind.STRATEGIC_BOARD),
        MeetingScheduled(
            meeting="m",
            group="board",
            title="Board",
            starts_at=dt.datetime(2014, 8, 1, 14, tzinfo=dt.UTC),
            place="Hall",
            agenda_closes_on=day("2014-07-18"),
            papers_due_on=day("2014-07-25"),
        ),
        ApologyReceived(meeting="m", seat="s-b"),
        AttendanceRecorded(meeting="m", seat="s-a", capacity=Capacity.REPRESENTATIVE),
    ]
    capacity = SAT[sat]
    if capacity is not None:
        happened.append(AttendanceRecorded(meeting="m", seat="s-b", capacity=capacity))
    quorum = Quorum(
        seats=4, vacant=0, counted_membership=4, required=1, present=2, quorate=True, explanation="It is quorate."
    )
    works.happened("2014-08-01", *happened, MeetingOpened(meeting="m", quorum=quorum))
    (line,) = [text for text in texts(works.update("second"), "Meetings since the last report") if "of its" in text]
    assert ("apologies were received for one seat" in line) == bool(apologies)
    (table,) = section(works.scrutiny("2014-06-30", "2014-09-30"), "Board, 1 August 2014").tables
    assert any(row.cells[2].text == "Apologies" for row in table.rows) == (sat == "nobody")


def test_an_open_action_is_marked_once_it_is_overdue_and_comes_again_until_it_is_done(works: Chronicle) -> None:  # noqa: F811
    """TSP-1"""

    def assigned(action: str, due: str) -> ActionAssigned:
        return ActionAssigned(meeting="m", action=action, text=f"Do {action}.", owner="council", due_on=day(due))

    works.happened("2014-05-01", assigned("late", "2014-06-29"), assigned("in-time", "2014-06-30"))
    works.happened(
        "2014-08-01",
        ActionCompleted(meeting="m", action="in-time", outcome="It is done.", completed_on=day("2014-08-01")),
    )
    first = texts(works.update("first"), "Meetings since the last report")
    assert "Council, by 29 June 2014: Do late. Overdue: not done by 30 June 2014." in first
    assert "Council, by 30 June 2014: Do in-time." in first
    second = texts(works.update("second"), "Meetings since the last report")
    at = second.index("One action given earlier is still open:")
    assert second[at + 1] == "Council, by 29 June 2014: Do late. Overdue: not done by 30 September 2014."
    assert "Council completed an action given earlier: Do in-time. Done on 1 August 2014: It is done." in second


def test_topics_stand_in_the_order_in_which_the_period_first_mentions_them(works: Chronicle) -> None:  # noqa: F811
    for project in ("anchor", "zebra"):
        works.happened(
            "2014-03-01", ProjectStarted(project=project, title=project.title(), purpose="To be.", lead="council")
        )
    for project in ("zebra", "works", "anchor"):
        works.happened("2014-08-01", ProgressReported(project=project, text="News.", reported_on="2014-08-01"))
    titles = [part.title for part in works.update("second").sections if part.title in ("Anchor", "Works", "Zebra")]
    assert titles == ["Zebra", "Works", "Anchor"]


def test_a_matter_that_was_only_noted_again_is_still_deferred(works: Chronicle) -> None:  # noqa: F811
    """CAN-2"""
    about = Reference(kind=ReferenceKind.PROJECT, id="works")

    def decided(decision: str, outcome: Outcome, deferral: Deferral | None = None) -> DecisionRecorded:
        return DecisionRecorded(
            meeting=decision,
            decision=decision,
            group="board",
            item="item",
            outcome=outcome,
            text="As said.",
            reasons="So it is.",
            about=about,
            deferral=deferral,
            quorate=True,
            present=2,
            required=1,
        )

    works.happened("2014-07-01", decided("first", Outcome.DEFERRED, Deferral(returns_to="The next meeting")))
    works.happened("2014-08-01", decided("second", Outcome.NOTED))
    line = "Item item. Deferred by the board on 1 July 2014. Comes back to: The next meeting."
    assert texts(works.scrutiny("2014-06-30", "2014-09-30"), "Deferred, and when it returns") == [line]
    works.happened("2014-09-01", decided("third", Outcome.AGREED))
    assert texts(works.scrutiny("2014-06-30", "2014-09-30"), "Deferred, and when it returns") == [
        "No deferred matter was outstanding on 30 September 2014."
    ]


def all_texts(report: Report) -> list[str]:
    return [said.text for section in report.sections for said in section.statements]


def test_an_award_that_funding_refused_is_one_story_until_it_is_made(works: Chronicle) -> None:  # noqa: F811
    """CAN-2, CAN-3: agreed, refused and still deferred; and once it is made after all, awarded and nothing else."""

    def decided(decision: str, outcome: Outcome, deferral: Deferral | None = None) -> DecisionRecorded:
        return DecisionRecorded(
            meeting=decision,
            decision=decision,
            group="board",
            item="worker",
            outcome=outcome,
            text="As said.",
            reasons="So it is.",
            about=Reference(kind=ReferenceKind.REQUEST, id="worker"),
            deferral=deferral,
            quorate=True,
            present=2,
            required=1,
        )

    asked: dict[str, Any] = {"purpose": "work", "starts_on": day("2014-10-01")}
    terms: dict[str, Any] = {"reserve": "reserve", "award": "worker", "request": "worker", "decision": "second"}
    terms["shares"] = (StreamShare(stream="safer", amount_pence=1_560_000),)
    works.happened(
        "2014-05-01",
        FundsRequested(
            request="worker",
            reserve="reserve",
            applicant="council",
            title="A worker",
            purpose_text="To work.",
            basis=Basis.ONE_OFF,
            amount_pence=1_560_000,
            total_pence=1_560_000,
            **asked,
        ),
    )
    works.happened(
        "2014-06-01",
        decided("first", Outcome.DEFERRED, Deferral(returns_to="The next meeting")),
        RequestDeferred(request="worker", decision="first", returns_to="The next meeting"),
    )
    called = MeetingScheduled(
        meeting="second",
        group="board",
        title="Board",
        starts_at=dt.datetime(2014, 7, 1, 14, tzinfo=dt.UTC),
        place="Civic Centre",
        agenda_closes_on=day("2014-06-17"),
        papers_due_on=day("2014-06-24"),
    )
    works.happened("2014-06-02", called)
    why = "The fund may be spent until 31 March 2015."
    refused = AwardRefused(**terms, reason=why, rule="Money is spent by its day.", clause="CAN-3")
    works.happened("2014-07-01", decided("second", Outcome.AGREED), refused)
    scrutiny = works.scrutiny("2014-06-30", "2014-09-30")
    assert f"The award was not made. On 1 July 2014 funding refused it: {why}" in all_texts(scrutiny)
    assert len(texts(scrutiny, "Deferred, and when it returns")) == 1
    line = [text for text in all_texts(works.update("second")) if "A worker" in text]
    assert line[-2].endswith(f"As said. Reasons: So it is. The award was not made. Funding refused it: {why}")
    assert line[-1].startswith("A worker: deferred on 1 June 2014 and still to be decided.")

    met = RequestMet(request="worker", reserve="reserve", award="worker", decision="second")
    works.happened("2014-08-01", FundsAwarded(**terms, payee="council", **asked), met)
    scrutiny = works.scrutiny("2014-06-30", "2014-09-30")
    assert not any("The award was not made" in text for text in all_texts(scrutiny))
    assert texts(scrutiny, "Deferred, and when it returns") == [
        "No deferred matter was outstanding on 30 September 2014."
    ]
    update = all_texts(works.update("second"))
    assert not any(why in text or "still to be decided" in text for text in update)
    assert any("was awarded £15,600" in text for text in update)


def test_an_award_that_was_not_checked_is_told_until_it_is_made(works: Chronicle) -> None:  # noqa: F811
    """CAN-3: what was refused after that is told as well."""
    share = StreamShare(stream="safer", amount_pence=130_000)
    terms = {"reserve": "reserve", "award": "spring", "decision": "agreed", "shares": (share,)}
    pays_for = {"payee": "council", "purpose": "a-spring", "starts_on": day("2015-04-01")}
    unchecked = AwardDecided(meeting="m", award_checked=False, **terms, **pays_for)
    checked = AwardDecided(meeting="m", award_checked=True, **{**terms, "award": "summer"}, **pays_for)
    works.happened("2014-07-01", unchecked, checked)

    def told() -> list[str]:
        return [text for text in texts(works.update("second"), "Funding update") if "£1,300" in text]

    (not_checked,) = told()
    assert not_checked.startswith("Council was awarded £1,300 from safer on 1 July 2014. It is not checked:")
    works.happened("2014-07-02", AwardRefused(**terms, reason="It is spent.", rule="No more.", clause="CAN-3"))
    assert [text for text in told() if text != not_checked] == [
        "An award of £1,300 decided could not be made from the reserve: It is spent."
    ]
    works.happened("2014-07-03", FundsAwarded(**terms, **pays_for))
    assert any(text.startswith("Council was awarded £1,300 for a spring") for text in told())
    assert not any("not checked" in text or "could not be made" in text for text in told())


def test_what_people_wrote_is_shown_as_they_wrote_it(works: Chronicle) -> None:  # noqa: F811
    wrote = "The area north of the Academy, e.g. at 2 p.m."
    works.happened("2014-08-01", AreaAgreed(project="works", description=wrote, agreed_on="2014-08-01"))
    works.happened(
        "2014-08-01", IntentionStated(project="works", organisation="council", text=wrote, amount_pence=130_000)
    )
    update = works.update("second")
    assert f"The area it covers was agreed on 1 August 2014: {wrote}" in texts(update, "Works")
    stated = statement(update, "£1,300")
    assert stated.text == f"Council: {wrote[:-1]} (£1,300)."
    assert [(part.kind, part.text, part.value) for part in stated.parts] == [
        (PartKind.REFERENCE, "Council", "organisation/council"),
        (PartKind.WORDS, ": ", None),
        (PartKind.QUOTED, wrote[:-1], None),
        (PartKind.WORDS, " (", None),
        (PartKind.AMOUNT, "£1,300", 130_000),
        (PartKind.WORDS, ").", None),
    ]


def test_an_entry_is_kept_byte_for_byte(works: Chronicle) -> None:  # noqa: F811
    _, envelope = works.events[-1]
    entry = msgspec.json.format(encode(envelope), indent=4)
    with works.engine.begin() as connection:
        keep_sources(connection, [(1_000, entry, msgspec.structs.replace(envelope, id="another"))])
        kept = connection.execute(sqlalchemy.select(source.c.entry).where(source.c.position == 1_000)).scalar_one()
    assert kept == entry


@pytest.mark.browser
def test_a_long_word_does_not_widen_the_page(works: Chronicle, browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    works.happened("2014-08-01", ProjectStarted(project="long", title=LONG, purpose=LONG, lead=LONG.lower()[9:70]))
    saved = tmp_path / "page.html"
    saved.write_text(report_page(works.update("second")), encoding="utf-8")
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(saved.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.close()


def test_money_that_is_to_be_committed_by_a_day_says_so(works: Chronicle) -> None:  # noqa: F811
    """CAN-3: as it comes in, in the table of streams, and with the later day once it is carried forward."""
    days = {"commit_by": day("2015-03-31"), "spend_by": day("2016-03-31")}
    stream = {"reserve": "reserve", "stream": "safer"}
    safer = {**stream, "name": "Safer Fund", "kind": StreamKind.EXTERNAL_GRANT, "source": "council"}
    works.happened("2014-07-01", ReserveOpened(reserve="reserve", name="Reserve"))
    works.happened("2014-07-01", StreamReceived(**safer, amount_pence=500, **days))

    def money() -> tuple[list[str], str]:
        found = section(works.update("second"), "Funding update")
        return [said.text for said in found.statements], found.tables[0].rows[0].cells[-1].text

    told, spent_on = money()
    days_of_it = "It may be committed until 31 March 2015. It may be spent until 31 March 2016."
    assert any(text.startswith("£5 came into the Reserve") and text.endswith(days_of_it) for text in told)
    assert spent_on == "Anything, if committed by 31 March 2015, until 31 March 2016"
    later = {"commit_by": day("2015-09-30"), "spend_by": day("2016-09-30")}
    works.happened("2014-08-01", FundsCarriedForward(**stream, amount_pence=500, decision="carried", **later))
    told, spent_on = money()
    until = "it may now be spent until 30 September 2016. It may be committed until 30 September 2015. £5 of it was not"
    assert any(until in text for text in told)
    assert spent_on == "Anything, if committed by 30 September 2015, until 30 September 2016"
