"""An invented quarter of a partnership that has everything an update can tell (CAN-1 to CAN-8)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from reporting.chronicle import Chronicle

from shared.contracts.funding.awards import FundsAwarded, PaymentMade, ReturnEstimated
from shared.contracts.funding.requests import Basis, FundsRequested, OtherFunderSought, RequestDeferred, RequestNoted
from shared.contracts.funding.reserves import ReserveOpened, StreamKind, StreamReceived
from shared.contracts.funding.shares import StreamShare
from shared.contracts.meetings.actions import ActionAssigned, ActionCompleted
from shared.contracts.meetings.agenda import AgendaItemAdded
from shared.contracts.meetings.areas_of_interest import AreaOfInterestAnswered, AreaOfInterestNamed
from shared.contracts.meetings.attendance import ApologyReceived, AttendanceRecorded, Capacity
from shared.contracts.meetings.decisions import DecisionRecorded, Deferral, Outcome
from shared.contracts.meetings.effects import FunderExplorationDecided
from shared.contracts.meetings.interests import InterestDeclared
from shared.contracts.meetings.meetings import (
    MeetingClosed,
    MeetingOpened,
    MeetingScheduled,
    Paper,
    PapersCirculated,
    Quorum,
)
from shared.contracts.meetings.minutes import MinutesApproved, MinutesDrafted
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.contracts.meetings.updates import Implication, ImplicationStated, UpdateCommissioned, UpdateHeading
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.organisations import OrganisationRegistered, Sector
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.contracts.membership.people import PersonErased
from shared.contracts.membership.seats import SeatCreated
from shared.contracts.projects.commissioning import IntentionStated, TenderRoundOpened
from shared.contracts.projects.delivery import AreaAgreed, ProgressReported, ProjectStarted, Stage, StageReached
from shared.contracts.projects.measures import Better, MeasureDefined, MeasureRead
from shared.contracts.projects.pilots import ExpressionAccepted, ExpressionInvited, ExpressionSubmitted, PilotPlanned
from shared.contracts.projects.priorities import ObjectiveSet, PrioritySet
from shared.contracts.projects.problems import MitigationAgreed, ProblemRaised
from shared.contracts.projects.questions import QuestionAnswered, QuestionKind, QuestionRaised

BOARD = "strategic-board"
MEETING = "board-2014-11-24"
RESERVE = "partnership-reserve"
UPDATE = "cabinet-2015-01-29"


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def record_quarter(c: Chronicle) -> None:
    """All events, in the order of the ledger."""
    _membership(c)
    _money(c)
    _projects_before(c)
    _meeting(c)
    _decisions(c)
    _projects_in_the_quarter(c)
    _update(c)


def _membership(c: Chronicle) -> None:
    organisations = {
        "district-council": ("Cannock Chase District Council", Sector.COUNCIL),
        "county-council": ("Staffordshire County Council", Sector.COUNCIL),
        "police": ("Staffordshire Police", Sector.POLICE),
        "commissioner": ("Police and Crime Commissioner", Sector.OTHER),
        "voluntary-support": ("Support Staffordshire", Sector.VOLUNTARY),
        "victims-charity": ("Chase Against Crimes of Hate", Sector.VOLUNTARY),
        "community-provider": ("C2 Connecting Communities", Sector.VOLUNTARY),
        "health-group": ("Cannock Chase Clinical Commissioning Group", Sector.HEALTH),
        "lottery": ("The Community Fund", Sector.OTHER),
    }
    c.happened(
        "2013-04-01",
        PartnershipEstablished(name="Chase Community Partnership", area_code="E07000192"),
        *(OrganisationRegistered(organisation=k, name=n, sector=s) for k, (n, s) in organisations.items()),
        GroupFormed(group=BOARD, name="Strategic Board", kind=GroupKind.STRATEGIC_BOARD),
        GroupFormed(group="skills-board", name="Enterprise and Skills Board", kind=GroupKind.THEMATIC_PARTNERSHIP),
        GroupFormed(group="panel-group", name="Panel Task and Finish Group", kind=GroupKind.TASK_AND_FINISH_GROUP),
    )
    seats = {
        "leader": ("district-council", "Leader of the Council"),
        "chief-executive": ("district-council", "Chief Executive"),
        "county": ("county-council", "District Commissioning Lead"),
        "police": ("police", "Local Policing Team Commander"),
        "health": ("health-group", "Chair of the Governing Body"),
        "voluntary": ("voluntary-support", "Chief Officer"),
        "hate-crime": ("victims-charity", "Director"),
    }
    c.happened(
        "2013-04-02",
        *(
            SeatCreated(group=BOARD, seat=k, organisation=o, office=p, in_force_from=day("2013-04-01"))
            for k, (o, p) in seats.items()
        ),
    )


def _money(c: Chronicle) -> None:
    c.happened("2013-04-03", ReserveOpened(reserve=RESERVE, name="Partnership financial reserve"))
    for stream, name, kind, source, pence, purposes, ends in (
        ("safer", "Safer and Stronger Communities Fund", StreamKind.EXTERNAL_GRANT, "county-council", 6_000_000,
         ("community-safety",), None),
        ("locality", "Locality Funds", StreamKind.EXTERNAL_GRANT, "county-council", 12_000_000, (), "2016-03-31"),
        ("reward", "LPSA 2 reward grant", StreamKind.REWARD_GRANT, "county-council", 4_512_550, (), None),
    ):  # fmt: skip
        c.happened(
            "2013-04-10",
            StreamReceived(
                reserve=RESERVE, stream=stream, name=name, kind=kind, source=source, amount_pence=pence,
                purposes=purposes, spend_by=day(ends) if ends else None,
            ),
        )  # fmt: skip
    shares = (
        StreamShare(stream="locality", amount_pence=3_000_000),
        StreamShare(stream="reward", amount_pence=2_000_000),
    )
    c.happened(
        "2013-06-03",
        FundsAwarded(
            reserve=RESERVE, award="apprentice-scheme", shares=shares, payee="skills-board",
            purpose="apprenticeships", starts_on=day("2013-07-01"), decision="board-2013-06-03-apprentices",
        ),
    )  # fmt: skip
    c.happened(
        "2013-07-15",
        PaymentMade(
            reserve=RESERVE, award="apprentice-scheme", payment="all", shares=shares, paid_on=day("2013-07-15"),
            payee="skills-board",
        ),
    )  # fmt: skip


def _projects_before(c: Chronicle) -> None:
    c.happened(
        "2014-04-07",
        PrioritySet(
            priority="community-safety", title="Community safety", corporate_priorities=("Place",),
            outcome="People are safe, and feel safe, where they live.",
        ),
        PrioritySet(
            priority="health", title="Health and wellbeing", corporate_priorities=("People", "Place"),
            outcome="People live longer in good health.",
        ),
        ObjectiveSet(priority="community-safety", objective="abuse", title="Fewer repeat offences of domestic abuse"),
    )  # fmt: skip
    c.happened(
        "2014-06-02",
        ProjectStarted(
            project="joint-commissioning", title="Health and Wellbeing Local Commissioning Partnership",
            purpose="To buy services together that serve the outcomes all partners have adopted.",
            lead="county-council", priorities=("health",),
            outcomes=("A good start in life", "Healthy working years", "Ageing well", "Good mental health"),
        ),
        ProjectStarted(
            project="street-champions", title="Street Champions", lead="district-council",
            purpose="To help residents look after their own streets.",
        ),
    )  # fmt: skip
    c.happened(
        "2014-09-15",
        QuestionRaised(
            project="joint-commissioning", question="liability", kind=QuestionKind.LEGAL, raised_by="district-council",
            text="Who is liable when a jointly commissioned service fails?",
        ),
        QuestionRaised(
            project="joint-commissioning", question="vat", kind=QuestionKind.FINANCIAL, raised_by="county-council",
            text="Can value added tax be reclaimed on pooled money?",
        ),
    )  # fmt: skip
    c.happened(
        "2014-10-16",
        AreaOfInterestNamed(
            area_of_interest="hate-crime", body="Cabinet", named_on="2014-10-16",
            text="What is done for victims of hate crime."
        ),
        AreaOfInterestNamed(
            area_of_interest="young-people", body="Cabinet", named_on="2014-10-16",
            text="How many young people have found work through the partnership.",
        ),
    )  # fmt: skip
    c.happened(
        "2014-10-01",
        ProjectStarted(
            project="perpetrators", title="Domestic Abuse Perpetrators Programme", lead="county-council",
            purpose="To help people who recognise that they cannot control what they do to change it.",
            priorities=("community-safety",),
        ),
        MeasureDefined(
            project="perpetrators", measure="referrals", name="People of the district who took a place", unit="people",
            target=12, better=Better.HIGHER,
        ),
        recorded="2014-10-20",
    )  # fmt: skip
    c.happened(
        "2014-09-08",
        ActionAssigned(
            meeting="board-2014-09-08", action="survey", text="Publish the residents' survey.", owner="county-council",
            due_on="2014-12-01",
        ),
    )  # fmt: skip


def _meeting(c: Chronicle) -> None:
    c.happened(
        "2014-09-22",
        MeetingScheduled(
            meeting=MEETING, group=BOARD, title="Strategic Board",
            starts_at=dt.datetime(2014, 11, 24, 14, tzinfo=dt.UTC),
            place="Civic Centre, Committee Room 1", agenda_closes_on=day("2014-11-10"), papers_due_on=day("2014-11-17"),
        ),
        MeetingScheduled(
            meeting="board-2015-02-23", group=BOARD, title="Strategic Board",
            starts_at=dt.datetime(2015, 2, 23, 14, tzinfo=dt.UTC), place="Civic Centre, Committee Room 1",
            agenda_closes_on=day("2015-02-09"), papers_due_on=day("2015-02-16"),
        ),
    )  # fmt: skip
    items = {
        "blake": ("Blake Community Development Worker", "voluntary-support", "request", "blake-worker", None),
        "hate": ("Hate crime officer's time", "victims-charity", "request", "hate-crime-officer", None),
        "panel": ("Safer Neighbourhood Panel", "commissioner", "pilot", "panel", "neighbourhood-panels"),
        "cadence": ("Dates of meetings", "district-council", None, None, None),
    }
    for slug, (title, raised_by, kind, about, within) in items.items():
        c.happened(
            "2014-11-07",
            AgendaItemAdded(
                meeting=MEETING, item=slug, title=title, raised_by=raised_by, late=slug == "panel",
                about=Reference(kind=ReferenceKind(kind), id=about, within=within) if kind and about else None,
            ),
        )  # fmt: skip
    c.happened(
        "2014-11-17",
        PapersCirculated(
            meeting=MEETING, papers=(Paper(title="Agenda"), Paper(item="blake", title="Requests for funding")),
            circulated_on=day("2014-11-17"),
        ),
        ApologyReceived(meeting=MEETING, seat="health"),
    )  # fmt: skip
    c.happened(
        "2014-11-24T14:00:00+00:00",
        *(
            AttendanceRecorded(
                meeting=MEETING, seat=seat, person=f"person-{seat}",
                capacity=Capacity.DEPUTY if seat == "police" else Capacity.REPRESENTATIVE,
            )
            for seat in ("leader", "chief-executive", "police", "voluntary", "hate-crime")
        ),
        MeetingOpened(
            meeting=MEETING,
            quorum=Quorum(
                seats=7, vacant=0, counted_membership=7, required=2, present=5, quorate=True,
                explanation="A quarter of 7 seats, rounded up, is 2; 5 are present.",
            ),
        ),
        InterestDeclared(
            meeting=MEETING, item="hate", seat="hate-crime", withdrew=True,
            nature="The organisation employs the officer whose time is asked for.",
        ),
        recorded="2014-11-26",
    )  # fmt: skip


def decided(**said: Any) -> DecisionRecorded:
    """A decision of the board's meeting, which was quorate."""
    return DecisionRecorded(meeting=MEETING, group=BOARD, quorate=True, present=5, required=2, **said)


