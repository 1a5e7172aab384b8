"""What meetings publishes: meetings, attendance, quorum, decisions, actions, minutes, updates to outside bodies."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.funding.shares import Payee, ReturnsTo, Shares
from shared.contracts.nouns import (
    ActionSlug,
    AreaOfInterestSlug,
    AwardSlug,
    Day,
    DecisionSlug,
    FirstDay,
    GroupSlug,
    ItemSlug,
    LastDay,
    MeetingSlug,
    MitigationSlug,
    Names,
    OrganisationSlug,
    PersonSlug,
    ProblemSlug,
    ProjectSlug,
    PurposeSlug,
    Reason,
    ReserveSlug,
    SeatSlug,
    Texts,
    UpdateSlug,
)
from shared.values.identifiers import Name, Slug, Text

Count = Annotated[int, Meta(ge=0, le=1000, description="A number of seats.", examples=[11])]
Body = Annotated[Name, Meta(description="A body outside the partnership that it reports to.", examples=["Cabinet"])]
Post = Annotated[Name, Meta(description="A post, not a person.", examples=["Chief Executive"])]


class ReferenceKind(enum.StrEnum):
    """The kinds of thing that an item or decision can be about."""

    REQUEST = "request"
    AWARD = "award"
    PROJECT = "project"
    PROBLEM = "problem"
    MEASURE = "measure"
    PILOT = "pilot"
    QUESTION = "question"
    ACTION = "action"
    AREA_OF_INTEREST = "area_of_interest"


class Capacity(enum.StrEnum):
    """In what capacity somebody sat in a seat at a meeting."""

    REPRESENTATIVE = "representative"
    DEPUTY = "deputy"


class Outcome(enum.StrEnum):
    """What a meeting did with a matter."""

    AGREED = "agreed"
    ENDORSED = "endorsed"
    NOTED = "noted"
    DEFERRED = "deferred"
    DECLINED = "declined"


class Implication(enum.StrEnum):
    """The headings 6.1 to 6.9 of an update, in their order."""

    FINANCIAL = "financial"
    LEGAL = "legal"
    HUMAN_RESOURCES = "human_resources"
    SECTION_17 = "section_17"
    HUMAN_RIGHTS = "human_rights"
    DATA_PROTECTION = "data_protection"
    RISK_MANAGEMENT = "risk_management"
    EQUALITY_AND_DIVERSITY = "equality_and_diversity"
    BEST_VALUE = "best_value"


class Reference(Value, frozen=True, kw_only=True):
    """The thing an item or decision is about."""

    kind: Annotated[ReferenceKind, Meta(examples=["problem"])]
    id: Annotated[Slug, Meta(examples=["no-take-up"])]
    """Its slug."""
    within: Annotated[Slug, Meta(examples=["perpetrators-programme"])] | None = None
    """What it belongs to, where its slug is unique only within that: the project of a problem, measure, pilot or
    question, the reserve of an award, the meeting of an action."""


About = Annotated[Reference, Meta(examples=[{"kind": "request", "id": "blake-worker"}])]


class Paper(Value, frozen=True, kw_only=True):
    """A paper sent out before a meeting."""

    item: ItemSlug | None = None
    """The agenda item it belongs to; none for a paper to the whole meeting, such as the agenda."""
    title: Annotated[Name, Meta(examples=["Requests for funding"])]


class Quorum(Value, frozen=True, kw_only=True):
    """How the quorum of a meeting was worked out when it opened."""

    seats: Count
    """All seats of the group that day."""
    vacant: Annotated[Count, Meta(examples=[1])]
    """Those nobody fills."""
    counted_membership: Count
    """The seats the quorum is worked out from, after the terms of reference."""
    required: Annotated[Count, Meta(examples=[3])]
    """How many must be present."""
    present: Annotated[Count, Meta(examples=[7])]
    """How many are, counted after the terms of reference."""
    quorate: bool
    explanation: Annotated[Text, Meta(examples=["A quarter of 11 seats, rounded up, is 3; 7 are present."])]
    """The same as a sentence, with its figures."""


class Deferral(Value, frozen=True, kw_only=True):
    """When a deferred matter comes back and what must be known by then."""

    returns_on: Annotated[Day, Meta(examples=["2015-02-23"])] | None = None
    """The day it comes back, where one was set."""
    returns_to: ReturnsTo
    """Where it comes back, in words."""
    must_know: Annotated[Texts, Meta(examples=[["What the community development work offers the post"]])] = ()
    """What must be known by then."""
    awaits_project: Annotated[ProjectSlug, Meta(examples=["asset-based-development"])] | None = None
    """The project whose outcome the matter is linked to."""


class AwardTerms(Value, frozen=True, kw_only=True):
    """What a decision awards: the terms that funding commits, or refuses and says why."""

    reserve: ReserveSlug
    award: AwardSlug
    shares: Shares
    payee: Payee
    purpose: PurposeSlug
    starts_on: FirstDay
    ends_on: LastDay | None = None
    """The last day the award pays for; none means until it is spent."""


class FunderExploration(Value, frozen=True, kw_only=True):
    """Another funder who is to be asked, and for which term."""

    funder: Annotated[OrganisationSlug, Meta(examples=["police-and-crime-commissioner"])]
    starts_on: FirstDay
    ends_on: LastDay


class MitigationTerms(Value, frozen=True, kw_only=True):
    """What a decision does against a problem of a project."""

    project: ProjectSlug
    problem: ProblemSlug
    mitigation: MitigationSlug
    text: Annotated[Text, Meta(examples=["The police will signpost people to the programme."])]
    owner: Annotated[OrganisationSlug, Meta(examples=["police"])]
    """The organisation that does it."""


class UpdateHeading(Value, frozen=True, kw_only=True):
    """The heading of an update, as the council's reports bear it. Posts, not people."""

    report_of: Post
    contact_post: Annotated[Post, Meta(examples=["Partnerships Officer"])]
    """The post that answers questions about it."""
    portfolio_leader: Annotated[Post, Meta(examples=["Crime and Partnerships"])]
    """The portfolio whose holder answers for it."""
    key_decision: bool
    report_track: Annotated[Name, Meta(examples=["Cabinet: 29/01/15"])]


