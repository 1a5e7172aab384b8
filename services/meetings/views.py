"""What meetings keeps to show and to decide by: membership's facts as learnt, and its own meetings and updates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from shared.contracts.event import Event, Value
from shared.contracts.meetings import (
    ActionAssigned,
    ActionCompleted,
    AgendaItemAdded,
    ApologyReceived,
    AreaOfInterestAnswered,
    AreaOfInterestNamed,
    AttendanceRecorded,
    DecisionRecorded,
    ImplicationStated,
    InterestDeclared,
    MeetingClosed,
    MeetingOpened,
    MeetingScheduled,
    MinutesApproved,
    MinutesDrafted,
    PapersCirculated,
    UpdateCommissioned,
)
from shared.contracts.membership.groups import GroupFormed
from shared.contracts.membership.organisations import OrganisationRegistered
from shared.contracts.membership.seats import DeputyNamed, DeputyWithdrawn, SeatCreated, SeatFilled, SeatVacated
from shared.contracts.membership.terms_of_reference import TermsOfReferenceAdopted
from shared.runtime.following.views import At, Row, Views, row
from shared.values.periods import day_of

views = Views("meetings")


def _key(name: str) -> Column[Any]:
    return Column(name, Text, primary_key=True)


def _json(name: str) -> Column[Any]:
    """A part with parts of its own, as the event has it; SQL null where there is none, not JSON's."""
    return Column(name, JSONB(none_as_null=True))


organisation = views.table("organisation", _key("organisation"))
group = views.table("group", _key("group"))
terms_of_reference = views.table(
    "terms_of_reference", _key("group"), Column("in_force_from", Date, primary_key=True), _json("terms")
)
seat = views.table("seat", _key("group"), _key("seat"), Column("organisation", Text), Column("in_force_from", Date))
holding = views.table(
    "holding",
    _key("group"),
    _key("seat"),
    Column("since", Date, primary_key=True),
    Column("person", Text, comment="null: vacant"),
)
deputyship = views.table(
    "deputyship",
    _key("group"),
    _key("seat"),
    _key("person"),
    Column("since", Date, primary_key=True),
    Column("stands_in", Boolean),
)

