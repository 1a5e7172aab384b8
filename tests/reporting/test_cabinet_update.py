"""The Cabinet update of an example quarter, generated from events: its order, its sentences, their sources."""

from __future__ import annotations

import pytest
from reporting.chronicle import Chronicle, cells, cited, section, statement, texts
from reporting.quarter import UPDATE

from services.reporting.phrases.statements import Form, Statement, Unsourced, words
from services.reporting.reports.published import Report


@pytest.fixture(scope="module")
def update(quarter: Chronicle) -> Report:
    return quarter.update(UPDATE)


def test_sections_stand_in_the_council_s_order(update: Report) -> None:
    assert [(found.number, found.title) for found in update.sections if found.depth == 1] == [
        ("1", "Purpose of report"),
        ("2", "Recommendations"),
        ("3", "Key issues and reasons for recommendations"),
        ("4", "Relationship to corporate priorities"),
        ("5", "Report detail"),
        ("6", "Implications"),
        ("7", "Appendices to the report"),
        ("", "Previous consideration"),
        ("", "Background papers"),
    ]


def test_the_detail_is_meetings_money_projects_as_first_mentioned_then_areas_of_interest(update: Report) -> None:
    assert [(found.number, found.title) for found in update.sections if found.number.startswith("5.")] == [
        ("5.1", "Meetings since the last report"),
        ("5.2", "Funding update"),
        ("5.3", "Safer Neighbourhood Panels"),
        ("5.4", "Asset Based Community Development"),
        ("5.5", "Domestic Abuse Perpetrators Programme"),
        ("5.6", "Health and Wellbeing Local Commissioning Partnership"),
        ("5.7", "Other projects"),
        ("5.8", "Areas of interest to Cabinet"),
    ]


def test_the_heading_names_posts(update: Report) -> None:
    assert [(row.label, row.text) for row in update.heading] == [
        ("Report of", "Chief Executive"),
        ("Contact officer", "Partnerships Officer, telephone 01632 960123"),
        ("Portfolio leader", "Crime and Partnerships"),
        ("Key decision", "No"),
        ("Report track", "Cabinet: 29/01/15"),
    ]


def test_every_statement_row_and_heading_has_sources_that_are_on_record(quarter: Chronicle, update: Report) -> None:
    recorded = {position: envelope.id for position, envelope in quarter.events}
    said = [row.sources for row in update.heading]
    said += [found.sources for part in update.sections for found in part.statements]
    said += [row.sources for part in update.sections for table in part.tables for row in table.rows]
    assert len(said) > 70
    for sources in said:
        assert sources
        assert all(recorded[source.position] == source.event_id for source in sources)
    shown = {event.position: event.event_id for event in update.events}
    assert {source.position for sources in said for source in sources} == set(shown)
    assert all(recorded[position] == event_id for position, event_id in shown.items())


def test_a_statement_without_a_source_cannot_be_made() -> None:
    with pytest.raises(Unsourced, match="comes from no event"):
        Statement((words("The moon is made of cheese."),), ())


def test_paragraphs_are_numbered_and_points_are_not(update: Report) -> None:
    lines = section(update, "Meetings since the last report").statements
    numbers = [found.number for found in lines if found.form is Form.PARAGRAPH]
    assert numbers == [f"5.1.{n}" for n in range(1, len(numbers) + 1)]
    assert {found.number for found in lines if found.form is Form.ITEM} == {""}


def test_a_board_that_met_once_with_its_attendance_and_quorum(update: Report) -> None:
    assert texts(update, "Meetings since the last report")[:2] == [
        "The Strategic Board has met once in this period, on 24 November 2014.",
        "At the meeting of the Strategic Board on 24 November 2014, five of its seven seats were represented, one of"
        " them by a deputy, and apologies were received for one seat. A quarter of 7 seats, rounded up, is 2; 5 are"
        " present.",
    ]
    assert cited(update, "five of its seven") == [
        "meeting_scheduled",
        "apology_received",
        *["attendance_recorded"] * 5,
        "meeting_opened",
    ]


def test_requests_are_reported_in_their_own_terms(update: Report) -> None:
    lines = texts(update, "Funding update")
    assert lines[:3] == [
        "Two requests for funding were made:",
        "Blake Community Development Worker: £1,300 per month from May 2015, asked for by Support Staffordshire.",
        "Hate crime officer's time: £7,000 per annum from April 2015, asked for by Chase Against Crimes of Hate.",
    ]
    assert "Its present funding ends on 31 March 2015." in lines[3]


def test_a_deferral_says_when_it_returns_and_what_must_be_known(update: Report) -> None:
    assert statement(update, "was deferred").text == (
        "Blake Community Development Worker: the request was deferred by the Strategic Board on 24 November 2014."
        " Reasons: The post may be linked to the community development project. Comes back to: A future meeting of the"
        " Strategic Board. To be known by then: What the community development project offers the post. It waits for"
        " the outcome of the project “Asset Based Community Development”."
    )
    assert cited(update, "was deferred") == ["funds_requested", "decision_recorded", "request_deferred"]


def test_another_funder_is_explored_for_its_term(update: Report) -> None:
    lines = (
        "It is to be explored whether the Police and Crime Commissioner can pay for it for two years from 1 April 2015."
    )
    assert lines in statement(update, "the request was noted").text
    assert "other_funder_sought" in cited(update, "the request was noted")


def test_an_estimated_return_is_reported_in_the_payees_words(update: Report) -> None:
    assert "The Enterprise and Skills Board will return most of the £50,000" in statement(update, "will return").text
    assert cited(update, "will return") == ["funds_awarded", "return_estimated"]