@event("meetings.meeting_scheduled.v1", about="meeting", names="title")
class MeetingScheduled(Event, frozen=True, kw_only=True):
    """A meeting of a group was called, with the days its items and papers are due. Clauses TSP-1, CAN-2."""

    meeting: MeetingSlug
    group: GroupSlug
    title: Annotated[Name, Meta(examples=["Strategic Board, November 2014"])]
    starts_at: Annotated[dt.datetime, Meta(tz=True, examples=["2014-11-24T14:00:00Z"])]
    place: Annotated[Name, Meta(examples=["Civic Centre, Committee Room 1"])]
    agenda_closes_on: Annotated[Day, Meta(examples=["2014-11-10"])]
    """The last day on which agenda items are in time."""
    papers_due_on: Annotated[Day, Meta(examples=["2014-11-17"])]
    """The last day on which papers go out in time."""


@event("meetings.agenda_item_added.v1", about="meeting", names="title", of="item")
class AgendaItemAdded(Event, frozen=True, kw_only=True):
    """An item was put on a meeting's agenda. Clause TSP-1."""

    meeting: MeetingSlug
    item: ItemSlug
    title: Annotated[Name, Meta(examples=["Blake Community Development Worker: request for funding"])]
    raised_by: OrganisationSlug
    """The organisation that wants it discussed."""
    about: About | None = None
    late: bool = False
    """Whether it came after the agenda had closed."""


