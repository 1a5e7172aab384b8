"""How often each group met, who attended, when it meets next, and the actions that meetings agreed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from services.reporting.history import Fact, History, latest
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.phrasebook import PHRASES
from services.reporting.phrases.engine import phrased, said, say
from services.reporting.phrases.statements import Statement
from services.reporting.phrases.values import Ref, Written
from services.reporting.views.nouns import ROLES
from services.reporting.wording import count, number, plural, times
from shared.values.partial_date import last_day
from shared.values.periods import day_of

type Held = tuple[Fact, Fact]
"""The calling and the opening of a meeting."""


def opened_meetings(history: History) -> list[Held]:
    """The meetings that were opened in the period."""
    called = {fact.event.meeting: fact for fact in history.all("meeting")}
    opened = latest(history.in_period("opening"), "meeting")
    return [(called[fact.event.meeting], fact) for fact in opened if fact.event.meeting in called]


@computed("meetings held")
def meetings_held(scope: Scope) -> Found:
    """A sentence for each group, then one for each meeting (TSP-1)."""
    history = scope.history
    if not history.in_period("opening"):
        return Found((phrased("meetings.none", history, [scope.asked_by], since=history.period.since),))
    groups: dict[str, list[Held]] = {}
    for held in opened_meetings(history):
        groups.setdefault(held[0].event.group, []).append(held)
    met = [
        phrased(
            "meetings.met",
            history,
            [fact for held in meetings for fact in held],
            group=Ref("group", group),
            times=times(len(meetings)),
            days=[opened.day for _, opened in meetings],
        )
        for group, meetings in groups.items()
    ]
    return Found((*met, *(_attended(history, held) for meetings in groups.values() for held in meetings)))


def _attended(history: History, held: Held) -> Statement:
    called, opened = held
    meeting, quorum = opened.event.meeting, opened.event.quorum
    seats = latest(history.all("attendance", meeting=meeting), "seat")
    deputies = [fact for fact in seats if fact.event.capacity == "deputy"]
    present = len(seats) or quorum.present
    share = "all" if present == quorum.seats else number(present) if present else "none"
    return phrased(
        "meetings.attended",
        history,
        [called, opened, *seats, *history.all("apology", meeting=meeting)],
        group=Ref("group", called.event.group),
        day=opened.day,
        share=f"{share} of its {count(quorum.seats, 'seat')} {plural('was', present)}",
        deputies=len(deputies),
        apologies=len(apologies(history, meeting)),
        quorum=quorum,
    )


def apologies(history: History, meeting: str) -> dict[str, Fact]:
    """The apologies, by seat, without those of a representative who came after all (TSP-2)."""
    came = {
        fact.event.seat
        for fact in history.all("attendance", meeting=meeting)
        if fact.event.capacity == "representative"
    }
    sent = history.all("apology", meeting=meeting)
    return {fact.event.seat: fact for fact in sent if fact.event.seat not in came}


@computed("next meetings")
def next_meetings(scope: Scope) -> Found:
    """The first meeting of each group after the period."""
    history = scope.history
    opened = {fact.event.meeting for fact in history.until_period_end("opening")}
    known = [m for m in latest(history.until_period_end("meeting"), "meeting") if m.event.meeting not in opened]
    coming = sorted((m for m in known if _day(m) > history.period.until), key=lambda m: m.event.starts_at)
    first = {m.event.group: m for m in reversed(coming)}
    return Found(
        tuple(
            phrased("meetings.next", history, [meeting], group=Ref("group", group), day=_day(meeting))
            for group, meeting in reversed(first.items())
        )
    )


def _day(meeting: Fact) -> dt.date:
    return day_of(meeting.event.starts_at)


@computed("actions")
def actions(scope: Scope) -> Found:
    """Actions agreed in the period, actions done in it, and earlier actions that are still open."""
    history = scope.history
    given = history.in_period("action")
    earlier = [a for a in history.until_period_end("action") if not history.is_new(a) and not _done(history, a)]
    lead = PHRASES[ROLES["action"]].lead
    statements: list[Statement] = []
    for some, phrase in ((given, lead), (earlier, "actions.earlier")):
        if some:
            statements += [phrased(phrase, history, some), *(_action(scope, action) for action in some)]
    return Found((*statements, *_completed(history)))


def _completed(history: History) -> Iterator[Statement]:
    for done in history.in_period("completion"):
        statement = say(done, history, since=history.period.since or dt.date.min)
        if statement:
            yield statement


def _done(history: History, action: Fact) -> list[Fact]:
    return history.until_period_end("completion", meeting=action.event.meeting, action=action.event.action)


def _action(scope: Scope, action: Fact) -> Statement:
    done = _done(scope.history, action)
    shown = {"day": done[-1].day, "outcome": Written(done[-1].event.outcome)} if done else None
    overdue = _days_late(action, scope.as_at) > 0
    return said(action, scope.history, "in_part", done=shown, as_at=scope.as_at, overdue=overdue).with_sources(*done)


@computed("overdue actions")
def overdue_actions(scope: Scope) -> Found:
    """Actions not done on the given day, the oldest first."""
    history, as_at = scope.history_as_at, scope.as_at
    given = history.until_period_end("action")
    open_ = [a for a in given if not _done(history, a) and last_day(a.event.due_on) < as_at]
    if not open_:
        return Found((phrased("actions.none", history, [scope.asked_by], as_at=as_at),))
    open_.sort(key=lambda action: action.event.due_on)
    each = (said(a, history, "actions.one_overdue", days=_days_late(a, as_at)).as_item() for a in open_)
    return Found((phrased("actions.overdue", history, open_, as_at=as_at), *each))


def _days_late(action: Fact, as_at: dt.date) -> int:
    return (as_at - last_day(action.event.due_on)).days
