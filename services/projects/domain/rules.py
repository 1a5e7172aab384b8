"""The rules of projects, each a sentence with the clause it comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from shared.contracts.projects import Stage
from shared.values.refusals import AlreadyThere, Refusal


def a_name_is_given_once(noun: str, slug: str, given: Collection[str]) -> None:
    """What belongs to a project or priority is found by its name (design 12). Raises ``AlreadyThere``."""
    if slug in given:
        raise AlreadyThere(f"There is a {noun} {slug!r} here already.")


class DatedAhead(Refusal):
    """What is recorded as done was done by the day it is said to have happened."""

    clause = "design 6"
    remedy = "Check the day, or record it once it has come."
    status = 422


def nothing_is_done_before_its_day(what: str, day: dt.date, today: dt.date) -> None:
    """A plan is no fact yet (design 6); ``today`` is the day it happened. Raises ``DatedAhead``."""
    if day > today:
        raise DatedAhead(f"{what} is {day.isoformat()}, after {today.isoformat()}.")


class ForeignProject(Refusal):
    """A project's progress and readings are told by who leads it or carries it out."""

    clause = "TSP-9"
    remedy = "Ask the leading organisation to report it, or raise a problem or a question in your own name."


def a_project_is_told_of_by_who_leads_or_delivers(project: str, reported_by: str | None, own: Collection[str]) -> None:
    """``own``: the organisations whose project it is (TSP-9). Raises ``ForeignProject``."""
    if reported_by is not None and reported_by not in own:
        raise ForeignProject(f"Project {project!r} is that of {' and '.join(sorted(own))}, not of {reported_by!r}.")


class TwoPlans(Refusal):
    """A project's stages come from a template or are its own, not both."""

    clause = "CAN-4"
    remedy = "Leave out the template or the stages."
    status = 422


def a_project_has_one_plan(template: str | None, stages: Sequence[Stage]) -> None:
    """Nobody could say which of two plans holds (CAN-4). Raises ``TwoPlans``."""
    if template is not None and stages:
        raise TwoPlans(f"The template {template!r} and {len(stages)} stages of its own were given.")


class RepeatedStage(Refusal):
    """Each stage of a plan has a name of its own."""

    clause = "CAN-4"
    remedy = "Give every stage its own name."
    status = 422


def stages_have_names_of_their_own(stages: Sequence[Stage]) -> None:
    """A stage is reached by its name, so two cannot share one (CAN-4). Raises ``RepeatedStage``."""
    names = [stage.stage for stage in stages]
    for name in names:
        if names.count(name) > 1:
            raise RepeatedStage(f"The stage {name!r} stands in the plan {names.count(name)} times.")


class StageReachedBefore(Refusal):
    """A stage is reached once."""

    clause = "CAN-4"
    remedy = "Report what happened since as progress, or reach the next stage."


def a_stage_is_reached_once(stage: str, reached: Mapping[str, dt.date]) -> None:
    """The day a stage was first reached stands (CAN-4). Raises ``StageReachedBefore``."""
    if stage in reached:
        raise StageReachedBefore(f"Stage {stage!r} was reached on {reached[stage].isoformat()}.")


class StageOutOfOrder(Refusal):
    """Stages are reached in their order, none before the one before it."""

    clause = "CAN-4"
    remedy = "Record the earlier stage first, or check the day."


def stages_are_reached_in_order(
    stage: str, reached_on: dt.date, plan: Sequence[str], reached: Mapping[str, dt.date]
) -> None:
    """Each step of the model builds on the one before (CAN-4); one day may see two. Raises ``StageOutOfOrder``."""
    place = plan.index(stage)
    if place == 0:
        return
    before = plan[place - 1]
    if before not in reached:
        raise StageOutOfOrder(f"Stage {stage!r} comes after {before!r}, which has not been reached.")
    if reached_on < reached[before]:
        raise StageOutOfOrder(
            f"Stage {stage!r} comes after {before!r}, which was reached on {reached[before].isoformat()},"
            f" not before {reached_on.isoformat()}."
        )