def test_the_reserve_is_reported_by_stream_at_the_end_of_the_period(update: Report) -> None:
    (table,) = section(update, "Funding update").tables
    assert table.caption == "Partnership financial reserve on 16 January 2015"
    assert [cells(row)[:6] for row in table.rows] == [
        ("Safer and Stronger Communities Fund", "£60,000", "£0", "£0", "£0", "£60,000"),
        ("Locality Funds", "£120,000", "£0", "£30,000", "£0", "£90,000"),
        ("LPSA 2 reward grant", "£45,125.50", "£0", "£20,000", "£0", "£25,125.50"),
        ("All streams", "£225,125.50", "£0", "£50,000", "£0", "£175,125.50"),
    ]


def test_a_plan_is_a_list_of_stages_with_what_was_reached(update: Report) -> None:
    lines = texts(update, "Asset Based Community Development")
    first = lines.index("Its plan has seven stages, of which one has been reached by 16 January 2015:")
    assert lines[first + 1].startswith("Find the people: reached on 5 December 2014. Front-line workers")
    assert [text.partition(".")[0] for text in lines[first + 2 : first + 8]] == [
        f"{title}: not yet reached"
        for title in ("Build the group", "Listen", "Open a hub", "Meet monthly", "Grow", "Stand alone")
    ]


def test_an_area_is_reported_with_what_is_outstanding(update: Report) -> None:
    lines = texts(update, "Asset Based Community Development")
    area = (
        "The area it covers was agreed on 5 December 2014: Parts of the Blake area, with Chadsmoor. Still outstanding:"
    )
    assert lines[lines.index(area) + 1 :][:2] == ["Maps", "Numbers of households"]


def test_a_measure_that_reads_zero_is_reported(update: Report) -> None:
    lines = statement(update, "took a place: 0 people in October to December 2014, against a target of 12")
    assert lines.text.endswith("as Staffordshire Police reported. Other districts of the county see the same.")


def test_a_problem_is_reported_with_each_mitigation(update: Report) -> None:
    lines = texts(update, "Domestic Abuse Perpetrators Programme")
    first = lines.index("Against this, two steps have been agreed:")
    assert "raised a problem: Nobody in the district has taken a place." in lines[first - 1]
    assert lines[first + 1].endswith("Agreed on 16 December 2014. Responsible: Staffordshire Police.")
    assert lines[first + 2].endswith("Agreed on 16 December 2014. Responsible: Cannock Chase District Council.")


def test_a_pilot_is_reported_from_the_invitation_to_the_plan(update: Report) -> None:
    lines = " ".join(texts(update, "Safer Neighbourhood Panels"))
    steps = (
        "invited expressions of interest",
        "submitted an expression of interest in the pilot “Safer Neighbourhood Panel” on 27 November 2014, as the",
        "was accepted on 15 December 2014",
        "is planned to start in February 2015; the Panel Task and Finish Group builds it.",
    )
    assert [lines.index(step) for step in steps] == sorted(lines.index(step) for step in steps)


def test_questions_from_before_the_period_are_carried_forward_until_answered(update: Report) -> None:
    lines = texts(update, "Health and Wellbeing Local Commissioning Partnership")
    first = lines.index("Two questions are open:")
    assert lines[first + 1].endswith("on 15 September 2014, carried forward from before this period.")
    assert lines[first + 2].startswith("Governance: How can money")
    assert "carried forward" not in lines[first + 2]
    assert any("reclaimed on pooled money?” was answered on 18 December 2014" in text for text in lines)


def test_every_area_of_interest_is_answered_or_plainly_not(update: Report) -> None:
    assert texts(update, "Areas of interest to Cabinet") == [
        "On 16 October 2014 Cabinet named an area of interest: What is done for victims of hate crime.",
        "Answer: The officer's two days a week are paid for until 31 March 2015.",
        "On 16 October 2014 Cabinet named an area of interest: How many young people have found work through the"
        " partnership.",
        "Not yet answered: no answer is on record.",
    ]
    assert cited(update, "Not yet answered") == ["area_of_interest_named"]


def test_implications_without_a_statement_read_none(update: Report) -> None:
    lines = {part.title: part.statements[0].text for part in update.sections if part.number.startswith("6.")}
    assert [title for title, text in lines.items() if text != "None"] == ["Financial", "Section 17 (crime prevention)"]
    assert len(lines) == 9
    commissioned = next(event for event in update.events if event.type == "meetings.update_commissioned.v1")
    (legal,) = section(update, "Legal").statements
    assert [source.position for source in legal.sources] == [commissioned.position]


def test_an_event_recorded_after_the_period_in_which_it_happened_is_reported(update: Report) -> None:
    reached = next(event for event in update.events if event.type == "projects.stage_reached.v1")
    assert reached.recorded_at.date() > update.period.until
    assert statement(update, "Front-line workers and residents met")


def test_each_decision_of_the_period_is_reported_once(quarter: Chronicle, update: Report) -> None:
    decisions = {p for p, envelope in quarter.events if envelope.type == "meetings.decision_recorded.v1"}
    ways = ("Strategic Board agreed", "by the Strategic Board on", "as the Strategic Board had decided. Reasons:")
    lines = [
        source.position
        for part in update.sections
        for said in part.statements
        if any(way in said.text for way in ways)
        for source in said.sources
        if source.position in decisions
    ]
    assert sorted(lines) == sorted(decisions)


def test_a_project_without_news_is_named_as_such(update: Report) -> None:
    assert texts(update, "Other projects") == ["Nothing new was recorded in this period about Street Champions."]


def test_an_update_names_no_person(quarter: Chronicle, update: Report) -> None:
    lines = " ".join(said.text for part in update.sections for said in part.statements)
    assert "person-" not in lines


def test_the_report_states_the_position_it_covers(quarter: Chronicle, update: Report) -> None:
    assert update.ledger_position == len(quarter.events)
    assert update.issued_at is None
