"""What projects' facts say."""

from __future__ import annotations

from services.reporting.english import as_words, clause, count, day, listing, purpose, sentence, span
from services.reporting.views.names import Names
from shared.contracts.event import Event
from shared.contracts.projects import (
    AreaAgreed,
    DocumentPublished,
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    IntentionStated,
    MeasureDefined,
    MeasureRead,
    MitigationAgreed,
    ObjectiveSet,
    PilotPlanned,
    PilotStarted,
    PrioritySet,
    ProblemRaised,
    ProgressReported,
    ProjectStarted,
    QuestionAnswered,
    QuestionRaised,
    StageReached,
    TenderRoundOpened,
)
from shared.values.money import pounds


def told(fact: Event, names: Names) -> str | None:
    """What a fact says; None for one of another service, or one that is not told here yet."""
    match fact:
        case PrioritySet():
            return f"the partnership set itself the priority “{fact.title}”: {clause(fact.outcome)}."
        case ObjectiveSet():
            return f"an objective was set under the priority “{names.priority(fact.priority)}”: {clause(fact.title)}."
        case ProjectStarted():
            lead = names.organisation(fact.lead)
            by = f", carried out by {names.organisation(fact.delivered_by)}" if fact.delivered_by else ""
            stages = f" Its plan has {count(len(fact.stages), 'stage')}." if fact.stages else ""
            return f"the project “{fact.title}” was started, led by {lead}{by}. {purpose(fact.purpose)}{stages}"
        case StageReached():
            on = day(fact.reached_on)
            return (
                f"{_project(fact, names)} reached its stage “{as_words(fact.stage)}” on {on}. {sentence(fact.evidence)}"
            )
        case ProgressReported():
            topic = f" ({fact.topic})" if fact.topic else ""
            return f"progress of {_project(fact, names)}{topic}, {day(fact.reported_on)}: {clause(fact.text)}."
        case AreaAgreed():
            open_ = (
                f" Still outstanding: {listing([clause(text) for text in fact.outstanding])}."
                if fact.outstanding
                else ""
            )
            return (
                f"the area of {_project(fact, names)} was agreed on {day(fact.agreed_on)}:"
                f" {clause(fact.description)}.{open_}"
            )
        case MeasureDefined():
            target = f", against a target of {fact.target:,}" if fact.target is not None else ""
            return f"{_project(fact, names)} is measured by “{fact.name}”, in {fact.unit}{target}."
        case MeasureRead():
            when = span(fact.period_starts, fact.period_ends)
            note = f" {sentence(fact.note)}" if fact.note else ""
            return (
                f"{names.organisation(fact.reported_by)} read {fact.value:,} for the measure “{as_words(fact.measure)}”"
                f" of {_project(fact, names)}, for {when}.{note}"
            )
        case ProblemRaised():
            return (
                f"{names.organisation(fact.raised_by)} raised a problem of {_project(fact, names)}:"
                f" {clause(fact.text)}."
            )
        case MitigationAgreed():
            owner = names.organisation(fact.owner)
            against = f"against the problem “{as_words(fact.problem)}” of {_project(fact, names)}"
            return (
                f"{owner} took on something to be done {against}, agreed on {day(fact.agreed_on)}: {clause(fact.text)}."
            )
        case ExpressionInvited():
            until = f", until {day(fact.closes_on)}" if fact.closes_on else ""
            by = names.organisation(fact.invited_by)
            return f"{by} invited expressions of interest in the pilot “{fact.title}”{until}: {clause(fact.text)}."
        case ExpressionSubmitted():
            return f"an expression of interest in {_pilot(fact, names)} was submitted on {day(fact.submitted_on)}."
        case ExpressionAccepted():
            return f"the expression of interest in {_pilot(fact, names)} was accepted on {day(fact.accepted_on)}."
        case PilotPlanned():
            return (
                f"{_pilot(fact, names)} is to start on {day(fact.starts_on)}, built by"
                f" {names.the_group(fact.built_by)}."
            )
        case PilotStarted():
            return f"{_pilot(fact, names)} started on {day(fact.started_on)}."
        case QuestionRaised():
            by = names.organisation(fact.raised_by)
            return f"{by} raised a question of {_project(fact, names)} ({fact.kind.value}): {clause(fact.text)}"
        case QuestionAnswered():
            question = f"the question “{as_words(fact.question)}” of {_project(fact, names)}"
            return f"{question} was answered on {day(fact.answered_on)}: {clause(fact.answer)}."
        case IntentionStated():
            amount = f", {pounds(fact.amount_pence)}" if fact.amount_pence else ""
            by = names.organisation(fact.organisation)
            return f"{by} stated what it intends to put into {_project(fact, names)}{amount}: {clause(fact.text)}."
        case TenderRoundOpened():
            on = day(fact.opened_on)
            return f"tender round {fact.round} of {_project(fact, names)} was opened on {on}: {clause(fact.text)}."
        case DocumentPublished():
            about = f", about the project “{names.project(fact.project)}”" if fact.project else ""
            by, on = names.organisation(fact.published_by), day(fact.published_on)
            return f"{by} published “{fact.title}” on {on}{about}, at {fact.address} as it says."
    return None


type OfPilot = ExpressionSubmitted | ExpressionAccepted | PilotPlanned | PilotStarted
type OfProject = (
    StageReached
    | ProgressReported
    | AreaAgreed
    | MeasureDefined
    | MeasureRead
    | ProblemRaised
    | MitigationAgreed
    | QuestionRaised
    | QuestionAnswered
    | IntentionStated
    | TenderRoundOpened
    | OfPilot
)


def _project(fact: OfProject, names: Names) -> str:
    return f"the project “{names.project(fact.project)}”"


def _pilot(fact: OfPilot, names: Names) -> str:
    return f"the pilot “{as_words(fact.pilot)}” of {_project(fact, names)}"
