"""What meetings' facts say."""

from __future__ import annotations

from services.reporting.english import as_words, clause, count, day, listing, moment, purpose, sentence, term
from services.reporting.money import shares_in_words
from services.reporting.resolutions import comes_back, verb_of
from services.reporting.views.names import Names
from shared.contracts.event import Event
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


def told(fact: Event, names: Names) -> str | None:
    """What a fact says; None for one of another service, or one that is not told here yet."""
    match fact:
        case MeetingScheduled():
            return (
                f"a meeting of {names.the_group(fact.group)} was called for {moment(fact.starts_at)} at {fact.place}"
                f" (“{fact.title}”): agenda items by {day(fact.agenda_closes_on)}, papers by {day(fact.papers_due_on)}."
            )
        case AgendaItemAdded():
            late = " after the agenda had closed" if fact.late else ""
            by = names.organisation(fact.raised_by)
            return f"“{fact.title}” was put on the agenda of {names.meeting(fact.meeting)}{late}, raised by {by}."
        case PapersCirculated():
            titles = listing([f"“{paper.title}”" for paper in fact.papers])
            return f"papers of {names.meeting(fact.meeting)} went out on {day(fact.circulated_on)}: {titles}."
        case ApologyReceived():
            return f"apologies were received from the {_post(fact, names)} for {names.meeting(fact.meeting)}."
        case AttendanceRecorded():
            who = f"the {_post(fact, names)}"
            return f"{who} was present at {names.meeting(fact.meeting)}, as {fact.capacity.value}."
        case MeetingOpened():
            verdict = "" if fact.quorum.quorate else " It could note matters and decide none."
            return f"{names.meeting(fact.meeting)} was opened. {sentence(fact.quorum.explanation)}{verdict}"
        case InterestDeclared():
            part = "withdrew from the item" if fact.withdrew else "took part in the item"
            return (
                f"the {_post(fact, names)} declared an interest in item “{fact.item}” of {names.meeting(fact.meeting)}:"
                f" {clause(fact.nature)}. The member {part}."
            )
        case DecisionRecorded():
            return " ".join(_decision(fact, names))
        case ActionAssigned():
            owner = names.organisation(fact.owner)
            return (
                f"{owner} was given an action by {names.meeting(fact.meeting)}, due {day(fact.due_on)}:"
                f" {clause(fact.text)}."
            )
        case ActionCompleted():
            done = f"on {day(fact.completed_on)}: {clause(fact.outcome)}."
            return f"the action “{as_words(fact.action)}” of {names.meeting(fact.meeting)} was done {done}"
        case MinutesDrafted():
            return f"minutes of {names.meeting(fact.meeting)} were drafted. {sentence(fact.summary)}"
        case MinutesApproved():
            return f"the minutes of {names.meeting(fact.meeting)} were approved at {names.meeting(fact.approved_at)}."
        case MeetingClosed():
            return f"{names.meeting(fact.meeting)} was closed."
        case UpdateCommissioned():
            since = f" after {day(fact.since)} and" if fact.since else ""
            return (
                f"an update for {fact.body} of {day(fact.meets_on)} was commissioned (“{fact.title}”), to tell what"
                f" happened{since} up to {day(fact.until)}. {purpose(fact.purpose)}"
            )
        case ImplicationStated():
            return f"the {as_words(fact.heading.value)} implications of an update were stated: {clause(fact.text)}."
        case AreaOfInterestNamed():
            return f"{fact.body} named an area of interest on {day(fact.named_on)}: {clause(fact.text)}."
        case AreaOfInterestAnswered():
            return f"the area of interest “{as_words(fact.area_of_interest)}” was answered: {clause(fact.text)}."
    return None


def _decision(fact: DecisionRecorded, names: Names) -> list[str]:
    words = clause(fact.text)
    said = [
        f"{names.the_group(fact.group)} {verb_of(fact.outcome, words)} {words}.",
        f"Reasons: {clause(fact.reasons)}.",
    ]
    if fact.alternatives:
        said.append(f"Alternatives considered: {listing([clause(text) for text in fact.alternatives])}.")
    if fact.deferral is not None:
        said.append(comes_back(names, fact.deferral))
    if fact.award is not None:
        said.append(f"It awards {shares_in_words(names, fact.award.reserve, fact.award.shares)}.")
    if fact.exploration is not None:
        funder = names.organisation(fact.exploration.funder)
        length = term(fact.exploration.starts_on, fact.exploration.ends_on)
        said.append(f"It is to be explored whether {funder} can pay {length}.")
    said += [f"To be done by {names.organisation(each.owner)}: {clause(each.text)}." for each in fact.mitigations]
    verdict = "quorate" if fact.quorate else "not quorate"
    said.append(f"The meeting was {verdict}: {count(fact.present, 'member')} present, {fact.required} needed.")
    return said


def _post(fact: ApologyReceived | AttendanceRecorded | InterestDeclared, names: Names) -> str:
    return names.post_at(fact.meeting, fact.seat)
