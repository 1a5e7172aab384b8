"""A project's plan and its problems: the stages reached, and the mitigations agreed."""

from __future__ import annotations

from services.reporting.history import latest
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.phrasebook import PHRASES
from services.reporting.phrases.engine import phrased, said
from services.reporting.phrases.statements import Statement
from services.reporting.phrases.values import Written
from services.reporting.views.nouns import ROLES


@computed("plan")
def plan(scope: Scope) -> Found:
    """The stages of a project's plan, up to the period after the last stage was reached (CAN-4)."""
    history, of = scope.history, scope.section_of
    project = history.all("project", project=of.slug)[-1]
    stages = project.event.stages
    reached = {fact.event.stage: fact for fact in history.until_period_end("reached stage", project=of.slug)}
    is_done = all(stage.stage in reached for stage in stages)
    if not stages or (is_done and not any(history.is_new(fact) for fact in reached.values())):
        return Found()
    facts = [project, *reached.values()]
    lead = phrased("projects.plan", history, facts, stages=stages, reached=len(reached), until=history.period.until)
    items: list[Statement] = []
    for stage in stages:
        title, fact = Written(stage.title), reached.get(stage.stage)
        if fact is None:
            description = Written(stage.description)
            items.append(phrased("projects.not_reached", history, [project], title=title, description=description))
        else:
            items.append(said(fact, history, "projects.reached", title=title).with_sources(project))
    return Found((lead, *(each.as_item() for each in items)))


@computed("problems")
def problems(scope: Scope) -> Found:
    """New problems, and new mitigations of older ones (CAN-6)."""
    history, of = scope.history, scope.section_of
    lead = PHRASES[ROLES["mitigation"]].lead
    raised = latest(history.until_period_end("problem", project=of.slug), "problem")
    known = {problem.event.problem for problem in raised}
    agreed = history.in_period("mitigation", project=of.slug)
    statements: list[Statement] = []
    for problem in raised:
        steps = [fact for fact in agreed if fact.event.problem == problem.event.problem]
        if steps or history.is_new(problem):
            statements.append(said(problem, history, "in_part"))
        if steps:
            statements.append(phrased(lead, history, steps).with_sources(problem))
        statements += [said(fact, history, "in_part") for fact in steps]
    others = [fact for fact in agreed if fact.event.problem not in known]
    return Found((*statements, *(said(fact, history, "in_part") for fact in others)))