def _decisions(c: Chronicle) -> None:
    requests = {
        "blake-worker": (
            "Blake Community Development Worker",
            "voluntary-support",
            Basis.PER_MONTH,
            130_000,
            "2015-05-01",
        ),
        "hate-crime-officer": ("Hate crime officer's time", "victims-charity", Basis.PER_ANNUM, 700_000, "2015-04-01"),
    }
    for slug, (title, applicant, basis, pence, starts) in requests.items():
        c.happened(
            "2014-11-05",
            FundsRequested(
                request=slug, reserve=RESERVE, applicant=applicant, title=title, purpose="community-safety",
                purpose_text="To keep the post for two days a week after its present money has ended.", basis=basis,
                amount_pence=pence, starts_on=day(starts), present_funding_ends_on=day("2015-03-31"),
            ),
        )  # fmt: skip
    deferral = Deferral(
        returns_to="A future meeting of the Strategic Board",
        must_know=("What the community development project offers the post",),
        awaits_project="community-development",
    )
    blake = f"{MEETING}-blake"
    hate = f"{MEETING}-hate"
    c.happened(
        "2014-11-24T14:40:00+00:00",
        decided(
            decision=blake, item="blake", outcome=Outcome.DEFERRED,
            text="That the request be taken up again when more is known.",
            reasons="The post may be linked to the community development project.",
            alternatives=("Pay the post from the reserve until March 2016",),
            about=Reference(kind=ReferenceKind.REQUEST, id="blake-worker"), deferral=deferral,
        ),
        decided(
            decision=hate, item="hate", outcome=Outcome.NOTED,
            text="That the request be noted.", reasons="Another fund may be able to pay for the post.",
            about=Reference(kind=ReferenceKind.REQUEST, id="hate-crime-officer"),
        ),
        FunderExplorationDecided(
            meeting=MEETING, decision=hate, request="hate-crime-officer", funder="commissioner",
            starts_on=day("2015-04-01"), ends_on=day("2017-03-31"),
        ),
        decided(
            decision=f"{MEETING}-panel", item="panel", outcome=Outcome.AGREED,
            text="That an expression of interest be submitted.",
            reasons="An early panel can be shaped by the district.",
            about=Reference(kind=ReferenceKind.PILOT, id="panel", within="neighbourhood-panels"),
        ),
        decided(
            decision=f"{MEETING}-cadence", item="cadence", outcome=Outcome.AGREED,
            text="Meet four times in 2015/16.", reasons="The terms of reference ask for a meeting each quarter.",
        ),
        ActionAssigned(
            meeting=MEETING, action="ask-the-commissioner", decision=hate, owner="district-council",
            text="Ask the commissioner's office whether its money is an option.", due_on="2014-12-19",
        ),
        ActionAssigned(
            meeting=MEETING, action="publish-dates", owner="district-council",
            text="Publish the dates of the meetings.", due_on="2015-01-09",
        ),
        MeetingClosed(meeting=MEETING),
        RequestDeferred(
            request="blake-worker", decision=blake, returns_to=deferral.returns_to, must_know=deferral.must_know,
            awaits_project=deferral.awaits_project,
        ),
        RequestNoted(request="hate-crime-officer", decision=hate),
        OtherFunderSought(
            request="hate-crime-officer", decision=hate, funder="commissioner", starts_on=day("2015-04-01"),
            ends_on=day("2017-03-31"),
        ),
        ReturnEstimated(
            reserve=RESERVE, award="apprentice-scheme", return_="apprentice-return", estimate_pence=4_500_000,
            wording="most of", reason="The scheme did not develop as it was first intended.",
        ),
        recorded="2014-11-26",
    )  # fmt: skip
    c.happened(
        "2014-12-12",
        ActionCompleted(
            meeting=MEETING, action="ask-the-commissioner", completed_on="2014-12-12",
            outcome="The office was asked and will answer in February.",
        ),
        MinutesDrafted(meeting=MEETING, summary="Two requests were heard and a return of money was reported."),
    )  # fmt: skip


