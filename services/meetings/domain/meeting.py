"""A meeting: its agenda and papers, who came, its quorum, what it decided and assigned, and its minutes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import override

from services.meetings.domain.decision_rules import (
    a_deferral_says_when_it_returns_or_what_must_be_known,
    an_inquorate_meeting_may_note_but_not_decide,
    another_funder_is_asked_about_a_request,
    money_another_funder_and_mitigations_fit_the_outcome,
    streams_and_mitigations_are_listed_once,
    terms_of_a_decision_run_forward,
    what_is_named_within_another_says_which,
)
from services.meetings.domain.membership import Membership
from services.meetings.domain.quorum import Attendee, deputies_count_if_the_terms_say_so, worked_out
from services.meetings.domain.resolution import Resolution
from services.meetings.domain.rules import (
    AbsentMember,
    ActionDone,
    AlreadyOpened,
    LateWithdrawal,
    MinutesFinal,
    NoDraft,
    NotALaterMeeting,
    NotOpen,
    PresentMember,
    StillOpen,
    a_closed_meeting_stands_as_it_is,
    a_meeting_decides_once_it_is_open,
    a_representative_fills_the_seat,
    an_action_is_due_after_it_is_assigned,
    an_organisation_speaks_for_its_own_seats,
    late_items_need_the_chair,
    nobody_sits_in_two_seats,
    nothing_is_done_at_a_meeting_before_its_day,
    papers_go_out_in_time_unless_the_chair_waives_it,
    who_sits_in_a_seat_was_named_for_it,
)
from shared.contracts.meetings import (
    ActionAssigned,
    ActionCompleted,
    AgendaItemAdded,
    ApologyReceived,
    AttendanceRecorded,
    Capacity,
    DecisionRecorded,
    InterestDeclared,
    MeetingClosed,
    MeetingOpened,
    MeetingScheduled,
    MinutesApproved,
    MinutesDrafted,
    Paper,
    PapersCirculated,
    Quorum,
    Reference,
)
from shared.values.old_aggregate import Aggregate
from shared.values.periods import day_of
from shared.values.refusals import AlreadyThere, Unknown


@dataclass(frozen=True)
class Interest:
    """A member's interest in an item."""

    nature: str
    withdrew: bool


