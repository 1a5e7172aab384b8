"""Facts about measures, problems and mitigations, each with its clause."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from hypothesis import given as trying
from hypothesis import strategies as st
from stage import Decided, given

from services.projects.delivery.rules import only_the_responsible_report
from services.projects.measures.domain import Measure, ReadMeasure
from services.projects.measures.rules import (
    a_correction_says_why,
    a_measure_is_read_once_for_a_period,
    a_period_is_read_when_it_is_over,
    a_reading_is_corrected_by_who_reported_it,
    only_a_reading_is_corrected,
)
from shared.contracts.event import Event, subject
from shared.contracts.projects.delivery import ProjectStarted
from shared.contracts.projects.measures import Better, MeasureDefined, MeasureRead
from shared.contracts.projects.problems import MitigationAgreed, ProblemRaised
from shared.runtime.deciding.snapshots import state_of, take
from shared.values.refusals import AlreadyThere, Refusal, Unknown
from shared.values.rules import a_period_ends_no_earlier_than_it_starts, nothing_is_recorded_before_its_day

OCTOBER, NOVEMBER, DECEMBER, JANUARY = (
    dt.date(2014, 10, 1),
    dt.date(2014, 11, 30),
    dt.date(2014, 12, 16),
    dt.date(2015, 1, 5),
)

STARTED = ProjectStarted(
    project="programme",
    title="A programme",
    purpose="To help people change.",
    lead="county-council",
    delivered_by="police",
)
REFERRALS = MeasureDefined(
    project="programme", measure="referrals", name="Referrals", unit="people", better=Better.HIGHER
)
ZERO = MeasureRead(
    project="programme",
    measure="referrals",
    value=0,
    period_starts=OCTOBER,
    period_ends=NOVEMBER,
    reported_by="county-council",
)
NO_TAKE_UP = ProblemRaised(
    project="programme",
    problem="no-take-up",
    text="Nobody has taken up a place.",
    raised_by="county-council",
    measure="referrals",
)
SIGNPOST = MitigationAgreed(
    project="programme",
    problem="no-take-up",
    mitigation="signpost",
    text="The police will signpost people.",
    owner="police",
    agreed_on="2014-12-16",
    decision="december-signpost",
)


def reads(value: int, starts: dt.date = OCTOBER, ends: dt.date = NOVEMBER, **more: Any) -> ReadMeasure:
    return ReadMeasure(
        project="programme",
        measure="referrals",
        value=value,
        period_starts=starts,
        period_ends=ends,
        **{"reported_by": "county-council", **more},
    )


def reading(*facts: Event, command: ReadMeasure) -> Decided:
    """A reading of the project's measure, on 16 December."""
    return given(STARTED, REFERRALS, *facts).when(command, on=DECEMBER)


OVERLOOKED = reads(3, note="Three referrals had been overlooked.", correction=True)


def test_zero_referrals_are_a_reading() -> None:
    """CAN-6: a partner reports that there was no take-up."""
    reading(command=reads(0)).then(ZERO)


def test_a_measure_is_read_once_for_a_period() -> None:
    """CAN-6"""
    refused = reading(ZERO, command=reads(3)).refused(
        a_measure_is_read_once_for_a_period, "reported 'referrals' for 2014-10-01 to 2014-11-30 already"
    )
    assert "correction" in refused.advice


def test_a_reading_of_zero_takes_its_period_like_any_other() -> None:
    """CAN-6"""
    reading(ZERO, command=reads(0)).refused(a_measure_is_read_once_for_a_period)


def test_another_period_is_another_reading() -> None:
    """CAN-6: uptake is monitored."""
    assert reading(ZERO, command=reads(2, dt.date(2014, 12, 1), DECEMBER)).fact.value == 2


def test_another_measure_is_read_for_the_same_period() -> None:
    """CAN-6"""
    completions = msgspec.structs.replace(REFERRALS, measure="completions")
    command = msgspec.structs.replace(reads(0, reported_by="police"), measure="completions")
    assert reading(completions, ZERO, command=command).fact.measure == "completions"


def test_two_measures_of_a_project_have_histories_of_their_own() -> None:
    """CAN-6: two agencies that read two measures at once do not collide."""
    assert subject("area", ZERO) == "area/measure/programme/referrals"
    assert subject("area", ZERO) != subject("area", msgspec.structs.replace(ZERO, measure="completions"))


def test_a_correction_is_a_second_reading_that_says_why() -> None:
    """CAN-6"""
    corrected = reading(ZERO, command=OVERLOOKED).fact
    assert (corrected.value, corrected.note) == (3, "Three referrals had been overlooked.")


def test_a_correction_can_be_corrected() -> None:
    """CAN-6"""
    corrected = reading(ZERO, command=OVERLOOKED).happens()
    again = reads(2, note="One was counted twice.", correction=True)
    assert corrected.when(again, on=DECEMBER).fact.value == 2


def test_a_correction_without_a_note_is_refused() -> None:
    """CAN-6"""
    reading(ZERO, command=reads(3, correction=True)).refused(a_correction_says_why)


def test_what_was_never_read_cannot_be_corrected() -> None:
    """CAN-6"""
    reading(command=OVERLOOKED).refused(only_a_reading_is_corrected, "no reading for 2014-10-01 to 2014-11-30")


def test_one_organisation_does_not_correct_anothers_reading() -> None:
    """CAN-6"""
    theirs = msgspec.structs.replace(OVERLOOKED, reported_by="police")
    reading(ZERO, command=theirs).refused(
        a_reading_is_corrected_by_who_reported_it, "'county-council' reported 'referrals'"
    )


