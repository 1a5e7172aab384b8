"""What clerks, partners and decisions may ask of projects: what, where, who."""

from __future__ import annotations

from services.projects.commissioning.domain import open_tender_round, state_intention
from services.projects.delivery.domain import agree_area, reach_stage, report_progress, start_project
from services.projects.documents.domain import publish_document
from services.projects.effects.domain import refuse_effect
from services.projects.measures.domain import Measure, define_measure, read_measure
from services.projects.pilots.domain import (
    accept_expression,
    invite_expression,
    plan_pilot,
    start_pilot,
    submit_expression,
)
from services.projects.priorities.domain import Priority, set_objective, set_priority
from services.projects.problems.domain import agree_mitigation, raise_problem
from services.projects.project import Project
from services.projects.questions.domain import answer_question, raise_question
from shared.runtime.deciding.commands import Commands
from shared.values.roles import Role

CLERK = {Role.CLERK}
PARTNER = {Role.CLERK, Role.PARTNER}

commands = Commands("projects", Project, Measure, Priority)
commands.add(set_priority, "/priorities", CLERK, creates=True)
commands.add(set_objective, "/priorities/{priority}/objectives", CLERK)
commands.add(start_project, "/projects", CLERK, creates=True)
commands.add(reach_stage, "/projects/{project}/stages/{stage}/arrival", CLERK)
commands.add(report_progress, "/projects/{project}/progress", PARTNER, acts_for="reported_by")
commands.add(agree_area, "/projects/{project}/area", CLERK)
commands.add(publish_document, "/documents", PARTNER, acts_for="published_by", creates=True)
commands.add(define_measure, "/projects/{project}/measures", CLERK, creates=True)
commands.add(read_measure, "/projects/{project}/measures/{measure}/readings", PARTNER, acts_for="reported_by")
commands.add(raise_problem, "/projects/{project}/problems", PARTNER, acts_for="raised_by", creates=True)
commands.add(agree_mitigation, "/projects/{project}/problems/{problem}/mitigations", CLERK)
commands.add(invite_expression, "/projects/{project}/pilots", PARTNER, acts_for="invited_by")
commands.add(submit_expression, "/projects/{project}/pilots/{pilot}/submission", CLERK)
commands.add(accept_expression, "/projects/{project}/pilots/{pilot}/acceptance", CLERK)
commands.add(plan_pilot, "/projects/{project}/pilots/{pilot}/plan", CLERK)
commands.add(start_pilot, "/projects/{project}/pilots/{pilot}/start", CLERK)
commands.add(raise_question, "/projects/{project}/questions", PARTNER, acts_for="raised_by")
commands.add(answer_question, "/projects/{project}/questions/{question}/answer", CLERK)
commands.add(state_intention, "/projects/{project}/intentions", PARTNER, acts_for="organisation")
commands.add(open_tender_round, "/projects/{project}/tender-rounds", CLERK)
commands.add(refuse_effect, creates=None)
