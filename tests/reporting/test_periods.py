"""An update covers what happened after the day of the last one, up to its own last day, and the position then."""

from __future__ import annotations

import datetime as dt

import pytest
from reporting.chronicle import Chronicle, section, statement, texts

from services.reporting.pages import report_page
from shared.contracts.event import EVENTS, declaration_of
from shared.contracts.funding.reserves import ContributionPaid
from shared.contracts.meetings.areas_of_interest import AreaOfInterestAnswered, AreaOfInterestNamed
from shared.contracts.meetings.updates import UpdateChanged, UpdateCommissioned, UpdateHeading, UpdateWithdrawn
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.contracts.projects.commissioning import IntentionStated
from shared.contracts.projects.delivery import ProgressReported, ProjectStarted, Stage, StageReached
from shared.contracts.projects.documents import DocumentPublished
from shared.contracts.projects.questions import QuestionAnswered, QuestionKind, QuestionRaised
from shared.values.refusals import Unknown


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def commissioned(update: str, since: str | None, until: str) -> UpdateCommissioned:
    return UpdateCommissioned(
        update=update,
        body="Cabinet",
        title="Update",
        meets_on=day(until) + dt.timedelta(days=14),
        since=day(since) if since else None,
        until=day(until),
        heading=UpdateHeading(
            report_of="Chief Executive",
            contact_post="Officer",
            portfolio_leader="Partnerships",
            key_decision=False,
            report_track="Cabinet",
        ),
        purpose="To tell.",
        recommendations=("That it be noted.",),
        key_issues="None.",
    )


FIELDS = UpdateCommissioned.__struct_fields__


def progress(text: str, on: str) -> ProgressReported:
    return ProgressReported(project="works", text=text, reported_on=on)


@pytest.fixture
def works(chronicle: Chronicle) -> Chronicle:
    """A partnership with one project and two successive updates."""
    chronicle.happened("2014-01-01", PartnershipEstablished(name="A partnership", area_code="E07000192"))
    stages = (Stage(stage="one", title="Begin", description="It begins."),)
    chronicle.happened(
        "2014-01-02",
        ProjectStarted(project="works", title="Works", purpose="To work.", lead="council", stages=stages),
    )
    chronicle.happened(
        "2014-12-31",
        commissioned("first", None, "2014-06-30"),
        commissioned("second", "2014-06-30", "2014-09-30"),
    )
    return chronicle


def test_the_day_of_the_last_report_is_left_out_and_the_last_day_is_included(works: Chronicle) -> None:
    for text, on in (
        ("On the first report's last day", "2014-06-30"),
        ("The day after", "2014-07-01"),
        ("On the last day", "2014-09-30"),
        ("Too late", "2014-10-01"),
    ):
        works.happened(on, progress(text, on))
    line = " ".join(texts(works.update("second"), "Works"))
    assert "The day after" in line
    assert "On the last day" in line
    assert "On the first report's last day" not in line
    assert "Too late" not in line


def test_a_facts_own_day_counts_and_not_the_day_of_recording(works: Chronicle) -> None:
    works.happened("2014-12-01", progress("Written up late", "2014-08-01"))
    assert "Written up late (reported on 1 August 2014)." in texts(works.update("second"), "Works")


@pytest.mark.parametrize(
    ("authority", "example"),
    [
        ("Letter of 1 August", ""),
        ("example: letter of 1 August", "example"),
        ("Letter of August (example: the day; who wrote it)", "example: the day, who wrote it"),
    ],
)
def test_what_rests_on_an_example_is_marked(works: Chronicle, authority: str, example: str) -> None:
    works.happened("2014-08-01", progress("It went on", "2014-08-01"), authority=authority)
    update = works.update("second")
    assert statement(update, "It went on").example == example
    assert {event.example for event in update.events if event.type == "projects.progress_reported.v1"} == {example}
    assert ("marks statements, or the named parts of them, that are invented" in report_page(update)) is bool(example)


def test_days_begin_in_london(works: Chronicle) -> None:
    half_past_midnight = "2014-06-30T23:30:00+00:00"
    works.happened(half_past_midnight, IntentionStated(project="works", organisation="council", text="To pay."))
    assert "Council: To pay." not in texts(works.update("first"), "Works")
    assert any("To pay" in text for text in texts(works.update("second"), "Works"))


def test_a_question_answered_later_is_still_open_in_the_earlier_report(works: Chronicle) -> None:
    works.happened(
        "2014-05-01",
        QuestionRaised(project="works", question="q", kind=QuestionKind.LEGAL, text="May we?", raised_by="council"),
    )
    works.happened(
        "2014-08-01", QuestionAnswered(project="works", question="q", answer="Yes.", answered_on="2014-08-01")
    )
    assert "One question is open:" in texts(works.update("first"), "Works")
    second = texts(works.update("second"), "Works")
    assert "One question is open:" not in second
    assert "“May we?” was answered on 1 August 2014: Yes." in second


def test_a_stage_reached_later_is_not_yet_reached_in_the_earlier_report(works: Chronicle) -> None:
    works.happened(
        "2014-08-01", StageReached(project="works", stage="one", reached_on="2014-08-01", evidence="It began.")
    )
    first = works.update("first")
    assert "Begin: not yet reached. It begins." in texts(first, "Works")
    assert all(event.type != "projects.stage_reached.v1" for event in first.events)
    assert "Begin: reached on 1 August 2014. It began." in texts(works.update("second"), "Works")


