"""The quarter's report says what the council's own report said, every statement with its source."""

from __future__ import annotations

import re
from typing import Any

import pytest
from scenario.quarter import Quarter

pytestmark = pytest.mark.timeout(240)  # the first of these facts waits until the whole quarter has been played

IN_ORDER = [
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
COMMUNITY = "Asset Based Community Development"
PANELS = "Safer Neighbourhood Panels"
PROGRAMME = "Domestic Abuse Perpetrators Programme"
COMMISSIONING = "Health and Wellbeing Local Commissioning Partnership"
FACTS = [
    ("Key issues and reasons for recommendations", "21 June 2012"),
    ("Key issues and reasons for recommendations", "every quarter"),
    ("Relationship to corporate priorities", "Prosperity"),
    ("Relationship to corporate priorities", "People"),
    ("Relationship to corporate priorities", "Place"),
    ("Meetings since the last report", "The Strategic Board has met once"),
    ("Funding update", "£1,300 per month from May 2015"),
    ("Funding update", "£7,000 per annum from April 2015"),
    ("Funding update", "ends on 31 March 2015"),
    ("Funding update", "two days a week for 12 months"),
    ("Funding update", "for two years from 1 April 2015"),
    ("Funding update", "most of the £50,000"),
    ("Funding update", "local businesses"),
    ("Funding update", "begin early in 2015"),
    ("Funding update", "future meeting of the Strategic Board"),
    (COMMUNITY, "C2"),
    (COMMUNITY, "seven stages"),
    (COMMUNITY, "5 December 2014"),
    (COMMUNITY, "Seven Step Model"),
    (COMMUNITY, "including Chadsmoor and the area north of Staffordshire University Academy"),
    (COMMUNITY, "numbers of households"),
    (COMMUNITY, "2015/16"),
    (PANELS, "About 12 local people"),
    (PANELS, "Local Policing Team"),
    (PANELS, "November 2014"),
    (PANELS, "was accepted"),
    (PANELS, "February 2015"),
    (PANELS, "task and finish group"),
    (PROGRAMME, "0 places"),
    (PROGRAMME, "October 2014"),
    (PROGRAMME, "Other parts of the county"),
    (PROGRAMME, "Domestic Violence Protection Notice"),
    (PROGRAMME, "weekly Partnership Hub meeting"),
    (PROGRAMME, "Agreed in December 2014"),
    (COMMISSIONING, "four health and wellbeing outcomes"),
    (COMMISSIONING, "21 November 2014"),
    (COMMISSIONING, "December 2014"),
    (COMMISSIONING, "A number of partners have stated that they intend to commit funding"),
    (COMMISSIONING, "opened in December 2014"),
    (COMMISSIONING, "Legal:"),
    (COMMISSIONING, "Governance:"),
    (COMMISSIONING, "health outcomes only"),
    (COMMISSIONING, "throughout 2015"),
    ("Financial", "Safer and Stronger Communities Fund"),
    ("Financial", "Locality Funds"),
    ("Financial", "LPSA 2 reward grant"),
    ("Financial", "finite"),
    ("Section 17 (crime prevention)", "Crime and Disorder Act 1998"),
    ("Equality and diversity", "equality impact assessment"),
]


@pytest.fixture(scope="module")
def report(cannock_chase: Quarter) -> dict[str, Any]:
    """The update, issued."""
    path = f"/updates/{cannock_chase.scenario.about.update}/issue"
    found: dict[str, Any] = cannock_chase.clerk.does("reporting", path).json()
    return found


def section_text(report: dict[str, Any], title: str) -> str:
    """The whole text of one section."""
    (section,) = [section for section in report["sections"] if section["title"] == title]
    return "\n".join(statement["text"] for statement in section["statements"])


def test_sections_stand_in_the_councils_order(report: dict[str, Any]) -> None:
    assert [(s["number"], s["title"]) for s in report["sections"] if s["depth"] == 1] == IN_ORDER
    assert [s["number"] for s in report["sections"] if s["number"].startswith("6.")] == [f"6.{n}" for n in range(1, 10)]


@pytest.mark.parametrize(("title", "fact"), FACTS, ids=lambda value: value[:40])
def test_it_reports_what_the_councils_report_said(report: dict[str, Any], title: str, fact: str) -> None:
    assert fact in section_text(report, title)


def test_the_heading_names_posts(report: dict[str, Any]) -> None:
    assert {row["label"]: row["text"] for row in report["heading"]} == {
        "Report of": "Chief Executive",
        "Contact officer": "Partnerships Officer (example, with its number), telephone 01632 960 123",
        "Portfolio leader": "Crime and Partnerships",
        "Key decision": "No",
        "Report track": "Cabinet: 29/01/15",
    }


def test_implications_are_none_where_none_were_stated(report: dict[str, Any]) -> None:
    sixth = [section for section in report["sections"] if section["number"].startswith("6.")]
    none = [s["title"] for s in sixth if [statement["text"] for statement in s["statements"]] == ["None"]]
    assert none == ["Legal", "Human resources", "Human Rights Act", "Data protection", "Risk management", "Best value"]


def test_topics_stand_in_the_documents_order(report: dict[str, Any]) -> None:
    titles = [section["title"] for section in report["sections"]]
    topics = [title for title in titles if title in (COMMUNITY, PANELS, PROGRAMME, COMMISSIONING)]
    assert topics == [COMMUNITY, PANELS, PROGRAMME, COMMISSIONING]


def test_nothing_is_reported_twice(report: dict[str, Any]) -> None:
    everything = "\n".join(section_text(report, section["title"]) for section in report["sections"])
    once = (
        "most of the £50,000",
        "The partnership submitted",
        "C2 held an event",
        "0 places",
        "weekly Partnership Hub",
    )
    assert {fact: everything.count(fact) for fact in once} == dict.fromkeys(once, 1)


def test_every_event_names_its_paragraph_or_is_an_example(report: dict[str, Any]) -> None:
    paragraph = re.compile(r"Report to Cabinet, 29 January 2015, (second )?\d[\d.]*( to \d)?( \(example: .+\))?$")
    for event in report["events"]:
        authority = event["authority"]
        from_a_decision = event["actor"].startswith("service:") and authority.startswith("decision ")
        assert from_a_decision or authority.startswith("example: ") or paragraph.match(authority), authority


def test_what_the_document_does_not_say_is_marked(report: dict[str, Any]) -> None:
    """A figure or day that is not in the document is only in statements that are marked."""
    unmarked = "\n".join(
        statement["text"]
        for section in report["sections"]
        for statement in section["statements"]
        if not statement["example"]
    )
    assert set(re.findall(r"£[\d,]*\d", unmarked)) == {"£1,300", "£7,000", "£50,000"}
    assert set(re.findall(r"\d+ [A-Z][a-z]+ 20\d\d", unmarked)) == {
        *("21 June 2012", "24 November 2014", "21 November 2014", "5 December 2014"),
        *("29 January 2015", "31 March 2015", "1 April 2015"),
        "31 March 2016",  # 12 months from April 2015
        "16 October 2014",  # marked in words
    }
    assert "16 October 2014, is an example" in unmarked
    for table in (table for section in report["sections"] for table in section["tables"]):
        assert {row["example"] for row in table["rows"]} == {"example"}


@pytest.mark.parametrize(
    ("words", "example"),
    [
        ("seats were represented", "example"),
        ("actions were given", "example"),
        ("The next meeting", "example"),
        ("was accepted on", "example: the day"),
        ("0 places", "example: who reported it, the last month"),
        ("1,300 per month", ""),
    ],
)
def test_examples_are_marked(report: dict[str, Any], words: str, example: str) -> None:
    (found,) = [s for section in report["sections"] for s in section["statements"] if words in s["text"]]
    assert found["example"] == example


def test_the_page_says_what_example_means(cannock_chase: Quarter, report: dict[str, Any]) -> None:
    page = cannock_chase.clerk.get("reporting", f"/updates/cabinet-2015-01-29/editions/{report['edition']}.html").text
    assert page.count("that are invented to show how the platform works") == 1
    assert '<span class="example">example: the day</span>' in page


def test_cabinet_has_named_no_area_of_interest(report: dict[str, Any]) -> None:
    assert (
        section_text(report, "Areas of interest to Cabinet") == "Cabinet has named no area of interest to be answered."
    )


def test_every_statement_has_sources_and_they_resolve(cannock_chase: Quarter, report: dict[str, Any]) -> None:
    statements = [statement for section in report["sections"] for statement in section["statements"]]
    rows = [row for section in report["sections"] for table in section["tables"] for row in table["rows"]]
    assert all(said["sources"] for said in (*statements, *rows, *report["heading"]))
    cited = {(s["event_id"], s["position"]) for said in (*statements, *rows) for s in said["sources"]}
    for event_id, position in cited:
        event = cannock_chase.clerk.get("reporting", f"/positions/{position}").json()
        assert event["event_id"] == event_id
        assert position < report["ledger_position"]


def test_every_event_cited_says_who_when_and_by_what_authority(report: dict[str, Any]) -> None:
    assert report["events"]
    for event in report["events"]:
        assert event["actor"]
        assert event["happened_at"] < event["recorded_at"]
        assert event["authority"]
        assert not event["authority"].startswith("office:")  # no step goes without the minute or letter behind it


def test_no_person_is_named(cannock_chase: Quarter, report: dict[str, Any]) -> None:
    people = [step.body["name"] for step in cannock_chase.scenario.steps if step.post == "/people"]
    assert len(people) == 11
    page = cannock_chase.clerk.get("reporting", f"/updates/cabinet-2015-01-29/editions/{report['edition']}.html").text
    assert not [name for name in people if name in page or name in str(report)]


def test_scrutiny_sees_reasons_interests_and_what_is_overdue(cannock_chase: Quarter) -> None:
    about = cannock_chase.scenario.about
    span = {"since": str(about.scrutiny_since), "until": str(about.scrutiny_until)}
    page = cannock_chase.clerk.get("reporting", "/scrutiny.html", **span).text
    for fact in ("withdrew", "Alternatives considered", "overdue", "Deferred, and when it returns", "quorate"):
        assert fact in page
