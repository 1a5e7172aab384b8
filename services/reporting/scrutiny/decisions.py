"""Decisions of the period, meeting by meeting: reasons, alternatives, interests, quorum, who was there."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.english import capital, clause, day, listing
from services.reporting.history import Fact, History, latest
from services.reporting.scrutiny.inquiry import ScrutinyScope
from services.reporting.statements import Lines, Part, Statement, Table, TableRow, item, nothing, positions, say
from shared.contracts.meetings import (
    AgendaItemAdded,
    ApologyReceived,
    AttendanceRecorded,
    DecisionRecorded,
    InterestDeclared,
    MeetingOpened,
    MeetingScheduled,
    MinutesApproved,
    MinutesDrafted,
    PapersCirculated,
)
from shared.contracts.membership import SeatCreated
from shared.values.periods import day_of

lines = Lines[[History, Fact[MeetingScheduled]]]()


def decisions(inquiry: ScrutinyScope) -> Part:
    """A part for each meeting of the period, in order of days."""
    history = inquiry.period
    wanted = {fact.what.meeting for fact in history.news(MeetingOpened)}
    wanted |= {fact.what.meeting for fact in history.news(DecisionRecorded)}
    called = [m for m in latest(history.ever(MeetingScheduled), "meeting") if m.what.meeting in wanted]
    called.sort(key=lambda meeting: meeting.what.starts_at)
    if not called:
        return Part("Decisions", (nothing("No meeting was held in this period.", inquiry.established),))
    return Part("Decisions", parts=tuple(_meeting(inquiry, meeting) for meeting in called))


def _meeting(inquiry: ScrutinyScope, meeting: Fact[MeetingScheduled]) -> Part:
    history = inquiry.period
    title = f"{history.names.group(meeting.what.group)}, {day(day_of(meeting.what.starts_at))}"
    return Part(title, lines.tell(history, meeting), tuple(who_was_there(inquiry, meeting)))


@lines.add
def whether_it_was_quorate(history: History, meeting: Fact[MeetingScheduled]) -> Iterator[Statement]:
    """As it was explained when the meeting opened (TSP-1)."""
    for opened in history.ever(MeetingOpened, meeting=meeting.what.meeting)[-1:]:
        quorum = opened.what.quorum
        verdict = "" if quorum.quorate else " It could note matters and decide none."
        yield say(f"Quorum: {clause(quorum.explanation)}.{verdict}", opened)


@lines.add
def whether_papers_went_out_in_time(history: History, meeting: Fact[MeetingScheduled]) -> Iterator[Statement]:
    """Against the day they were due (TSP-1)."""
    for sent in history.ever(PapersCirculated, meeting=meeting.what.meeting):
        late = sent.what.circulated_on > meeting.what.papers_due_on
        told = f"Papers went out on {day(sent.what.circulated_on)}, {'late' if late else 'in time'}"
        titles = listing([paper.title for paper in sent.what.papers])
        yield say(f"{told}; they were due by {day(meeting.what.papers_due_on)}. Sent: {titles}.", sent, meeting)


@lines.add
def what_was_decided(history: History, meeting: Fact[MeetingScheduled]) -> Iterator[Statement]:
    """Each decision with reasons, quorum, alternatives and the interests declared in its item."""
    slug = meeting.what.meeting
    items = {fact.what.item: fact for fact in history.ever(AgendaItemAdded, meeting=slug)}
    told: set[str] = set()
    for decision in history.news(DecisionRecorded, meeting=slug):
        what = decision.what
        agenda = items.get(what.item)
        interests = history.ever(InterestDeclared, meeting=slug, item=what.item)
        yield from decided(decision, agenda)
        if not interests:
            yield item("Interests: none was declared in this item.", decision)
        elif what.item not in told:
            yield from (interest_declared(history, meeting, fact) for fact in interests)
        told.add(what.item)


def decided(decision: Fact[DecisionRecorded], agenda: Fact[AgendaItemAdded] | None) -> Iterator[Statement]:
    """What was decided, why, with which quorum, and instead of what."""
    what = decision.what
    about = [agenda] if agenda else []
    title = agenda.what.title if agenda else f"Item {what.item}"
    late = " The item was put on the agenda after it had closed." if agenda and agenda.what.late else ""
    yield say(f"{title}. {capital(what.outcome.value)}: {clause(what.text)}.{late}", decision, *about)
    yield item(f"Reasons: {clause(what.reasons)}.", decision)
    could = "" if what.quorate else "; it could only be noted"
    yield item(f"Quorum for this item: {what.present} present, {what.required} needed{could}.", decision)
    considered = listing([clause(text) for text in what.alternatives])
    yield item(f"Alternatives considered: {considered or 'none is recorded'}.", decision)


@lines.add
def interests_in_other_items(history: History, meeting: Fact[MeetingScheduled]) -> Iterator[Statement]:
    """Interests in items that were not decided."""
    slug = meeting.what.meeting
    decided = {fact.what.item for fact in history.news(DecisionRecorded, meeting=slug)}
    for interest in history.ever(InterestDeclared, meeting=slug):
        if interest.what.item not in decided:
            yield interest_declared(history, meeting, interest)


@lines.add
def how_far_the_minutes_are(history: History, meeting: Fact[MeetingScheduled]) -> Iterator[Statement]:
    """Draft or approved."""
    drafted = history.ever(MinutesDrafted, meeting=meeting.what.meeting)
    approved = history.ever(MinutesApproved, meeting=meeting.what.meeting)
    if approved:
        yield say(f"The minutes were approved on {day(approved[-1].day)}.", *drafted, approved[-1])
    elif drafted:
        yield say("The minutes are in draft and not yet approved.", *drafted)


def interest_declared(history: History, meeting: Fact[MeetingScheduled], interest: Fact[InterestDeclared]) -> Statement:
    """By which post, and whether it took part."""
    group, seat = meeting.what.group, interest.what.seat
    holder = history.names.seat_holder(group, seat)
    who = f"the {history.names.office(group, seat)}" + (f" ({holder})" if holder else "")
    part = "withdrew from the item" if interest.what.withdrew else "took part in the item"
    return item(f"Interest declared by {who}: {clause(interest.what.nature)}. The member {part}.", interest)


def who_was_there(inquiry: ScrutinyScope, meeting: Fact[MeetingScheduled]) -> Iterator[Table]:
    """Every seat of that day, by post; with names where the reader may see them."""
    history, group = inquiry.period, meeting.what.group
    held = day_of(meeting.what.starts_at)
    sat = {f.what.seat: f for f in history.ever(AttendanceRecorded, meeting=meeting.what.meeting)}
    sorry = {f.what.seat: f for f in history.ever(ApologyReceived, meeting=meeting.what.meeting)}
    seats = {f.what.seat: f for f in history.ever(SeatCreated, group=group) if f.what.in_force_from <= held}
    rows = []
    for seat in dict.fromkeys((*seats, *sat, *sorry)):
        cells = [capital(history.names.office(group, seat)), history.names.seat_holder(group, seat)]
        facts: list[Fact[AttendanceRecorded] | Fact[ApologyReceived] | Fact[SeatCreated]] = []
        person = ""
        if seat in sat:
            cells.append(capital(sat[seat].what.capacity.value))
            person = inquiry.people.get(sat[seat].what.person or "", "")
            facts.append(sat[seat])
        else:
            cells.append("Apologies" if seat in sorry else "Not represented")
        if seat in sorry:
            facts.append(sorry[seat])
        rows.append(TableRow((*cells, *([person] if inquiry.people else [])), positions(facts or [seats[seat]])))
    if rows:
        columns = ("Post", "Organisation", "Present as", *(["Name"] if inquiry.people else []))
        yield Table("Who was there", columns, tuple(rows))