class ReversedPeriod(Refusal):
    """A period does not end before it starts."""

    clause = "CAN-6"
    remedy = "Check both days; a period of one day starts and ends on it."
    status = 422


def a_period_ends_no_earlier_than_it_starts(starts: dt.date, ends: dt.date) -> None:
    """A reading covers the days from the first to the last, both included (CAN-6). Raises ``ReversedPeriod``."""
    if ends < starts:
        raise ReversedPeriod(f"The period would end on {ends.isoformat()}, before it starts on {starts.isoformat()}.")


class UnfinishedPeriod(Refusal):
    """A measure is read for a period that is over."""

    clause = "CAN-6"
    remedy = "Read it once the period has ended, or for the days that have passed."


def a_period_is_read_when_it_is_over(ends: dt.date, today: dt.date) -> None:
    """A number before its period's last day is a forecast (CAN-6). Raises ``UnfinishedPeriod``."""
    if ends > today:
        raise UnfinishedPeriod(f"The period ends on {ends.isoformat()}, after {today.isoformat()}.")


class PeriodReadBefore(Refusal):
    """A measure is read once for a period; a second reading of it is a correction and says so."""

    clause = "CAN-6"
    remedy = "To replace the reading, send it with correction set and a note that says why; both stay in the log."


def a_measure_is_read_once_for_a_period(measure: str, starts: dt.date, ends: dt.date, reporter: str | None) -> None:
    """Two numbers for one period would leave the reader to choose (CAN-6). Raises ``PeriodReadBefore``."""
    if reporter is not None:
        raise PeriodReadBefore(
            f"{reporter!r} has reported {measure!r} for {starts.isoformat()} to {ends.isoformat()} already."
        )


class NothingToCorrect(Refusal):
    """Only what was read can be corrected."""

    clause = "CAN-6"
    remedy = "Leave correction out, or check the first and last day of the period."


class ForeignReading(Refusal):
    """A reading is corrected by the organisation that reported it."""

    clause = "CAN-6"
    remedy = "Ask that organisation, or the clerk acting for it."


class UnexplainedCorrection(Refusal):
    """A correction says why."""

    clause = "CAN-6"
    remedy = "Say in the note what was wrong with the earlier reading."
    status = 422


def a_reading_is_corrected_by_who_reported_it(
    measure: str, starts: dt.date, ends: dt.date, reporter: str | None, reported_by: str, note: str | None
) -> None:
    """Its reporter answers for a number, the first and the corrected one (CAN-6).

    Raises ``NothingToCorrect``, ``ForeignReading``, ``UnexplainedCorrection``.
    """
    period = f"{starts.isoformat()} to {ends.isoformat()}"
    if reporter is None:
        raise NothingToCorrect(f"{measure!r} has no reading for {period}.")
    if reporter != reported_by:
        raise ForeignReading(f"{reporter!r} reported {measure!r} for {period}, not {reported_by!r}.")
    if note is None:
        raise UnexplainedCorrection(f"The correction of {measure!r} for {period} has no note.")


class InvitationClosed(Refusal):
    """An expression of interest is submitted before the invitation closes."""

    clause = "CAN-5"
    remedy = "Ask whoever invited for more time, and record a new invitation."


def an_expression_comes_before_the_invitation_closes(
    pilot: str, submitted_on: dt.date, closes_on: dt.date | None
) -> None:
    """The last day is in time; without one an invitation stays open (CAN-5). Raises ``InvitationClosed``."""
    if closes_on is not None and submitted_on > closes_on:
        raise InvitationClosed(
            f"The invitation to {pilot!r} closed on {closes_on.isoformat()}, before {submitted_on.isoformat()}."
        )


class ExpressionSubmittedBefore(Refusal):
    """An expression of interest is submitted once."""

    clause = "CAN-5"
    remedy = "Nothing more needs to be done; wait for the answer to the one that was submitted."