@event("meetings.papers_circulated.v1", about="meeting", day="circulated_on")
class PapersCirculated(Event, frozen=True, kw_only=True):
    """Agenda and papers went out to the members. Clause TSP-1."""

    meeting: MeetingSlug
    papers: Annotated[tuple[Paper, ...], Meta(min_length=1, max_length=50)]
    circulated_on: Annotated[Day, Meta(examples=["2014-11-17"])]


@event("meetings.apology_received.v1", about="meeting")
class ApologyReceived(Event, frozen=True, kw_only=True):
    """A seat's representative sent apologies for a meeting. Clause TSP-2."""

    meeting: MeetingSlug
    seat: SeatSlug


@event("meetings.attendance_recorded.v1", about="meeting")
class AttendanceRecorded(Event, frozen=True, kw_only=True):
    """Somebody sat in a seat at a meeting, as its representative or deputy. Clauses TSP-1, TSP-2."""

    meeting: MeetingSlug
    seat: SeatSlug
    person: PersonSlug | None = None
    """Who it was, where the register knows the person."""
    capacity: Capacity


@event("meetings.meeting_opened.v1", about="meeting")
class MeetingOpened(Event, frozen=True, kw_only=True):
    """A meeting was opened, and found quorate or not. Clause TSP-1."""

    meeting: MeetingSlug
    quorum: Quorum


@event("meetings.interest_declared.v1", about="meeting")
class InterestDeclared(Event, frozen=True, kw_only=True):
    """A member declared an interest in an item. Clauses TSP-1, CAN-2."""

    meeting: MeetingSlug
    item: ItemSlug
    seat: SeatSlug
    nature: Annotated[Text, Meta(examples=["The organisation employs the post that is asked for."])]
    """What the interest is."""
    withdrew: bool
    """Whether the member took no part in the item."""


@event("meetings.decision_recorded.v1", about="meeting")
class DecisionRecorded(Event, frozen=True, kw_only=True):
    """A meeting agreed, endorsed, noted, deferred or declined a matter. Clauses CAN-2, CAN-4, CAN-5, CAN-6."""

    meeting: MeetingSlug
    decision: DecisionSlug
    group: GroupSlug
    item: ItemSlug
    outcome: Annotated[Outcome, Meta(examples=["deferred"])]
    text: Annotated[Text, Meta(examples=["That the request be reconsidered at a future meeting."])]
    """The decision, as the minutes have it."""
    reasons: Annotated[Reason, Meta(examples=["The post may be linked to the community development work."])]
    alternatives: Annotated[Texts, Meta(examples=[["Pay the post from the reserve until March 2016"]])] = ()
    """What else was considered."""
    about: About | None = None
    deferral: Deferral | None = None
    """Present when, and only when, the outcome is deferred."""
    award: AwardTerms | None = None
    """Money awarded by the decision."""
    exploration: FunderExploration | None = None
    """Another funder to be asked by the decision."""
    mitigations: Annotated[tuple[MitigationTerms, ...], Meta(max_length=50)] = ()
    """What the decision does against problems."""
    quorate: bool
    """Whether the meeting was, for this item."""
    present: Annotated[Count, Meta(examples=[7])]
    """Members counted as present for this item."""
    required: Annotated[Count, Meta(examples=[3])]
    """Members needed for a quorum."""


@event("meetings.action_assigned.v1", about="meeting")
class ActionAssigned(Event, frozen=True, kw_only=True):
    """A meeting gave an organisation something to do by a day. Clause TSP-1."""

    meeting: MeetingSlug
    action: ActionSlug
    decision: DecisionSlug | None = None
    """The decision it follows from."""
    text: Annotated[Text, Meta(examples=["Ask the commissioner's office whether its funding is an option."])]
    owner: OrganisationSlug
    due_on: Annotated[Day, Meta(examples=["2014-12-19"])]


@event("meetings.action_completed.v1", about="meeting", day="completed_on")
class ActionCompleted(Event, frozen=True, kw_only=True):
    """An action was done. Clause TSP-1."""

    meeting: MeetingSlug
    """The meeting that assigned it."""
    action: ActionSlug
    outcome: Annotated[Text, Meta(examples=["The office has been asked and will answer in February."])]
    """What came of it."""
    completed_on: Annotated[Day, Meta(examples=["2014-12-12"])]