def test_a_measure_is_read_by_who_leads_or_delivers_its_project() -> None:
    """CAN-6: others could take the period from them."""
    for correction in (False, True):
        theirs = reads(4, reported_by="fire", note="We count four.", correction=correction)
        reading(command=theirs).refused(only_the_responsible_report, "that of county-council and police, not of 'fire'")
    assert reading(command=reads(0, reported_by="police")).fact.reported_by == "police"


def test_a_period_of_one_day_is_a_period() -> None:
    """CAN-6"""
    assert reading(command=reads(1, DECEMBER, DECEMBER)).fact.period_ends == DECEMBER


def test_a_period_does_not_end_before_it_starts() -> None:
    """CAN-6"""
    reading(command=reads(0, NOVEMBER, OCTOBER)).refused(
        a_period_ends_no_earlier_than_it_starts, "end on 2014-10-01, before it starts on 2014-11-30"
    )


def test_a_period_is_not_read_before_its_last_day() -> None:
    """CAN-6"""
    assert reading(command=reads(0, OCTOBER, DECEMBER)).facts
    reading(command=reads(0, OCTOBER, JANUARY)).refused(
        a_period_is_read_when_it_is_over, "2015-01-05, after 2014-12-16"
    )


def test_a_measure_that_nobody_defined_cannot_be_read() -> None:
    """CAN-6"""
    given(STARTED).when(reads(0), on=DECEMBER).refused(Unknown, "no measure 'referrals' of project 'programme'")
    given().when(reads(0), on=DECEMBER).refused(Unknown, "no project 'programme'")


def test_a_measure_is_defined_once() -> None:
    """CAN-6"""
    command = MeasureDefined(
        project="programme", measure="referrals", name="Referrals", unit="people", better=Better.HIGHER
    )
    given(STARTED).when(command).then(REFERRALS).when(command).refused(AlreadyThere, "measure 'referrals'")


def test_a_measure_is_of_a_project() -> None:
    """CAN-6"""
    command = MeasureDefined(
        project="programme", measure="referrals", name="Referrals", unit="people", better=Better.HIGHER
    )
    given().when(command).refused(Unknown, "no project 'programme'")


def test_a_measure_is_the_same_after_a_snapshot() -> None:
    """design 5"""
    measure = given(REFERRALS, ZERO).state(Measure, "programme", "referrals")
    assert measure.reporters == {(OCTOBER, NOVEMBER): "county-council"}
    assert state_of(Measure, take(measure, subject("area", ZERO))) == measure


DAYS = st.sampled_from([OCTOBER, NOVEMBER, DECEMBER, JANUARY])


@trying(st.lists(st.tuples(DAYS, DAYS, st.integers(-3, 3), st.booleans()), max_size=30))
def test_whatever_is_tried_a_period_has_one_reading_and_its_corrections(
    attempts: list[tuple[dt.date, dt.date, int, bool]],
) -> None:
    """CAN-6"""
    found = given(STARTED, REFERRALS)
    first: set[tuple[dt.date, dt.date]] = set()
    for starts, ends, value, correction in attempts:
        known = (starts, ends) in first
        command = reads(value, starts, ends, note="As counted.", correction=correction)
        try:
            found = found.when(command, on=DECEMBER).happens()
        except Refusal:
            assert ends < starts or ends > DECEMBER or known != correction
        else:
            assert starts <= ends <= DECEMBER
            assert known == correction
            first.add((starts, ends))


def raises(**more: Any) -> ProblemRaised:
    return ProblemRaised(
        project="programme",
        problem="no-take-up",
        text="Nobody has taken up a place.",
        **{"raised_by": "county-council", **more},
    )


def agrees(mitigation: str = "hub", agreed_on: str = "2014-12-16") -> MitigationAgreed:
    return MitigationAgreed(
        project="programme",
        problem="no-take-up",
        mitigation=mitigation,
        text="The hub refers.",
        owner="council",
        agreed_on=agreed_on,
    )


def test_a_problem_names_the_measure_that_shows_it() -> None:
    """CAN-6"""
    given(STARTED, REFERRALS).when(raises(measure="referrals")).then(NO_TAKE_UP)
    completions = given(STARTED, REFERRALS).when(raises(measure="completions"))
    completions.refused(Unknown, "no measure 'completions' of project 'programme'")


def test_a_problem_can_be_raised_without_a_measure() -> None:
    """CAN-6"""
    assert given(STARTED).when(raises()).fact.measure is None


def test_a_problem_is_of_a_project() -> None:
    """CAN-6"""
    given().when(raises()).refused(Unknown, "no project 'programme'")


def test_a_problem_is_raised_once() -> None:
    """CAN-6"""
    given(STARTED, NO_TAKE_UP).when(raises(raised_by="police")).refused(AlreadyThere, "problem 'no-take-up'")


def test_two_mitigations_are_agreed_against_one_problem() -> None:
    """CAN-6: the police signpost, and the weekly hub refers."""
    hub = given(STARTED, NO_TAKE_UP, SIGNPOST).when(agrees()).fact
    assert (hub.problem, hub.owner, hub.decision) == ("no-take-up", "council", None)


def test_a_mitigation_is_against_a_problem_that_was_raised() -> None:
    """CAN-6"""
    given(STARTED, REFERRALS).when(agrees()).refused(Unknown, "no problem 'no-take-up' of project 'programme'")


def test_a_mitigation_is_agreed_once() -> None:
    """CAN-6"""
    given(NO_TAKE_UP, SIGNPOST).when(agrees("signpost")).refused(AlreadyThere, "mitigation 'signpost'")


def test_a_mitigation_is_not_agreed_ahead() -> None:
    """CAN-6, design 6"""
    later = agrees(agreed_on="2015-01-05")
    given(NO_TAKE_UP).when(later, on=DECEMBER).refused(nothing_is_recorded_before_its_day)
