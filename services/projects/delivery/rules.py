"""The rules of a project's plan, and who reports on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from shared.values.partial_date import PartialDate, is_before
from shared.values.rule import Broken, rule


@rule("CAN-4", problem="template-and-stages", remedy="Leave out the template or the stages.", status=422)
def stages_come_from_a_template_or_are_given(template: str | None, stages: Collection[object]) -> Broken | None:
    """A project's stages come from a template or are its own, not both."""
    if template is not None and stages:
        return Broken(f"The template {template!r} and {len(stages)} stages were given.", field="template")
    return None


@rule(
    "CAN-4", problem="unknown-template", remedy="Choose one of these, or give the project its own stages.", status=422
)
def a_template_is_one_of_those_there_are(template: str | None, templates: Collection[str]) -> Broken | None:
    """A template of stages is one of those that are kept."""
    if template is not None and template not in templates:
        return Broken(f"template is {template!r}, not one of: {', '.join(templates)}.", field="template")
    return None


@rule(
    "CAN-4",
    problem="stage-already-reached",
    remedy="Report what has happened since as progress, or reach the next stage.",
)
def a_stage_is_reached_once(stage: str, reached: Mapping[str, PartialDate]) -> Broken | None:
    """A stage is reached once."""
    return Broken(f"Stage {stage!r} was reached on {reached[stage]}.") if stage in reached else None


@rule("CAN-4", problem="stage-out-of-order", remedy="Record the earlier stage first, or check the day.")
def stages_are_reached_in_order(
    stage: str, reached_on: PartialDate, plan: Sequence[str], reached: Mapping[str, PartialDate]
) -> Broken | None:
    """Stages are reached in the order of the plan. Two may be reached on one day."""
    if stage == plan[0]:
        return None
    before = plan[plan.index(stage) - 1]
    if before not in reached:
        return Broken(f"Stage {stage!r} comes after {before!r}, which has not been reached.")
    if is_before(reached_on, reached[before]):
        return Broken(
            f"Stage {stage!r} comes after {before!r}, which was reached on {reached[before]}, not before {reached_on}."
        )
    return None


@rule(
    "TSP-9",
    problem="not-responsible",
    remedy="Ask the lead organisation to report it, or raise a problem or a question in your own name.",
)
def only_the_responsible_report(project: str, reported_by: str | None, responsible: Collection[str]) -> Broken | None:
    """Only the lead or delivery organisation reports a project's progress and readings."""
    if reported_by is not None and reported_by not in responsible:
        by = " and ".join(sorted(responsible))
        return Broken(f"Project {project!r} is that of {by}, not of {reported_by!r}.", field="reported_by")
    return None