STEPS = (
    ("Find the people", "A steering group of residents and front-line workers is formed."),
    ("Build the group", "The group learns to plan together."),
    ("Listen", "A listening event finds what matters most to residents."),
    ("Open a hub", "Residents and agencies meet in a place of their own."),
    ("Meet monthly", "Progress is told and small successes are celebrated."),
    ("Grow", "New groups form and take on what was found."),
    ("Stand alone", "Residents are employed to keep the work going."),
)


def _projects_in_the_quarter(c: Chronicle) -> None:
    c.happened(
        "2014-11-03",
        ProjectStarted(
            project="neighbourhood-panels", title="Safer Neighbourhood Panels", lead="commissioner",
            purpose="To let residents hold the local policing team to account.", priorities=("community-safety",),
        ),
        ExpressionInvited(
            project="neighbourhood-panels", pilot="panel", title="Safer Neighbourhood Panel", invited_by="commissioner",
            text="Districts may be early implementers of a panel of about a dozen residents.",
            closes_on=day("2014-11-28"),
        ),
        ExpressionSubmitted(
            project="neighbourhood-panels", pilot="panel", submitted_on="2014-11-27", decision=f"{MEETING}-panel"
        ),
        ExpressionAccepted(project="neighbourhood-panels", pilot="panel", accepted_on="2014-12-15"),
        PilotPlanned(
            project="neighbourhood-panels", pilot="panel", starts_on="2015-02", built_by="panel-group"
        ),
    )  # fmt: skip
    c.happened(
        "2014-11-10",
        ProjectStarted(
            project="community-development", title="Asset Based Community Development", lead="county-council",
            delivered_by="community-provider", template="seven-steps", priorities=("health",),
            purpose="To find what communities can do for themselves and to strengthen their ties with public bodies.",
            stages=tuple(
                Stage(stage=f"step-{n}", title=title, description=text) for n, (title, text) in enumerate(STEPS, 1)
            ),
        ),
    )  # fmt: skip
    c.happened(
        "2014-12-05",
        StageReached(
            project="community-development", stage="step-1", reached_on="2014-12-05",
            evidence="Front-line workers and residents met for the first time.",
        ),
        AreaAgreed(
            project="community-development", agreed_on="2014-12-05",
            description="Parts of the Blake area, with Chadsmoor.", outstanding=("Maps", "Numbers of households"),
        ),
        ProgressReported(
            project="community-development", reported_on="2014-12-05",
            text="The provider showed what the seven steps had brought elsewhere.",
        ),
        recorded="2015-01-20",
    )  # fmt: skip
    c.happened(
        "2014-12-31",
        MeasureRead(
            project="perpetrators", measure="referrals", value=0, period_starts=day("2014-10-01"),
            period_ends=day("2014-12-31"), reported_by="police", note="Other districts of the county see the same.",
        ),
        ProblemRaised(
            project="perpetrators", problem="no-take-up", text="Nobody in the district has taken a place.",
            raised_by="county-council", measure="referrals",
        ),
    )  # fmt: skip
    c.happened(
        "2014-12-16",
        *(
            MitigationAgreed(
                project="perpetrators", problem="no-take-up", mitigation=slug, text=text, owner=owner,
                agreed_on="2014-12-16",
            )
            for slug, text, owner in (
                ("signpost", "Officers point people to the programme when a protection notice is given.", "police"),
                ("hub", "The weekly hub meeting looks at possible referrals.", "district-council"),
            )
        ),
    )  # fmt: skip
    c.happened(
        "2014-11-21",
        IntentionStated(
            project="joint-commissioning", organisation="district-council", amount_pence=1_500_000,
            text="The council intends to put money into the first round.",
        ),
        IntentionStated(
            project="joint-commissioning", organisation="health-group", text="The group will commission two services."
        ),
        TenderRoundOpened(
            project="joint-commissioning", round=1, opened_on="2014-12-01",
            text="Tenders are invited against the four outcomes.",
        ),
        QuestionRaised(
            project="joint-commissioning", question="other-funding", kind=QuestionKind.GOVERNANCE,
            text="How can money that is not for health pay into the process?", raised_by="commissioner",
        ),
        QuestionAnswered(
            project="joint-commissioning", question="vat", answer="It can, through the county council's accounts.",
            answered_on="2014-12-18",
        ),
    )  # fmt: skip