class Meeting(Aggregate):
    """One sitting of a group, on one day (TSP-1)."""

    noun = "meeting"

    def __init__(self, partnership: str, slug: str) -> None:
        super().__init__(partnership, slug)
        self.agenda: dict[str, Reference | None] = {}
        """What each item is about."""
        self.apologies: set[str] = set()
        self.attendance: dict[str, Attendee] = {}
        """Who sits in each seat that is taken."""
        self.quorum: Quorum | None = None
        """As worked out when it opened; None before."""
        self.interests: dict[tuple[str, str], Interest] = {}
        """By item and seat."""
        self.decisions: dict[str, str] = {}
        """The item that each was taken on."""
        self.actions: dict[str, bool] = {}
        """Whether each is done."""
        self.closed = False
        self.minutes_drafted = False
        self.minutes_approved_at: str | None = None

    @override
    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: MeetingScheduled) -> None:
        self.group = fact.group
        self.starts_at = fact.starts_at
        self.agenda_closes_on = fact.agenda_closes_on
        self.papers_due_on = fact.papers_due_on

    @apply.register
    def _(self, fact: AgendaItemAdded) -> None:
        self.agenda[fact.item] = fact.about

    @apply.register
    def _(self, fact: PapersCirculated) -> None:
        """Papers are read by people; no rule of a meeting depends on which there are."""

    @apply.register
    def _(self, fact: ApologyReceived) -> None:
        self.apologies.add(fact.seat)

    @apply.register
    def _(self, fact: AttendanceRecorded) -> None:
        self.attendance[fact.seat] = Attendee(fact.person, fact.capacity)

    @apply.register
    def _(self, fact: MeetingOpened) -> None:
        self.quorum = fact.quorum

    @apply.register
    def _(self, fact: InterestDeclared) -> None:
        self.interests[fact.item, fact.seat] = Interest(fact.nature, fact.withdrew)

    @apply.register
    def _(self, fact: DecisionRecorded) -> None:
        self.decisions[fact.decision] = fact.item

    @apply.register
    def _(self, fact: ActionAssigned) -> None:
        self.actions[fact.action] = False

    @apply.register
    def _(self, fact: ActionCompleted) -> None:
        self.actions[fact.action] = True

    @apply.register
    def _(self, fact: MeetingClosed) -> None:
        self.closed = True

    @apply.register
    def _(self, fact: MinutesDrafted) -> None:
        self.minutes_drafted = True

    @apply.register
    def _(self, fact: MinutesApproved) -> None:
        self.minutes_approved_at = fact.approved_at

    @property
    def day(self) -> dt.date:
        """The day it meets, by the clock where it meets."""
        return day_of(self.starts_at)

    def schedule(self, membership: Membership, title: str, starts_at: dt.datetime, place: str) -> MeetingScheduled:
        """Call the meeting; the terms in force on its day say when items and papers are due (TSP-1)."""
        day, terms = day_of(starts_at), membership.terms
        return MeetingScheduled(
            meeting=self.slug,
            group=membership.group,
            title=title,
            starts_at=starts_at,
            place=place,
            agenda_closes_on=day - dt.timedelta(days=terms.agenda_notice_days),
            papers_due_on=day - dt.timedelta(days=terms.papers_notice_days),
        )

    def add_item(
        self, item: str, title: str, raised_by: str, about: Reference | None, *, today: dt.date, by_chair: bool
    ) -> AgendaItemAdded:
        """Put an item on the agenda (TSP-1).

        Raises ``Closed``, ``AlreadyThere``, ``AmbiguousReference``, ``AgendaClosed``.
        """
        a_closed_meeting_stands_as_it_is(self.slug, self.closed)
        if item in self.agenda:
            raise AlreadyThere(f"The agenda of {self.slug!r} has an item {item!r} already.")
        what_is_named_within_another_says_which(about)
        late = late_items_need_the_chair(self.slug, self.agenda_closes_on, today, by_chair)
        return AgendaItemAdded(meeting=self.slug, item=item, title=title, raised_by=raised_by, about=about, late=late)

    def circulate(self, papers: tuple[Paper, ...], *, today: dt.date, waived: bool) -> PapersCirculated:
        """Send out agenda and papers (TSP-1). Raises ``Closed``, ``Unknown``, ``ShortNotice``."""
        a_closed_meeting_stands_as_it_is(self.slug, self.closed)
        for paper in papers:
            if paper.item is not None:
                self._on_the_agenda(paper.item)
        papers_go_out_in_time_unless_the_chair_waives_it(self.slug, self.papers_due_on, today, waived)
        return PapersCirculated(meeting=self.slug, papers=papers, circulated_on=today)

    def receive_apology(self, membership: Membership, seat: str, organisation: str | None) -> ApologyReceived:
        """Note that a seat's representative will not come (TSP-2).

        Raises ``Closed``, ``Unknown``, ``ForeignSeat``, ``VacantSeat``, ``PresentMember``, ``AlreadyThere``.
        """
        a_closed_meeting_stands_as_it_is(self.slug, self.closed)
        place = membership.seat(seat)
        an_organisation_speaks_for_its_own_seats(seat, place.organisation, organisation)
        a_representative_fills_the_seat(seat, place, self.day)
        attendee = self.attendance.get(seat)
        if attendee is not None and attendee.capacity is Capacity.REPRESENTATIVE:
            raise PresentMember(f"The representative in seat {seat!r} attends {self.slug!r}.")
        if seat in self.apologies:
            raise AlreadyThere(
                f"{self.slug!r} has the apology of seat {seat!r} already.", remedy="There is nothing more to do."
            )
        return ApologyReceived(meeting=self.slug, seat=seat)

    def record_attendance(
        self,
        membership: Membership,
        seat: str,
        person: str | None,
        capacity: Capacity,
        *,
        today: dt.date,
        organisation: str | None = None,
    ) -> AttendanceRecorded:
        """Note who sits in a seat; recorded anew, it takes the place of what was recorded before (TSP-1, TSP-2).

        ``organisation``: who says so, where it is not the clerk; it speaks for its own seats, until the quorum stands.
        Raises ``NotYetItsDay``, ``Closed``, ``Unknown``, ``ForeignSeat``, ``AlreadyOpened``, ``VacantSeat``,
        ``Stranger``, ``TwoSeats``.
        """
        an_organisation_speaks_for_its_own_seats(seat, membership.seat(seat).organisation, organisation)
        if organisation is not None and self.quorum is not None:
            raise AlreadyOpened(f"{self.slug!r} was opened; who came later is the clerk's to note.")
        nothing_is_done_at_a_meeting_before_its_day(self.slug, self.day, today)
        a_closed_meeting_stands_as_it_is(self.slug, self.closed)
        sitting = who_sits_in_a_seat_was_named_for_it(seat, membership.seat(seat), self.day, person, capacity)
        nobody_sits_in_two_seats(seat, sitting, self.attendance)
        return AttendanceRecorded(meeting=self.slug, seat=seat, person=sitting, capacity=capacity)

    def open(self, membership: Membership, *, today: dt.date) -> MeetingOpened:
        """Open the meeting and say whether it is quorate (TSP-1).

        Raises ``NotYetItsDay``, ``AlreadyOpened``.
        """
        nothing_is_done_at_a_meeting_before_its_day(self.slug, self.day, today)
        if self.quorum is not None:
            raise AlreadyOpened(f"{self.slug!r} was opened with {self.quorum.present} present.")
        return MeetingOpened(meeting=self.slug, quorum=worked_out(membership, self.attendance))

    def declare_interest(
        self,
        item: str,
        seat: str,
        nature: str,
        withdrew: bool,
        *,
        today: dt.date,
        membership: Membership | None = None,
        organisation: str | None = None,
    ) -> InterestDeclared:
        """Note a member's interest in an item; declared anew, it takes the place of the former (CAN-2).

        ``organisation``: who says so, where it is not the clerk; by ``membership`` it speaks for its own seats.
        Raises ``NotYetItsDay``, ``Closed``, ``Unknown``, ``ForeignSeat``, ``AbsentMember``, ``LateWithdrawal``.
        """
        if membership is not None:
            an_organisation_speaks_for_its_own_seats(seat, membership.seat(seat).organisation, organisation)
        nothing_is_done_at_a_meeting_before_its_day(self.slug, self.day, today)
        a_closed_meeting_stands_as_it_is(self.slug, self.closed)
        self._on_the_agenda(item)
        if seat not in self.attendance:
            raise AbsentMember(f"Nobody sits in seat {seat!r} at {self.slug!r}.")
        former = self.interests.get((item, seat))
        if item in self.decisions.values() and withdrew != (former is not None and former.withdrew):
            raise LateWithdrawal(f"Item {item!r} of {self.slug!r} was decided; who was present for it stands.")
        return InterestDeclared(meeting=self.slug, item=item, seat=seat, nature=nature, withdrew=withdrew)

    def decide(self, membership: Membership, resolution: Resolution, *, today: dt.date) -> DecisionRecorded:
        """Record a decision on an item, with who was present for it (CAN-2, CAN-4, CAN-5, CAN-6).

        A decision that does not say what it is about is about what its item is about.

        Raises ``NotYetItsDay``, ``NotOpen``, ``Closed``, ``Unknown``, ``AlreadyThere``, ``Inquorate``,
        ``UnclearDeferral``, ``UnfittingTerms``, ``NamedTwice``, ``PeriodReversed``, ``AmbiguousReference``.
        """
        nothing_is_done_at_a_meeting_before_its_day(self.slug, self.day, today)
        quorum = self._sitting()
        self._on_the_agenda(resolution.item)
        resolution = resolution.on(self.agenda[resolution.item])
        if resolution.decision in self.decisions:
            raise AlreadyThere(f"{self.slug!r} has recorded a decision {resolution.decision!r} already.")
        a_deferral_says_when_it_returns_or_what_must_be_known(resolution, self.day)
        money_another_funder_and_mitigations_fit_the_outcome(resolution)
        another_funder_is_asked_about_a_request(resolution)
        streams_and_mitigations_are_listed_once(resolution)
        terms_of_a_decision_run_forward(resolution)
        what_is_named_within_another_says_which(resolution.about)
        present = self.present_for(resolution.item, membership)
        an_inquorate_meeting_may_note_but_not_decide(
            f"Item {resolution.item!r} of {self.slug!r}", resolution.merely_notes, present, quorum.required
        )
        return DecisionRecorded(
            meeting=self.slug,
            decision=resolution.decision,
            group=self.group,
            item=resolution.item,
            outcome=resolution.outcome,
            text=resolution.text,
            reasons=resolution.reasons,
            alternatives=resolution.alternatives,
            about=resolution.about,
            deferral=resolution.deferral,
            award=resolution.award,
            exploration=resolution.exploration,
            mitigations=resolution.mitigations,
            quorate=present >= quorum.required,
            present=present,
            required=quorum.required,
        )

    def assign(
        self, action: str, decision: str | None, text: str, owner: str, due_on: dt.date, *, today: dt.date
    ) -> ActionAssigned:
        """Give an organisation something to do by a day (TSP-1).

        Raises ``NotYetItsDay``, ``NotOpen``, ``Closed``, ``AlreadyThere``, ``Unknown``, ``DueBeforeItsMeeting``.
        """
        nothing_is_done_at_a_meeting_before_its_day(self.slug, self.day, today)
        self._sitting()
        if action in self.actions:
            raise AlreadyThere(f"{self.slug!r} has assigned an action {action!r} already.")
        if decision is not None and decision not in self.decisions:
            raise Unknown(f"{self.slug!r} has recorded no decision {decision!r}.")
        an_action_is_due_after_it_is_assigned(self.day, due_on)
        return ActionAssigned(
            meeting=self.slug, action=action, decision=decision, text=text, owner=owner, due_on=due_on
        )

    def complete(self, action: str, outcome: str, *, today: dt.date) -> ActionCompleted:
        """Note what came of an action (TSP-1). Raises ``Unknown``, ``ActionDone``, ``NotYetItsDay``."""
        if action not in self.actions:
            raise Unknown(f"{self.slug!r} has assigned no action {action!r}.")
        if self.actions[action]:
            raise ActionDone(f"Action {action!r} of {self.slug!r} was completed before.")
        nothing_is_done_at_a_meeting_before_its_day(self.slug, self.day, today)
        return ActionCompleted(meeting=self.slug, action=action, outcome=outcome, completed_on=today)

    def close(self, *, today: dt.date) -> MeetingClosed:
        """End the meeting (TSP-1). Raises ``NotYetItsDay``, ``NotOpen``, ``Closed``."""
        nothing_is_done_at_a_meeting_before_its_day(self.slug, self.day, today)
        self._sitting()
        return MeetingClosed(meeting=self.slug)

    def draft_minutes(self, summary: str) -> MinutesDrafted:
        """Draft the minutes, or draft them anew (TSP-1). Raises ``NotOpen``, ``MinutesFinal``."""
        if self.quorum is None:
            raise NotOpen(f"{self.slug!r} was not opened yet; there is nothing to minute.")
        self._minutes_not_approved()
        return MinutesDrafted(meeting=self.slug, summary=summary)

    def approve_minutes(self, later: Meeting, membership: Membership, *, today: dt.date) -> MinutesApproved:
        """Approve the minutes at a later meeting of the group, held by ``membership``; it takes a quorum (TSP-1).

        Raises ``NoDraft``, ``MinutesFinal``, ``StillOpen``, ``NotALaterMeeting``, ``NotYetItsDay``, ``NotOpen``,
        ``Closed``, ``Inquorate``.
        """
        self._minutes_not_approved()
        if not self.minutes_drafted:
            raise NoDraft(f"No minutes of {self.slug!r} were drafted.")
        if not self.closed:
            raise StillOpen(f"{self.slug!r} was not closed yet.")
        if later.group != self.group:
            raise NotALaterMeeting(f"{later.slug!r} is of the group {later.group!r}, {self.slug!r} of {self.group!r}.")
        if later.starts_at <= self.starts_at:
            raise NotALaterMeeting(
                f"{later.slug!r} began at {later.starts_at.isoformat()}, {self.slug!r} at {self.starts_at.isoformat()}."
            )
        nothing_is_done_at_a_meeting_before_its_day(later.slug, later.day, today)
        required = later._sitting().required
        present = later.present_for(None, membership)
        an_inquorate_meeting_may_note_but_not_decide(f"Minutes at {later.slug!r}", False, present, required)
        return MinutesApproved(meeting=self.slug, approved_at=later.slug)

    def present_for(self, item: str | None, membership: Membership) -> int:
        """How many members count as present, for an item without those who withdrew from it (TSP-1)."""
        withdrawn = {seat for (place, seat), interest in self.interests.items() if place == item and interest.withdrew}
        return len(deputies_count_if_the_terms_say_so(membership, self.attendance, withdrawn))

    def _sitting(self) -> Quorum:
        a_meeting_decides_once_it_is_open(self.slug, self.quorum is not None, self.closed)
        assert self.quorum is not None
        return self.quorum

    def _on_the_agenda(self, item: str) -> None:
        if item not in self.agenda:
            items = ", ".join(self.agenda) or "none"
            raise Unknown(f"The agenda of {self.slug!r} has no item {item!r}; it has {items}.")

    def _minutes_not_approved(self) -> None:
        if self.minutes_approved_at is not None:
            raise MinutesFinal(f"The minutes of {self.slug!r} were approved at {self.minutes_approved_at!r}.")
