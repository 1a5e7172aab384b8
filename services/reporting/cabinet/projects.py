"""From 5.3: a topic for each project in order of its start, with what is new in it and what is still open."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.cabinet import commissioning, pilots
from services.reporting.english import (
    as_words,
    capital,
    clause,
    count,
    day,
    has,
    listing,
    number,
    purpose,
    sentence,
    span,
)
from services.reporting.history import Fact, History, latest
from services.reporting.resolutions import project_of, resolved
from services.reporting.statements import Lines, Part, Statement, item, say
from shared.contracts.meetings import DecisionRecorded
from shared.contracts.projects import (
    AreaAgreed,
    DocumentPublished,
    MeasureDefined,
    MeasureRead,
    MitigationAgreed,
    ProblemRaised,
    ProgressReported,
    ProjectStarted,
    StageReached,
)

lines = Lines[[History, Fact[ProjectStarted]]]()
last_lines = Lines[[History, Fact[ProjectStarted]]]()


def project_topics(history: History) -> Iterator[Part]:
    """A part for each project that has something to tell, then one that names the others."""
    quiet: list[Fact[ProjectStarted]] = []
    for project in history.ever(ProjectStarted):
        told = [
            statement
            for some in (lines, pilots.lines, commissioning.lines, last_lines)
            for statement in some.tell(history, project)
        ]
        if told or history.is_news(project):
            yield Part(project.what.title, (what_it_is(history, project), *told))
        elif project.day <= history.period.until:
            quiet.append(project)
    if quiet:
        names = listing([project.what.title for project in quiet])
        yield Part("Other projects", (say(f"Nothing new was recorded in this period about {names}.", *quiet),))


def what_it_is(history: History, project: Fact[ProjectStarted]) -> Statement:
    """Who leads it, what it is for, and whether it is new; told wherever anything else is."""
    what = project.what
    lead = capital(history.names.organisation(what.lead))
    by = f", and {history.names.organisation(what.delivered_by)} carries it out" if what.delivered_by else ""
    told = [f"{lead} leads this project{by}.", purpose(what.purpose)]
    if history.is_news(project):
        told.append(f"It was started on {day(project.day)}.")
    if what.priorities:
        one = "priority" if len(what.priorities) == 1 else "priorities"
        told.append(f"It serves the {one} {listing([history.names.priority(slug) for slug in what.priorities])}.")
    if what.outcomes:
        told.append(f"It is judged by {count(len(what.outcomes), 'outcome')}: {listing(what.outcomes)}.")
    return say(" ".join(told), project)


@lines.add
def how_far_its_plan_has_come(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Its stages, until the period after the last was reached (CAN-4)."""
    stages = project.what.stages
    reached = {
        fact.what.stage: fact
        for fact in latest(history.known(StageReached, project=project.what.project), "project", "stage")
    }
    is_done = all(stage.stage in reached for stage in stages)
    if not stages or (is_done and not any(history.is_news(fact) for fact in reached.values())):
        return
    done = f"{number(len(reached)) if reached else 'none'} {has(len(reached))} been reached"
    by = f"by {day(history.period.until)}"
    yield say(f"Its plan has {count(len(stages), 'stage')}, of which {done} {by}:", project, *reached.values())
    for stage in stages:
        fact = reached.get(stage.stage)
        if fact is None:
            yield item(f"{clause(stage.title)}: not yet reached. {sentence(stage.description)}", project)
        else:
            told = f"{clause(stage.title)}: reached on {day(fact.day)}. {sentence(fact.what.evidence)}"
            yield item(told, project, fact)