@event("meetings.minutes_drafted.v1", about="meeting")
class MinutesDrafted(Event, frozen=True, kw_only=True):
    """Minutes of a meeting were drafted, or drafted anew. Clause TSP-1."""

    meeting: MeetingSlug
    summary: Annotated[Text, Meta(examples=["Two requests for funding were heard; a return of money was reported."])]


@event("meetings.minutes_approved.v1", about="meeting")
class MinutesApproved(Event, frozen=True, kw_only=True):
    """A later meeting of the group approved a meeting's minutes. Clause TSP-1."""

    meeting: MeetingSlug
    """The meeting whose minutes they are."""
    approved_at: Annotated[MeetingSlug, Meta(examples=["board-2015-02-23"])]
    """The meeting that approved them."""


@event("meetings.meeting_closed.v1", about="meeting")
class MeetingClosed(Event, frozen=True, kw_only=True):
    """A meeting was closed; its decisions stand. Clause TSP-1."""

    meeting: MeetingSlug


@event("meetings.update_commissioned.v1", about="update", names="title")
class UpdateCommissioned(Event, frozen=True, kw_only=True):
    """A body outside the partnership is due an update on what happened since the last one. Clause CAN-1."""

    update: UpdateSlug
    body: Body
    title: Annotated[Name, Meta(examples=["Update on partnership activity"])]
    meets_on: Annotated[Day, Meta(examples=["2015-01-29"])]
    """The day the body meets."""
    since: Annotated[Day, Meta(examples=["2014-10-16"])] | None = None
    """The day of the last update, from which this one tells; none for the first."""
    until: Annotated[LastDay, Meta(examples=["2015-01-16"])]
    """The last day it covers."""
    heading: UpdateHeading
    purpose: Annotated[Text, Meta(examples=["To brief Cabinet on the partnership's work since its last update."])]
    recommendations: Annotated[Texts, Meta(min_length=1, examples=[["That Cabinet note the update."]])]
    key_issues: Annotated[Text, Meta(examples=["Cabinet asked for a quarterly update after the board's meetings."])]
    appendices: Annotated[Names, Meta(examples=[["Delivery plan, third quarter"]])] = ()
    previous_consideration: Annotated[Names, Meta(examples=[["Cabinet, 16 October 2014"]])] = ()
    """Where the matter was considered before."""
    background_papers: Annotated[Names, Meta(examples=[["Minutes of the Strategic Board"]])] = ()


@event("meetings.implication_stated.v1", about="update")
class ImplicationStated(Event, frozen=True, kw_only=True):
    """What an update means under one heading of its implications was stated; the others read None. Clause CAN-1."""

    update: UpdateSlug
    heading: Implication
    text: Annotated[Text, Meta(examples=["The reserve is finite and unlikely to be replenished."])]


@event("meetings.area_of_interest_named.v1", about="area_of_interest", day="named_on")
class AreaOfInterestNamed(Event, frozen=True, kw_only=True):
    """A body named an area of interest that its next update must answer. Clause CAN-8."""

    area_of_interest: AreaOfInterestSlug
    body: Body
    named_on: Annotated[Day, Meta(examples=["2014-10-16"])]
    text: Annotated[Text, Meta(examples=["What is done for victims of hate crime."])]
    """What the body wants to know."""
    about: About | None = None


@event("meetings.area_of_interest_answered.v1", about="area_of_interest")
class AreaOfInterestAnswered(Event, frozen=True, kw_only=True):
    """An area of interest was answered in an update. Clause CAN-8."""

    area_of_interest: AreaOfInterestSlug
    update: UpdateSlug
    text: Annotated[Text, Meta(examples=["The officer's two days a week continue until 31 March 2015."])]
    about: About | None = None