def _update(c: Chronicle) -> None:
    c.happened(
        "2015-01-19",
        UpdateCommissioned(
            update=UPDATE, body="Cabinet", title="Update on partnership activity", meets_on=day("2015-01-29"),
            since=day("2014-10-16"), until=day("2015-01-16"),
            heading=UpdateHeading(
                report_of="Chief Executive", contact_post="Partnerships Officer", contact_telephone="01632 960123",
                portfolio_leader="Crime and Partnerships", key_decision=False, report_track="Cabinet: 29/01/15",
            ),
            purpose="To tell Cabinet what the partnership did since its last update.",
            recommendations=("That Cabinet note the update.", "That Cabinet name areas it wants to know more about."),
            key_issues="Cabinet asked for an update each quarter, after the board has met.",
            previous_consideration=("Cabinet, 16 October 2014",),
        ),
        ImplicationStated(
            update=UPDATE, heading=Implication.FINANCIAL,
            text="The reserve is finite and unlikely to be filled up again.",
        ),
        ImplicationStated(
            update=UPDATE, heading=Implication.SECTION_17,
            text="The partnership's plan helps the council to meet its duty under the Crime and Disorder Act 1998.",
        ),
        AreaOfInterestAnswered(
            area_of_interest="hate-crime",
            update=UPDATE,
            text="The officer's two days a week are paid for until 31 March 2015."
        ),
        MinutesApproved(meeting=MEETING, approved_at="board-2015-02-23"),
        PersonErased(person="person-voluntary", reason="The person asked for it on leaving."),
    )  # fmt: skip