def an_expression_is_submitted_once(pilot: str, submitted_on: dt.date | None) -> None:
    """The partnership answers an invitation with one voice (CAN-5). Raises ``ExpressionSubmittedBefore``."""
    if submitted_on is not None:
        raise ExpressionSubmittedBefore(f"The expression for {pilot!r} was submitted on {submitted_on.isoformat()}.")


class NoExpression(Refusal):
    """Only an expression that was submitted is accepted."""

    clause = "CAN-5"
    remedy = "Record the submission first, or check the day."


def only_a_submitted_expression_is_accepted(pilot: str, accepted_on: dt.date, submitted_on: dt.date | None) -> None:
    """An acceptance answers a submission, on its day or later (CAN-5). Raises ``NoExpression``."""
    if submitted_on is None:
        raise NoExpression(f"No expression for {pilot!r} was submitted.")
    if accepted_on < submitted_on:
        raise NoExpression(
            f"The expression for {pilot!r} was submitted on {submitted_on.isoformat()},"
            f" after {accepted_on.isoformat()}."
        )


class ExpressionAcceptedBefore(Refusal):
    """An expression of interest is accepted once."""

    clause = "CAN-5"
    remedy = "Nothing more needs to be done; plan or start the pilot."


def an_expression_is_accepted_once(pilot: str, accepted_on: dt.date | None) -> None:
    """The day of the first acceptance stands (CAN-5). Raises ``ExpressionAcceptedBefore``."""
    if accepted_on is not None:
        raise ExpressionAcceptedBefore(f"The expression for {pilot!r} was accepted on {accepted_on.isoformat()}.")


class NoAcceptance(Refusal):
    """A pilot starts after its expression of interest was accepted."""

    clause = "CAN-5"
    remedy = "Record the acceptance first, or check the day."


def a_pilot_starts_after_its_acceptance(pilot: str, started_on: dt.date, accepted_on: dt.date | None) -> None:
    """Whoever invited decides where a pilot runs (CAN-5). Raises ``NoAcceptance``."""
    if accepted_on is None:
        raise NoAcceptance(f"No expression for {pilot!r} was accepted.")
    if started_on < accepted_on:
        raise NoAcceptance(
            f"The expression for {pilot!r} was accepted on {accepted_on.isoformat()}, after {started_on.isoformat()}."
        )


class PilotRunning(Refusal):
    """A pilot that has started is neither planned nor started again."""

    clause = "CAN-5"
    remedy = "Report what happens in it as progress of the project."


def a_pilot_starts_once(pilot: str, started_on: dt.date | None) -> None:
    """Plans are made and changed until a pilot starts (CAN-5). Raises ``PilotRunning``."""
    if started_on is not None:
        raise PilotRunning(f"The pilot {pilot!r} started on {started_on.isoformat()}.")


class QuestionAnsweredBefore(Refusal):
    """A question is answered once."""

    clause = "CAN-7"
    remedy = "Raise a new question if the answer leaves one."


def a_question_is_answered_once(question: str, answered_on: dt.date | None) -> None:
    """A question is carried from report to report until its answer, not beyond (CAN-7).

    Raises ``QuestionAnsweredBefore``.
    """
    if answered_on is not None:
        raise QuestionAnsweredBefore(f"The question {question!r} was answered on {answered_on.isoformat()}.")


class RoundOutOfOrder(Refusal):
    """Rounds of tendering are opened in order: the first is 1, each next one more."""

    clause = "CAN-7"
    remedy = "Open the round that is next, or check the day."


def tender_rounds_open_in_order(number: int, opened_on: dt.date, opened: Mapping[int, dt.date]) -> None:
    """``opened`` holds the day on which each round was opened (CAN-7). Raises ``RoundOutOfOrder``."""
    last = max(opened, default=0)
    if number != last + 1:
        raise RoundOutOfOrder(f"Round {last + 1} is next, not {number}.", next_round=last + 1)
    if opened and opened_on < opened[last]:
        raise RoundOutOfOrder(
            f"Round {number} would open on {opened_on.isoformat()}, before round {last},"
            f" which opened on {opened[last].isoformat()}."
        )