meeting = views.table(
    "meeting",
    _key("meeting"),
    Column("group", Text),
    Column("title", Text),
    Column("starts_at", DateTime(timezone=True)),
    Column("day", Date, comment="the date of starts_at where the meeting is"),
    Column("place", Text),
    Column("agenda_closes_on", Date),
    Column("papers_due_on", Date),
    Column("state", Text, comment="scheduled, open, closed"),
    _json("quorum"),
    Column("minutes", Text, comment="null, drafted, approved"),
    Column("minutes_summary", Text),
    Column("minutes_approved_at", Text),
)
agenda_item = views.table(
    "agenda_item",
    _key("meeting"),
    _key("item"),
    Column("position", BigInteger),
    Column("title", Text),
    Column("raised_by", Text),
    _json("about"),
    Column("late", Boolean),
)
paper = views.table(
    "paper",
    _key("meeting"),
    Column("position", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("item", Text),
    Column("title", Text),
    Column("circulated_on", Date),
)
apology = views.table("apology", _key("meeting"), _key("seat"))
attendance = views.table("attendance", _key("meeting"), _key("seat"), Column("person", Text), Column("capacity", Text))
interest = views.table(
    "interest", _key("meeting"), _key("item"), _key("seat"), Column("nature", Text), Column("withdrew", Boolean)
)
decision = views.table(
    "decision",
    _key("decision"),
    Column("meeting", Text),
    Column("group", Text),
    Column("item", Text),
    Column("position", BigInteger),
    Column("outcome", Text),
    Column("text", Text),
    Column("reasons", Text),
    _json("alternatives"),
    _json("about"),
    _json("deferral"),
    _json("award"),
    _json("exploration"),
    _json("mitigations"),
    Column("quorate", Boolean),
    Column("present", Integer),
    Column("required", Integer),
    Column("authority", Text),
    Column("recorded_at", DateTime(timezone=True)),
)
action = views.table(
    "action",
    _key("meeting"),
    _key("action"),
    Column("decision", Text),
    Column("text", Text),
    Column("owner", Text),
    Column("due_on", Date),
    Column("outcome", Text),
    Column("completed_on", Date),
)

update = views.table(
    "update",
    _key("update"),
    Column("body", Text),
    Column("title", Text),
    Column("meets_on", Date),
    Column("since", Date),
    Column("until", Date),
    _json("heading"),
    Column("purpose", Text),
    _json("recommendations"),
    Column("key_issues", Text),
    _json("appendices"),
    _json("previous_consideration"),
    _json("background_papers"),
)
implication = views.table("implication", _key("update"), _key("heading"), Column("text", Text))
area_of_interest = views.table(
    "area_of_interest",
    _key("area_of_interest"),
    Column("body", Text),
    Column("named_on", Date),
    Column("text", Text),
    _json("about"),
)
area_answer = views.table("area_answer", _key("area_of_interest"), _key("update"), Column("text", Text), _json("about"))


def _columns(fact: Event, *apart: str) -> dict[str, Any]:
    """The fields of a fact as columns of the same names, but for those told apart; parts with parts become JSON."""
    return {name: _column(getattr(fact, name)) for name in fact.__struct_fields__ if name not in apart}


def _column(value: object) -> object:
    return msgspec.to_builtins(value) if isinstance(value, tuple | Value) else value


@views.on(OrganisationRegistered)
def _(fact: OrganisationRegistered, at: At) -> Iterator[Row]:
    yield row(organisation, organisation=fact.organisation)


@views.on(GroupFormed)
def _(fact: GroupFormed, at: At) -> Iterator[Row]:
    yield row(group, group=fact.group)


@views.on(TermsOfReferenceAdopted)
def _(fact: TermsOfReferenceAdopted, at: At) -> Iterator[Row]:
    yield row(terms_of_reference, **_columns(fact))


@views.on(SeatCreated)
def _(fact: SeatCreated, at: At) -> Iterator[Row]:
    yield row(seat, **_columns(fact, "office"))


@views.on(SeatFilled)
def _(fact: SeatFilled, at: At) -> Iterator[Row]:
    yield row(holding, group=fact.group, seat=fact.seat, since=fact.in_force_from, person=fact.person)


@views.on(SeatVacated)
def _(fact: SeatVacated, at: At) -> Iterator[Row]:
    yield row(holding, group=fact.group, seat=fact.seat, since=fact.vacant_from, person=None)


@views.on(DeputyNamed)
def _(fact: DeputyNamed, at: At) -> Iterator[Row]:
    yield row(
        deputyship, group=fact.group, seat=fact.seat, person=fact.person, since=fact.in_force_from, stands_in=True
    )


@views.on(DeputyWithdrawn)
def _(fact: DeputyWithdrawn, at: At) -> Iterator[Row]:
    yield row(
        deputyship, group=fact.group, seat=fact.seat, person=fact.person, since=fact.withdrawn_from, stands_in=False
    )


@views.on(MeetingScheduled)
def _(fact: MeetingScheduled, at: At) -> Iterator[Row]:
    yield row(meeting, **_columns(fact), day=day_of(fact.starts_at), state="scheduled")


@views.on(AgendaItemAdded)
def _(fact: AgendaItemAdded, at: At) -> Iterator[Row]:
    yield row(agenda_item, **_columns(fact), position=at.position)


@views.on(PapersCirculated)
def _(fact: PapersCirculated, at: At) -> Iterator[Row]:
    for number, sent in enumerate(fact.papers):
        yield row(
            paper,
            meeting=fact.meeting,
            position=at.position,
            number=number,
            item=sent.item,
            title=sent.title,
            circulated_on=fact.circulated_on,
        )


@views.on(ApologyReceived)
def _(fact: ApologyReceived, at: At) -> Iterator[Row]:
    yield row(apology, **_columns(fact))


@views.on(AttendanceRecorded)
def _(fact: AttendanceRecorded, at: At) -> Iterator[Row]:
    yield row(attendance, **_columns(fact))


@views.on(MeetingOpened)
def _(fact: MeetingOpened, at: At) -> Iterator[Row]:
    yield row(meeting, **_columns(fact), state="open")


@views.on(InterestDeclared)
def _(fact: InterestDeclared, at: At) -> Iterator[Row]:
    yield row(interest, **_columns(fact))


@views.on(DecisionRecorded)
def _(fact: DecisionRecorded, at: At) -> Iterator[Row]:
    envelope = at.envelope
    yield row(
        decision,
        **_columns(fact),
        position=at.position,
        authority=envelope.authority,
        recorded_at=envelope.recordedtime,
    )


@views.on(ActionAssigned)
def _(fact: ActionAssigned, at: At) -> Iterator[Row]:
    yield row(action, **_columns(fact))


@views.on(ActionCompleted)
def _(fact: ActionCompleted, at: At) -> Iterator[Row]:
    yield row(action, **_columns(fact))


@views.on(MeetingClosed)
def _(fact: MeetingClosed, at: At) -> Iterator[Row]:
    yield row(meeting, meeting=fact.meeting, state="closed")


@views.on(MinutesDrafted)
def _(fact: MinutesDrafted, at: At) -> Iterator[Row]:
    yield row(meeting, meeting=fact.meeting, minutes="drafted", minutes_summary=fact.summary)


@views.on(MinutesApproved)
def _(fact: MinutesApproved, at: At) -> Iterator[Row]:
    yield row(meeting, meeting=fact.meeting, minutes="approved", minutes_approved_at=fact.approved_at)


@views.on(UpdateCommissioned)
def _(fact: UpdateCommissioned, at: At) -> Iterator[Row]:
    yield row(update, **_columns(fact))


@views.on(ImplicationStated)
def _(fact: ImplicationStated, at: At) -> Iterator[Row]:
    yield row(implication, **_columns(fact))


@views.on(AreaOfInterestNamed)
def _(fact: AreaOfInterestNamed, at: At) -> Iterator[Row]:
    yield row(area_of_interest, **_columns(fact))


@views.on(AreaOfInterestAnswered)
def _(fact: AreaOfInterestAnswered, at: At) -> Iterator[Row]:
    yield row(area_answer, **_columns(fact))