def test_an_area_of_interest_answered_in_one_report_is_not_answered_again_in_the_next(works: Chronicle) -> None:
    works.happened(
        "2014-03-01",
        AreaOfInterestNamed(area_of_interest="roads", body="Cabinet", named_on="2014-03-01", text="The roads."),
    )
    works.happened(
        "2014-07-10",
        AreaOfInterestAnswered(
            area_of_interest="roads",
            update="first",
            text="They are mended.",
        ),
    )
    assert "Answer: They are mended." in texts(works.update("first"), "Areas of interest to Cabinet")
    assert texts(works.update("second"), "Areas of interest to Cabinet") == [
        "Cabinet has named no area of interest to be answered."
    ]


def test_an_area_of_interest_stays_unanswered_until_a_report_answers_it(works: Chronicle) -> None:
    works.happened(
        "2014-03-01",
        AreaOfInterestNamed(area_of_interest="roads", body="Cabinet", named_on="2014-03-01", text="The roads."),
    )
    works.happened(
        "2014-10-10", AreaOfInterestAnswered(area_of_interest="roads", update="second", text="They are mended.")
    )
    assert "Not yet answered: no answer is on record." in texts(works.update("first"), "Areas of interest to Cabinet")
    assert "Answer: They are mended." in texts(works.update("second"), "Areas of interest to Cabinet")


def test_an_update_reads_as_it_was_changed_last(works: Chronicle) -> None:
    works.happened("2014-07-20", progress("A pile was driven", "2014-07-20"))
    assert "A pile was driven" not in " ".join(texts(works.update("first"), "Works"))
    changed = UpdateChanged(**{name: getattr(commissioned("first", None, "2014-07-31"), name) for name in FIELDS})
    works.happened("2015-01-02", changed)
    assert "A pile was driven" in " ".join(texts(works.update("first"), "Works"))


def test_a_withdrawn_update_has_no_report_and_answers_nothing(works: Chronicle) -> None:
    works.happened(
        "2014-03-01",
        AreaOfInterestNamed(area_of_interest="roads", body="Cabinet", named_on="2014-03", text="The roads."),
        AreaOfInterestAnswered(area_of_interest="roads", update="first", text="They are mended."),
        UpdateWithdrawn(update="first", reason="Cabinet did not meet."),
    )
    with pytest.raises(Unknown, match="'first' was withdrawn"):
        works.update("first")
    assert "Not yet answered: no answer is on record." in texts(works.update("second"), "Areas of interest to Cabinet")


def test_a_quarter_without_meetings_says_so(works: Chronicle) -> None:
    second = works.update("second")
    assert texts(second, "Meetings since the last report") == [
        "No group of the partnership has met since 30 June 2014."
    ]
    assert section(second, "Meetings since the last report").statements[0].sources


def test_the_days_that_facts_tell_of_themselves() -> None:
    found = {name: day for name, kind in sorted(EVENTS.items()) if (day := declaration_of(kind).day)}
    assert found == {
        "funding.contribution_paid.v1": "paid_on",
        "funding.funds_returned.v1": "returned_on",
        "funding.payment_made.v1": "paid_on",
        "meetings.action_completed.v1": "completed_on",
        "meetings.area_of_interest_named.v1": "named_on",
        "meetings.papers_circulated.v1": "circulated_on",
        "meetings.update_issued.v1": "issued_on",
        "membership.officer_elected.v1": "elected_on",
        "projects.area_agreed.v1": "agreed_on",
        "projects.document_published.v1": "published_on",
        "projects.expression_accepted.v1": "accepted_on",
        "projects.expression_submitted.v1": "submitted_on",
        "projects.mitigation_agreed.v1": "agreed_on",
        "projects.pilot_started.v1": "started_on",
        "projects.progress_reported.v1": "reported_on",
        "projects.question_answered.v1": "answered_on",
        "projects.stage_reached.v1": "reached_on",
        "projects.tender_round_opened.v1": "opened_on",
    }


def test_a_payment_that_an_organisation_claims_is_reported_as_its_claim(works: Chronicle) -> None:
    """CAN-3"""
    paid = ContributionPaid(
        reserve="reserve", contribution="q3", organisation="police", amount_pence=500_000, paid_on=day("2014-07-10")
    )
    works.happened("2014-08-01", paid)
    (line,) = [text for text in texts(works.update("second"), "Funding update") if "says that it paid" in text]
    assert line.startswith("Police says that it paid £5,000")
    assert "10 July 2014; it counts once it has been received" in line


def test_a_document_is_listed_with_its_project_or_among_the_background_papers(works: Chronicle) -> None:
    """TSP-7"""
    for document, project in (("plan", "works"), ("assessment", None)):
        works.happened(
            "2014-08-01",
            DocumentPublished(
                document=document,
                title=f"The {document}",
                published_by="police",
                published_on="2014-07-10",
                address=f"https://police.example/{document}",
                project=project,
            ),
        )
    update = works.update("second")
    assert "Police published “The plan” on 10 July 2014: https://police.example/plan" in texts(update, "Works")
    papers = texts(update, "Background papers")
    assert [text for text in papers if "example" in text] == [
        "The assessment (police, 10 July 2014): https://police.example/assessment"
    ]


def test_an_event_known_to_the_month_is_reported_by_month(works: Chronicle) -> None:
    """CAN-4: never as its first or last day; it is news of the period in which the month ended."""
    works.happened("2014-07-03", StageReached(project="works", stage="one", reached_on="2014-06", evidence="It began."))
    works.happened("2014-07-03", progress("It went on.", "2014-07"))
    first, second = texts(works.update("first"), "Works"), texts(works.update("second"), "Works")
    assert "Begin: reached in June 2014. It began." in first
    assert "It went on (reported in July 2014)." in second
