"""The scrutiny view: how each meeting decided, who was present, and what was deferred and has not come back."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.history import Fact, History, latest
from services.reporting.parts.about import item_of
from services.reporting.parts.meetings import apologies
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.parts.subject import not_awarded, not_checked
from services.reporting.phrases.engine import phrased, said
from services.reporting.phrases.statements import (
    Section,
    Statement,
    Table,
    TableRow,
    Text,
    positions,
    words,
)
from services.reporting.phrases.statements import day as day_part
from services.reporting.phrases.values import Reading, Ref, Written
from services.reporting.wording import capital
from shared.values.deferrals import taken_up_by
from shared.values.partial_date import last_day
from shared.values.periods import day_of


@computed("meetings and decisions")
def meetings_and_decisions(scope: Scope) -> Found:
    """A section for each meeting of the period, in order of days."""
    history = scope.history
    wanted = {fact.event.meeting for fact in history.in_period("opening")}
    wanted |= {fact.event.meeting for fact in history.in_period("decision")}
    called = [m for m in latest(history.all("meeting"), "meeting") if m.event.meeting in wanted]
    called.sort(key=lambda meeting: meeting.event.starts_at)
    return Found(sections=tuple(_meeting(scope, meeting) for meeting in called))


def _meeting(scope: Scope, meeting: Fact) -> Section:
    history, slug = scope.history, meeting.event.meeting
    title = f"{history.names.label('group', meeting.event.group)}, {day_part(day_of(meeting.event.starts_at)).text}"
    decided = history.in_period("decision", meeting=slug)
    items = {fact.event.item for fact in decided}
    declared = history.all("interest", meeting=slug)
    statements = (
        *quorum_of(history, slug),
        *papers_of(history, slug),
        *_decisions(history, decided),
        *(interest(history, fact) for fact in declared if fact.event.item not in items),
        *_minutes(history, slug),
    )
    return Section(title, statements, tuple(who_was_there(scope, meeting)))


def quorum_of(history: History, meeting: str) -> Iterator[Statement]:
    """Whether a meeting was quorate, as explained when it opened (TSP-1)."""
    for opened in history.all("opening", meeting=meeting)[-1:]:
        yield said(opened, history, "in_part")


def papers_of(history: History, meeting: str) -> Iterator[Statement]:
    """Whether papers went out in time (TSP-1)."""
    for sent in history.all("papers", meeting=meeting):
        yield said(sent, history, "in_part")


def _decisions(history: History, decided: list[Fact]) -> Iterator[Statement]:
    shown: set[str] = set()
    for fact in decided:
        interests = history.all("interest", meeting=fact.event.meeting, item=fact.event.item)
        yield from decision(history, fact)
        if not interests:
            yield said(fact, history, "decisions.no_interest").as_item()
        elif fact.event.item not in shown:
            yield from (interest(history, each) for each in interests)
        shown.add(fact.event.item)


def decision(history: History, decided: Fact) -> Iterator[Statement]:
    """What was decided, why, with which quorum, and which alternatives were considered."""
    agenda = item_of(history, decided)
    title = Written(agenda[0].event.title if agenda else f"Item {decided.event.item}")
    late = bool(agenda) and agenda[0].event.late
    yield said(decided, history, "decisions.decided", title=title, late=late).with_sources(*agenda)
    for phrase in ("reasons", "quorum", "alternatives"):
        yield said(decided, history, f"decisions.{phrase}").as_item()
    for unchecked in not_checked(history, decided.event.decision):
        yield said(unchecked, history, "decisions.not_checked").as_item()
    for refused in not_awarded(history, decided.event.decision):
        yield said(refused, history, "decisions.not_awarded").as_item()


def interest(history: History, declared: Fact) -> Statement:
    """An interest, by post, and whether the member took part."""
    holder = history.names.seat_holder(history.names.group_of(declared.event.meeting), declared.event.seat)
    return said(declared, history, "in_part", holder=Written(holder))


def _minutes(history: History, meeting: str) -> Iterator[Statement]:
    drafted = history.all("draft minutes", meeting=meeting)
    approved = history.all("approved minutes", meeting=meeting)
    if approved:
        yield said(approved[-1], history, "decisions.approved").with_sources(*drafted)
    elif drafted:
        yield said(drafted[-1], history, "in_part").with_sources(*drafted)


def who_was_there(scope: Scope, meeting: Fact) -> Iterator[Table]:
    """Every seat on that day, by post, with names if the reader may see them."""
    history, group = scope.history, meeting.event.group
    held, reading = day_of(meeting.event.starts_at), Reading(history.names)
    sat = {fact.event.seat: fact for fact in history.all("attendance", meeting=meeting.event.meeting)}
    sorry = apologies(history, meeting.event.meeting)
    seats = {fact.event.seat: fact for fact in history.all("seat", group=group) if fact.event.in_force_from <= held}
    rows = []
    for seat in dict.fromkeys((*seats, *sat, *sorry)):
        attended = sat.get(seat)
        came = attended.event.capacity.value if attended else "apologies" if seat in sorry else "not represented"
        cells: list[Text] = [
            (Ref("seat", seat, group, reading).name.part(),),
            (words(history.names.seat_holder(group, seat)),),
            (words(capital(came)),),
        ]
        if scope.people:
            cells.append((words(scope.people.get((attended.event.person if attended else None) or "", "")),))
        facts: list[Fact] = [fact for fact in (attended, sorry.get(seat)) if fact]
        rows.append(TableRow(tuple(cells), positions(facts or [seats[seat]])))
    if rows:
        columns = ("Post", "Organisation", "Present as", *(["Name"] if scope.people else []))
        yield Table("Who was there", columns, tuple(rows))


@computed("deferred matters")
def deferred_matters(scope: Scope) -> Found:
    """What was deferred and has not been decided since (CAN-2).

    A matter stays deferred if it is only noted again, or if funding refuses its award.
    """
    history = scope.history_as_at
    decided = {fact.event.decision: fact for fact in history.until_period_end("decision")}
    statements = []
    refused = {decision for decision in decided if not_awarded(history, decision)}
    for event, later in taken_up_by((fact.event for fact in decided.values()), refused):
        if later is not None or event.deferral is None:
            continue
        fact = decided[event.decision]
        agenda = item_of(history, fact)
        title = Written(agenda[0].event.title if agenda else f"Item {event.item}")
        returns_on = event.deferral.returns_on
        passed = returns_on is not None and last_day(returns_on) < scope.as_at
        statements.append(said(fact, history, "deferred.still", title=title, passed=passed).with_sources(*agenda))
    if not statements:
        return Found((phrased("deferred.none", history, [scope.asked_by], as_at=scope.as_at),))
    return Found(tuple(statements))
