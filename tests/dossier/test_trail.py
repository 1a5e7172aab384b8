"""Facts about the trail: it shows what belongs to its subject, in order, by posts, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from reporting.chronicle import PARTNERSHIP, Chronicle

from services.reporting.history import Fact, History, Span, snapshot
from services.reporting.parts.subject import DossierKind
from services.reporting.reports.make import dossier
from services.reporting.reports.published import Report
from shared.contracts.funding.awards import (
    FundsAwarded,
    FundsReturned,
    PaymentMade,
    ReturnedFundsFreed,
    ReturnEstimated,
)
from shared.contracts.funding.requests import Basis, FundsRequested, RequestDeferred
from shared.contracts.funding.reserves import ReserveOpened, StreamKind, StreamReceived
from shared.contracts.funding.shares import StreamShare
from shared.contracts.meetings.actions import ActionAssigned, ActionCompleted
from shared.contracts.meetings.agenda import AgendaItemAdded
from shared.contracts.meetings.attendance import ApologyReceived, AttendanceRecorded, Capacity
from shared.contracts.meetings.decisions import DecisionRecorded, Deferral, Outcome
from shared.contracts.meetings.effects import AwardDecided
from shared.contracts.meetings.interests import InterestDeclared
from shared.contracts.meetings.meetings import MeetingOpened, MeetingScheduled, Paper, PapersCirculated, Quorum
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.organisations import OrganisationRegistered, Sector
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.contracts.membership.seats import SeatCreated
from shared.contracts.projects.delivery import ProjectStarted, StageReached
from shared.contracts.projects.measures import Better, MeasureDefined, MeasureRead
from shared.values.refusals import Unknown

TODAY = dt.date(2015, 6, 1)
SHARES = (StreamShare(stream="locality", amount_pence=1_300_00),)
ABOUT = Reference(kind=ReferenceKind.REQUEST, id="worker")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def decision(slug: str, meeting: str, outcome: Outcome, **more: object) -> DecisionRecorded:
    fields: dict[str, object] = {
        "decision": slug,
        "meeting": meeting,
        "group": "board",
        "item": "requests",
        "outcome": outcome,
        "text": "That the worker be paid from the reserve.",
        "reasons": "The work shows results.",
        "about": ABOUT,
        "quorate": True,
        "present": 2,
        "required": 1,
    }
    return DecisionRecorded(**{**fields, **more})  # type: ignore[arg-type]  # a test chooses what fits


@pytest.fixture
def story(chronicle: Chronicle) -> Chronicle:
    """A request is deferred until a project is known, then met, paid, and partly given back."""
    c = chronicle
    c.happened("2014-01-01", PartnershipEstablished(name="An area", area_code="E07000192"))
    c.happened("2014-01-01", OrganisationRegistered(organisation="police", name="The Police", sector=Sector.POLICE))
    c.happened("2014-01-01", GroupFormed(group="board", name="Board", kind=GroupKind.STRATEGIC_BOARD))
    for seat, office in (("police", "Superintendent"), ("fire", "Area Commander"), ("college", "Principal")):
        created = SeatCreated(
            group="board", seat=seat, organisation="police", office=office, in_force_from=day("2014-01-01")
        )
        c.happened("2014-01-01", created)
    c.happened("2014-01-01", ReserveOpened(reserve="reserve", name="Reserve"))
    c.happened(
        "2014-01-02",
        StreamReceived(
            reserve="reserve",
            stream="locality",
            name="Locality Funds",
            kind=StreamKind.EXTERNAL_GRANT,
            source="police",
            amount_pence=9_000_00,
        ),
    )
    for project in ("development", "elsewhere"):
        c.happened(
            "2014-02-01",
            ProjectStarted(project=project, title=f"Project {project}", purpose="To help.", lead="police"),
        )
    c.happened("2014-10-01", _request("worker", "Community worker"), _request("van", "A van"))
    for meeting, held in (("november", "2014-11-24"), ("february", "2015-02-23")):
        _held(c, meeting, held)
    deferral = Deferral(returns_to="The February meeting", awaits_project="development")
    c.happened("2014-11-24T15:00:00+00:00", decision("deferred", "november", Outcome.DEFERRED, deferral=deferral))
    c.happened(
        "2014-11-24T15:00:00+00:00",
        RequestDeferred(request="worker", decision="deferred", returns_to="The February meeting"),
        authority="decision deferred",
    )
    c.happened("2015-01-10", StageReached(project="development", stage="one", reached_on="2015-01-10", evidence="Met."))
    c.happened("2015-01-10", StageReached(project="elsewhere", stage="one", reached_on="2015-01-10", evidence="Odd."))
    terms = AwardDecided(
        meeting="february",
        decision="met",
        request="worker",
        reserve="reserve",
        award="worker",
        shares=SHARES,
        payee="police",
        purpose="work",
        starts_on=day("2015-04-01"),
        award_checked=True,
    )
    c.happened("2015-02-23T15:00:00+00:00", decision("met", "february", Outcome.AGREED), terms)
    action = ActionAssigned(
        meeting="february", action="tell", decision="met", text="Tell them.", owner="police", due_on="2015-03-01"
    )
    c.happened("2015-02-23", action)
    c.happened(
        "2015-02-25",
        ActionCompleted(meeting="february", action="tell", outcome="Told.", completed_on="2015-02-25"),
    )
    awarded = FundsAwarded(
        reserve="reserve",
        award="worker",
        request="worker",
        shares=SHARES,
        payee="police",
        purpose="work",
        starts_on=day("2015-04-01"),
        decision="met",
    )
    c.happened("2015-02-23T15:00:01+00:00", awarded)
    paid = PaymentMade(
        reserve="reserve", award="worker", payment="p", shares=SHARES, paid_on=day("2015-04-02"), payee="police"
    )
    c.happened("2015-04-02", paid)
    back = (StreamShare(stream="locality", amount_pence=300_00),)
    estimated = ReturnEstimated(
        reserve="reserve", award="worker", return_="r", estimate_pence=300_00, wording="some of", reason="Less work."
    )
    c.happened("2015-05-01", estimated)
    c.happened(
        "2015-05-10",
        FundsReturned(reserve="reserve", award="worker", return_="r", shares=back, returned_on=day("2015-05-10")),
    )
    c.happened(
        "2015-05-20", ReturnedFundsFreed(reserve="reserve", award="worker", return_="r", shares=back, decision="freed")
    )
    c.happened(
        "2015-05-21",
        MeasureDefined(project="development", measure="people", name="People met", unit="people", better=Better.HIGHER),
        MeasureRead(
            project="development",
            measure="people",
            value=12,
            period_starts=day("2015-04-01"),
            period_ends=day("2015-04-30"),
            reported_by="police",
        ),
    )
    return c


def _request(slug: str, title: str) -> FundsRequested:
    return FundsRequested(
        request=slug,
        reserve="reserve",
        applicant="police",
        title=title,
        purpose="work",
        purpose_text="To do the work.",
        basis=Basis.ONE_OFF,
        amount_pence=1_300_00,
        starts_on=day("2015-04-01"),
    )


def _held(c: Chronicle, meeting: str, held: str) -> None:
    scheduled = MeetingScheduled(
        meeting=meeting,
        group="board",
        title=f"Board of {meeting}",
        starts_at=dt.datetime.fromisoformat(f"{held}T14:00:00+00:00"),
        place="Civic Centre",
        agenda_closes_on=day("2014-11-10"),
        papers_due_on=day("2014-11-17"),
    )
    c.happened("2014-09-01", scheduled)
    item = AgendaItemAdded(meeting=meeting, item="requests", title="Community worker", raised_by="police", about=ABOUT)
    c.happened("2014-11-01", item)
    c.happened("2014-11-02", AgendaItemAdded(meeting=meeting, item="vans", title="A van", raised_by="police"))
    papers = PapersCirculated(meeting=meeting, papers=(Paper(title="Letter"),), circulated_on=day("2014-11-14"))
    c.happened("2014-11-14", papers)
    sat = AttendanceRecorded(meeting=meeting, seat="police", person="person-7f3a9c", capacity=Capacity.DEPUTY)
    c.happened(held, ApologyReceived(meeting=meeting, seat="college"), sat)
    quorum = Quorum(
        seats=3,
        vacant=0,
        counted_membership=3,
        required=1,
        present=2,
        quorate=True,
        explanation=f"A quarter of 3 seats, rounded up, is 1; 2 are present in {meeting}.",
    )
    c.happened(held, MeetingOpened(meeting=meeting, quorum=quorum))
    for agenda_item in ("requests", "vans"):
        declared = InterestDeclared(
            meeting=meeting, item=agenda_item, seat="fire", nature=f"Knows of {agenda_item}.", withdrew=True
        )
        c.happened(held, declared)


def dossier_of(story: Chronicle, kind: DossierKind, slug: str) -> Report:
    with snapshot(story.engine) as connection:
        return dossier(connection, PARTNERSHIP, kind, slug, TODAY)


def text(report: Report) -> str:
    """All texts, in the order of the page."""
    return "\n".join(
        line
        for section in report.sections
        for line in [
            f"# {section.title}",
            *(statement.text for statement in section.statements),
            *(" | ".join(cell.text for cell in row.cells) for table in section.tables for row in table.rows),
        ]
    )


def in_order(found_text: str, *words: str) -> None:
    at = 0
    for each in words:
        found = found_text.find(each, at)
        assert found >= 0, f"{each!r} does not follow the words before it:\n{found_text}"
        at = found + len(each)


def test_a_request_is_followed_from_the_request_to_its_outcome(story: Chronicle) -> None:
    in_order(
        text(dossier_of(story, DossierKind.REQUEST, "worker")),
        "# Request",
        "The Police asked the Reserve for £1,300",
        "# Decision of 24 November 2014: Board",
        "# Agenda and papers",
        "“Community worker” was put on the agenda of the meeting “Board of november”",
        "Papers went out on 14 November 2014",
        "# Meeting and quorum",
        "Quorum: A quarter of 3 seats, rounded up, is 1; 2 are present in november.",
        "Superintendent | The Police | Deputy",
        "Principal | The Police | Apologies",
        "# Interests",
        "Interest declared by the Area Commander (The Police): Knows of requests. The member withdrew",
        "# What was decided",
        "Deferred: That the worker be paid",
        "Reasons: The work shows results.",
        "Alternatives considered: none is recorded.",
        "It waits for the outcome of the project “Project development”.",
        "# What followed",
        "The request “Community worker” was deferred.",
        "# Decision of 23 February 2015: Board",
        "Agreed: That the worker be paid",
        "The action “tell” of the meeting “Board of february” was done",
        "# Award",
        "The Police was awarded £1,300 of Locality Funds",
        "# Payments",
        "The Police was paid £1,300 of Locality Funds",
        "# Money returned",
        "estimated at £300",
        "£300 of Locality Funds of the award “worker” was returned",
        "Returned money of £300 of Locality Funds was freed",
        "# Project: Project development",
        "reached its stage “one” on 10 January 2015. Met.",
        "# Outcome",
        "The Police was awarded £1,300; £1,300 has been paid and £300 has been returned.",
        "The request “Community worker” has been met",
        "The Police reported 12 for the measure “People met”",
    )


def test_a_decisions_dossier_shows_only_its_own_meeting(story: Chronicle) -> None:
    met = text(dossier_of(story, DossierKind.DECISION, "met"))
    in_order(met, "# Request", "# Decision of 23 February 2015", "# Award", "£1,300", "# Payments", "2 April 2015")
    assert "november" not in met
    deferred = text(dossier_of(story, DossierKind.DECISION, "deferred"))
    assert "february" not in deferred.replace("The February meeting", "")


def test_a_projects_dossier_shows_the_decisions_that_wait_for_it(story: Chronicle) -> None:
    in_order(
        text(dossier_of(story, DossierKind.PROJECT, "development")),
        "# Decision of 24 November 2014",
        "# Project: Project development",
        "reached its stage",
        "# Outcome",
        "The Police reported 12",
    )
    other = text(dossier_of(story, DossierKind.PROJECT, "elsewhere"))
    assert "# Decision" not in other
    assert "Odd." in other


@pytest.mark.parametrize(
    ("kind", "slug"),
    [(DossierKind.REQUEST, "worker"), (DossierKind.DECISION, "met"), (DossierKind.PROJECT, "development")],
)
def test_a_dossier_shows_nothing_about_another_matter(story: Chronicle, kind: DossierKind, slug: str) -> None:
    report = dossier_of(story, kind, slug)
    for stray in ("van", "vans", "Odd.", "elsewhere"):
        assert stray not in text(report)
    kinds = {event.type for event in report.events}
    assert "membership.person_registered.v1" not in kinds
    assert all(each.sources for section in report.sections for each in section.statements)


def test_posts_are_named_and_people_are_not(story: Chronicle) -> None:
    assert "person-7f3a9c" not in text(dossier_of(story, DossierKind.REQUEST, "worker"))


def test_where_nothing_is_on_record_the_page_says_so(story: Chronicle) -> None:
    in_order(
        text(dossier_of(story, DossierKind.REQUEST, "van")),
        "A van",
        "# Award",
        "No money was awarded.",
        "# Payments",
        "No payment is on record.",
        "# Outcome",
        "The request “A van” is still to be decided.",
    )


@pytest.mark.parametrize("kind", list(DossierKind))
def test_what_is_not_on_record_has_no_dossier(story: Chronicle, kind: DossierKind) -> None:
    with pytest.raises(Unknown, match=f"There is no {kind.value} 'nothing'"):
        dossier_of(story, kind, "nothing")


def test_the_facts_asked_for_grow_with_the_decisions_of_the_matter(
    story: Chronicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with their square: a matter may come back to the board for years."""
    asked = 0
    facts = History.facts

    def counted(history: History, role: str, span: Span, **having: object) -> list[Fact]:
        nonlocal asked
        asked += 1
        return facts(history, role, span, **having)

    monkeypatch.setattr(History, "facts", counted)

    def cost(decisions: int) -> int:
        nonlocal asked
        more = [decision(f"noted-{n}", "february", Outcome.NOTED) for n in range(decisions)]
        story.happened("2015-02-23T16:00:00+00:00", *more)
        asked = 0
        with snapshot(story.engine) as connection:
            dossier(connection, PARTNERSHIP, DossierKind.REQUEST, "worker", TODAY)
        return asked

    none, few, many = cost(0), cost(10), cost(80)  # 10 and then 80 more are 90
    assert 5 < (many - none) / (few - none) < 15
