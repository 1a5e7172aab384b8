"""A project: its plan and how far it is, its measures, problems, pilots, questions, and joint commissioning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import singledispatchmethod

from services.projects.domain.measure import Measure
from services.projects.domain.pilot import Pilot
from services.projects.domain.rules import (
    a_name_is_given_once,
    a_project_is_told_of_by_who_leads_or_delivers,
    a_question_is_answered_once,
    a_stage_is_reached_once,
    nothing_is_done_before_its_day,
    stages_are_reached_in_order,
    tender_rounds_open_in_order,
)
from shared.contracts.projects import (
    AreaAgreed,
    Better,
    ExpressionAccepted,
    ExpressionInvited,
    ExpressionSubmitted,
    IntentionStated,
    MeasureDefined,
    MeasureRead,
    MitigationAgreed,
    PilotPlanned,
    PilotStarted,
    ProblemRaised,
    ProgressReported,
    ProjectStarted,
    QuestionAnswered,
    QuestionKind,
    QuestionRaised,
    StageReached,
    TenderRoundOpened,
)
from shared.values.old_aggregate import Aggregate
from shared.values.refusals import Unknown


class Project(Aggregate):
    """A piece of work that the partnership follows, led by one organisation (CAN-4, CAN-6, CAN-7)."""

    noun = "project"

    def __init__(self, partnership: str, slug: str) -> None:
        super().__init__(partnership, slug)
        self.own: frozenset[str] = frozenset()
        """The organisations that lead it and carry it out."""
        self.plan: tuple[str, ...] = ()
        self.reached: dict[str, dt.date] = {}
        self.measures: dict[str, Measure] = {}
        self.problems: set[str] = set()
        self.mitigations: set[str] = set()
        self.pilots: dict[str, Pilot] = {}
        self.questions: dict[str, dt.date | None] = {}
        """The day each question was answered; None while it is open."""
        self.rounds: dict[int, dt.date] = {}
        """The day on which each round of tendering was opened."""

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: ProjectStarted) -> None:
        self.own = frozenset({fact.lead, fact.delivered_by or fact.lead})
        self.plan = tuple(stage.stage for stage in fact.stages)

    @apply.register
    def _(self, fact: StageReached) -> None:
        self.reached[fact.stage] = fact.reached_on

    @apply.register(ProgressReported)
    @apply.register(AreaAgreed)
    @apply.register(IntentionStated)
    @apply.register(PilotPlanned)
    def _(self, fact: object) -> None:
        """Readers want these; no rule depends on them."""

    @apply.register
    def _(self, fact: MeasureDefined) -> None:
        self.measures[fact.measure] = Measure(self.slug, fact.measure, self.own)

    @apply.register
    def _(self, fact: MeasureRead) -> None:
        self.measures[fact.measure].reporters[fact.period_starts, fact.period_ends] = fact.reported_by

    @apply.register
    def _(self, fact: ProblemRaised) -> None:
        self.problems.add(fact.problem)

    @apply.register
    def _(self, fact: MitigationAgreed) -> None:
        self.mitigations.add(fact.mitigation)

    @apply.register
    def _(self, fact: ExpressionInvited) -> None:
        self.pilots[fact.pilot] = Pilot(self.slug, fact.pilot, fact.closes_on)

    @apply.register
    def _(self, fact: ExpressionSubmitted) -> None:
        self.pilots[fact.pilot].submitted_on = fact.submitted_on

    @apply.register
    def _(self, fact: ExpressionAccepted) -> None:
        self.pilots[fact.pilot].accepted_on = fact.accepted_on

    @apply.register
    def _(self, fact: PilotStarted) -> None:
        self.pilots[fact.pilot].started_on = fact.started_on

    @apply.register
    def _(self, fact: QuestionRaised) -> None:
        self.questions[fact.question] = None

    @apply.register
    def _(self, fact: QuestionAnswered) -> None:
        self.questions[fact.question] = fact.answered_on

    @apply.register
    def _(self, fact: TenderRoundOpened) -> None:
        self.rounds[fact.round] = fact.opened_on

    def measure(self, slug: str) -> Measure:
        """The measure of that name. Raises ``Unknown``."""
        return self._found("measure", slug, self.measures)

    def pilot(self, slug: str) -> Pilot:
        """The pilot of that name. Raises ``Unknown``."""
        return self._found("pilot", slug, self.pilots)

    def reach_stage(self, stage: str, reached_on: dt.date, evidence: str, today: dt.date) -> StageReached:
        """Reach a stage of the plan (CAN-4).

        Raises ``Unknown``, ``DatedAhead``, ``StageReachedBefore``, ``StageOutOfOrder``.
        """
        self._found("stage", stage, dict.fromkeys(self.plan))
        nothing_is_done_before_its_day("reached_on", reached_on, today)
        a_stage_is_reached_once(stage, self.reached)
        stages_are_reached_in_order(stage, reached_on, self.plan, self.reached)
        return StageReached(project=self.slug, stage=stage, reached_on=reached_on, evidence=evidence)

    def report_progress(
        self, text: str, reported_on: dt.date, topic: str | None, today: dt.date, reported_by: str | None = None
    ) -> ProgressReported:
        """Tell what happened (CAN-1). Raises ``DatedAhead``, ``ForeignProject``."""
        a_project_is_told_of_by_who_leads_or_delivers(self.slug, reported_by, self.own)
        nothing_is_done_before_its_day("reported_on", reported_on, today)
        return ProgressReported(project=self.slug, text=text, reported_on=reported_on, topic=topic)

    def agree_area(
        self, description: str, agreed_on: dt.date, outstanding: tuple[str, ...], today: dt.date
    ) -> AreaAgreed:
        """Agree, or agree anew, which area the project covers (CAN-4). Raises ``DatedAhead``."""
        nothing_is_done_before_its_day("agreed_on", agreed_on, today)
        return AreaAgreed(project=self.slug, description=description, agreed_on=agreed_on, outstanding=outstanding)

    def define_measure(self, measure: str, name: str, unit: str, target: int | None, better: Better) -> MeasureDefined:
        """Say how success is measured (CAN-6). Raises ``AlreadyThere``."""
        a_name_is_given_once("measure", measure, self.measures)
        return MeasureDefined(project=self.slug, measure=measure, name=name, unit=unit, target=target, better=better)

    def raise_problem(self, problem: str, text: str, raised_by: str, measure: str | None) -> ProblemRaised:
        """Raise a problem, with the measure that shows it (CAN-6). Raises ``AlreadyThere``, ``Unknown``."""
        a_name_is_given_once("problem", problem, self.problems)
        if measure is not None:
            self.measure(measure)
        return ProblemRaised(project=self.slug, problem=problem, text=text, raised_by=raised_by, measure=measure)

    def agree_mitigation(
        self,
        problem: str,
        mitigation: str,
        text: str,
        owner: str,
        agreed_on: dt.date,
        decision: str | None,
        today: dt.date,
    ) -> MitigationAgreed:
        """Agree what is done against a problem, and by whom (CAN-6).

        Raises ``Unknown``, ``AlreadyThere``, ``DatedAhead``.
        """
        self._found("problem", problem, dict.fromkeys(self.problems))
        a_name_is_given_once("mitigation", mitigation, self.mitigations)
        nothing_is_done_before_its_day("agreed_on", agreed_on, today)
        return MitigationAgreed(
            project=self.slug,
            problem=problem,
            mitigation=mitigation,
            text=text,
            owner=owner,
            agreed_on=agreed_on,
            decision=decision,
        )

    def invite_expression(
        self, pilot: str, title: str, invited_by: str, text: str, closes_on: dt.date | None
    ) -> ExpressionInvited:
        """Note that expressions of interest in a pilot are invited (CAN-5). Raises ``AlreadyThere``."""
        a_name_is_given_once("pilot", pilot, self.pilots)
        return ExpressionInvited(
            project=self.slug, pilot=pilot, title=title, invited_by=invited_by, text=text, closes_on=closes_on
        )

    def raise_question(self, question: str, kind: QuestionKind, text: str, raised_by: str) -> QuestionRaised:
        """Raise a question that reports carry until it is answered (CAN-7). Raises ``AlreadyThere``."""
        a_name_is_given_once("question", question, self.questions)
        return QuestionRaised(project=self.slug, question=question, kind=kind, text=text, raised_by=raised_by)

    def answer_question(self, question: str, answer: str, answered_on: dt.date, today: dt.date) -> QuestionAnswered:
        """Answer an open question (CAN-7). Raises ``Unknown``, ``QuestionAnsweredBefore``, ``DatedAhead``."""
        a_question_is_answered_once(question, self._found("question", question, self.questions))
        nothing_is_done_before_its_day("answered_on", answered_on, today)
        return QuestionAnswered(project=self.slug, question=question, answer=answer, answered_on=answered_on)

    def state_intention(self, organisation: str, text: str, amount_pence: int | None) -> IntentionStated:
        """State, or state anew, what an organisation intends to put in; it binds no money (CAN-7)."""
        return IntentionStated(project=self.slug, organisation=organisation, text=text, amount_pence=amount_pence)

    def open_tender_round(self, number: int, opened_on: dt.date, text: str, today: dt.date) -> TenderRoundOpened:
        """Open the next round of tendering (CAN-7). Raises ``DatedAhead``, ``RoundOutOfOrder``."""
        nothing_is_done_before_its_day("opened_on", opened_on, today)
        tender_rounds_open_in_order(number, opened_on, self.rounds)
        return TenderRoundOpened(project=self.slug, round=number, opened_on=opened_on, text=text)

    def _found[T](self, noun: str, slug: str, among: Mapping[str, T]) -> T:
        try:
            return among[slug]
        except KeyError:
            names = ", ".join(sorted(among)) or "none"
            raise Unknown(f"Project {self.slug!r} has no {noun} {slug!r}; it has {names}.") from None