@lines.add
def which_area_it_covers(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """The area as last agreed, while that is new or something is outstanding (CAN-4)."""
    for agreed in history.known(AreaAgreed, project=project.what.project)[-1:]:
        if history.is_news(agreed) or agreed.what.outstanding:
            told = f"The area it covers was agreed on {day(agreed.day)}. {sentence(agreed.what.description)}"
            yield say(f"{told} Still outstanding:" if agreed.what.outstanding else told, agreed)
            yield from (item(capital(text), agreed) for text in agreed.what.outstanding)


@lines.add
def what_progress_was_reported(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Reports of the period, in order of days."""
    for progress in history.news(ProgressReported, project=project.what.project):
        topic = f"{progress.what.topic}: " if progress.what.topic else ""
        told = progress.what.text.strip().removesuffix(".")
        yield say(f"{topic}{told} (reported on {day(progress.day)}).", progress)


@lines.add
def what_was_published_about_it(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Documents of the period (TSP-7)."""
    for published in history.news(DocumentPublished, project=project.what.project):
        by = capital(history.names.organisation(published.what.published_by))
        yield say(
            f"{by} published “{published.what.title}” on {day(published.day)}: {published.what.address}", published
        )


@lines.add
def what_its_measures_read(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Readings of the period; zero is one (CAN-6)."""
    slug = project.what.project
    defined = {fact.what.measure: fact for fact in history.ever(MeasureDefined, project=slug)}
    for reading in history.news(MeasureRead, project=slug):
        measure = defined.get(reading.what.measure)
        name = measure.what.name if measure else capital(as_words(reading.what.measure))
        unit = f" {measure.what.unit}" if measure else ""
        target = f", against a target of {measure.what.target:,}" if measure and measure.what.target is not None else ""
        told = [
            f"{name}: {reading.what.value:,}{unit} in {span(reading.what.period_starts, reading.what.period_ends)}"
            f"{target}, as {history.names.organisation(reading.what.reported_by)} reported."
        ]
        if reading.what.note:
            told.append(sentence(reading.what.note))
        yield say(" ".join(told), reading, *([measure] if measure else []))


@lines.add
def which_measures_are_new(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Measures of the period that nobody has read yet."""
    slug = project.what.project
    for defined in history.news(MeasureDefined, project=slug):
        if not history.known(MeasureRead, project=slug, measure=defined.what.measure):
            target = f"; the target is {defined.what.target:,}" if defined.what.target is not None else ""
            told = f"{defined.what.name} will be counted in {defined.what.unit}{target}. There is no reading yet."
            yield say(told, defined)


@lines.add
def what_is_done_about_its_problems(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """New problems, and what was newly agreed against old ones (CAN-6)."""
    slug = project.what.project
    known = {fact.what.problem for fact in history.known(ProblemRaised, project=slug)}
    for problem in history.known(ProblemRaised, project=slug):
        agreed = history.news(MitigationAgreed, project=slug, problem=problem.what.problem)
        if not agreed and not history.is_news(problem):
            continue
        raised_by = history.names.organisation(problem.what.raised_by)
        yield say(f"On {day(problem.day)} {raised_by} raised a problem: {clause(problem.what.text)}.", problem)
        if agreed:
            steps = f"{count(len(agreed), 'step')} {has(len(agreed))}"
            yield say(f"Against this, {steps} been agreed:", problem, *agreed)
        yield from (_mitigation(history, fact) for fact in agreed)
    for mitigation in history.news(MitigationAgreed, project=slug):
        if mitigation.what.problem not in known:
            yield _mitigation(history, mitigation)


def _mitigation(history: History, agreed: Fact[MitigationAgreed]) -> Statement:
    decisions = history.ever(DecisionRecorded, decision=agreed.what.decision) if agreed.what.decision else []
    owner = history.names.organisation_label(agreed.what.owner)
    told = f"{sentence(agreed.what.text)} Agreed on {day(agreed.day)}. Responsible: {owner}."
    return item(told, agreed, *decisions)


@last_lines.add
def what_was_resolved_about_it(history: History, project: Fact[ProjectStarted]) -> Iterator[Statement]:
    """Decisions about the project or a part of it."""
    for decision in history.news(DecisionRecorded):
        if project_of(history, decision.what) == project.what.project:
            yield resolved(history, decision)
