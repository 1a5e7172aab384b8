"""Facts about measures, problems and mitigations, each with its clause."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.projects.domain.project import Project
from services.projects.domain.rules import (
    DatedAhead,
    ForeignProject,
    ForeignReading,
    NothingToCorrect,
    PeriodReadBefore,
    ReversedPeriod,
    UnexplainedCorrection,
    UnfinishedPeriod,
)
from shared.contracts.event import Event
from shared.contracts.projects import (
    Better,
    MeasureDefined,
    MeasureRead,
    MitigationAgreed,
    ProblemRaised,
    ProjectStarted,
)
from shared.values.refusals import AlreadyThere, Refusal, Unknown

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
    agreed_on=DECEMBER,
    decision="december-signpost",
)


def project(*facts: Event) -> Project:
    """The project to which these facts happened."""
    found = Project("area", "programme")
    for fact in (STARTED, *facts):
        found.apply(fact)
        found.version += 1
    return found


def read(
    found: Project,
    value: int,
    starts: dt.date = OCTOBER,
    ends: dt.date = NOVEMBER,
    *,
    by: str = "county-council",
    note: str | None = None,
    correction: bool = False,
    today: dt.date = DECEMBER,
) -> MeasureRead:
    return found.measure("referrals").read(
        value=value, starts=starts, ends=ends, reported_by=by, note=note, correction=correction, today=today
    )


def test_zero_referrals_are_a_reading() -> None:
    """CAN-6: a partner reports that there was no take-up."""
    assert read(project(REFERRALS), 0) == ZERO


def test_a_measure_is_read_once_for_a_period() -> None:
    """CAN-6"""
    with pytest.raises(PeriodReadBefore, match="reported 'referrals' for 2014-10-01 to 2014-11-30 already") as refused:
        read(project(REFERRALS, ZERO), 3)
    assert "correction" in refused.value.advice


def test_a_reading_of_zero_takes_its_period_like_any_other() -> None:
    """CAN-6"""
    with pytest.raises(PeriodReadBefore):
        read(project(REFERRALS, ZERO), 0)


def test_another_period_is_another_reading() -> None:
    """CAN-6: uptake is monitored."""
    assert read(project(REFERRALS, ZERO), 2, dt.date(2014, 12, 1), DECEMBER).value == 2


def test_another_measure_is_read_for_the_same_period() -> None:
    """CAN-6"""
    completions = MeasureDefined(
        project="programme", measure="completions", name="Completions", unit="people", better=Better.HIGHER
    )
    found = project(REFERRALS, completions, ZERO)
    assert found.measure("completions").read(
        value=0, starts=OCTOBER, ends=NOVEMBER, reported_by="police", note=None, correction=False, today=DECEMBER
    )


def test_a_correction_is_a_second_reading_that_says_why() -> None:
    """CAN-6"""
    corrected = read(project(REFERRALS, ZERO), 3, note="Three referrals had been overlooked.", correction=True)
    assert (corrected.value, corrected.note) == (3, "Three referrals had been overlooked.")


def test_a_correction_can_be_corrected() -> None:
    """CAN-6"""
    found = project(REFERRALS, ZERO)
    found.apply(read(found, 3, note="Three had been overlooked.", correction=True))
    assert read(found, 2, note="One was counted twice.", correction=True).value == 2


def test_a_correction_without_a_note_is_refused() -> None:
    """CAN-6"""
    with pytest.raises(UnexplainedCorrection):
        read(project(REFERRALS, ZERO), 3, correction=True)


def test_what_was_never_read_cannot_be_corrected() -> None:
    """CAN-6"""
    with pytest.raises(NothingToCorrect, match="no reading for 2014-10-01 to 2014-11-30"):
        read(project(REFERRALS), 3, note="Three had been overlooked.", correction=True)


def test_one_organisation_does_not_correct_anothers_reading() -> None:
    """CAN-6"""
    with pytest.raises(ForeignReading, match="'county-council' reported 'referrals'"):
        read(project(REFERRALS, ZERO), 3, by="police", note="We count three.", correction=True)


def test_a_measure_is_read_by_who_leads_or_delivers_its_project() -> None:
    """CAN-6: whoever else came first would take the period from them."""
    found = project(REFERRALS)
    for correction in (False, True):
        with pytest.raises(ForeignProject, match="that of county-council and police, not of 'fire'"):
            read(found, 4, by="fire", note="We count four.", correction=correction)
    assert read(found, 0, by="police").reported_by == "police"


def test_a_period_of_one_day_is_a_period() -> None:
    """CAN-6"""
    assert read(project(REFERRALS), 1, DECEMBER, DECEMBER).period_ends == DECEMBER


def test_a_period_does_not_end_before_it_starts() -> None:
    """CAN-6"""
    with pytest.raises(ReversedPeriod, match="end on 2014-10-01, before it starts on 2014-11-30"):
        read(project(REFERRALS), 0, NOVEMBER, OCTOBER)


def test_a_period_is_not_read_before_its_last_day() -> None:
    """CAN-6"""
    assert read(project(REFERRALS), 0, OCTOBER, DECEMBER, today=DECEMBER)
    with pytest.raises(UnfinishedPeriod, match="2015-01-05, after 2014-12-16"):
        read(project(REFERRALS), 0, OCTOBER, JANUARY, today=DECEMBER)


def test_a_measure_that_nobody_defined_cannot_be_read() -> None:
    """CAN-6"""
    with pytest.raises(Unknown, match="no measure 'referrals'; it has none"):
        read(project(), 0)


def test_a_measure_is_defined_once() -> None:
    """CAN-6"""
    with pytest.raises(AlreadyThere):
        project(REFERRALS).define_measure("referrals", "Referrals", "people", 12, Better.HIGHER)


DAYS = st.sampled_from([OCTOBER, NOVEMBER, DECEMBER, JANUARY])


@given(st.lists(st.tuples(DAYS, DAYS, st.integers(-3, 3), st.booleans()), max_size=30))
def test_whatever_is_tried_a_period_has_one_reading_and_its_corrections(
    attempts: list[tuple[dt.date, dt.date, int, bool]],
) -> None:
    """CAN-6"""
    found = project(REFERRALS)
    first: set[tuple[dt.date, dt.date]] = set()
    for starts, ends, value, correction in attempts:
        known = (starts, ends) in first
        try:
            fact = read(found, value, starts, ends, note="As counted.", correction=correction)
        except Refusal:
            assert ends < starts or ends > DECEMBER or known != correction
        else:
            assert starts <= ends <= DECEMBER
            assert known == correction
            first.add((starts, ends))
            found.apply(fact)


def test_a_problem_names_the_measure_that_shows_it() -> None:
    """CAN-6"""
    assert (
        project(REFERRALS).raise_problem("no-take-up", "Nobody has taken up a place.", "county-council", "referrals")
        == NO_TAKE_UP
    )
    with pytest.raises(Unknown, match="no measure 'completions'; it has referrals"):
        project(REFERRALS).raise_problem("no-take-up", "Nobody came.", "county-council", "completions")


def test_a_problem_can_be_raised_without_a_measure() -> None:
    """CAN-6"""
    assert project().raise_problem("no-room", "There is no room.", "police", None).measure is None


def test_a_problem_is_raised_once() -> None:
    """CAN-6"""
    with pytest.raises(AlreadyThere, match="problem 'no-take-up'"):
        project(REFERRALS, NO_TAKE_UP).raise_problem("no-take-up", "Still nobody.", "police", None)


def test_two_mitigations_are_agreed_against_one_problem() -> None:
    """CAN-6: the police signpost, and the weekly hub refers."""
    found = project(REFERRALS, NO_TAKE_UP, SIGNPOST)
    hub = found.agree_mitigation("no-take-up", "hub", "The hub refers.", "council", DECEMBER, None, DECEMBER)
    assert (hub.problem, hub.owner, hub.decision) == ("no-take-up", "council", None)


def test_a_mitigation_is_against_a_problem_that_was_raised() -> None:
    """CAN-6"""
    with pytest.raises(Unknown, match="no problem 'no-take-up'"):
        project(REFERRALS).agree_mitigation("no-take-up", "hub", "The hub refers.", "council", DECEMBER, None, DECEMBER)


def test_a_mitigation_is_agreed_once() -> None:
    """CAN-6"""
    with pytest.raises(AlreadyThere, match="mitigation 'signpost'"):
        project(REFERRALS, NO_TAKE_UP, SIGNPOST).agree_mitigation(
            "no-take-up", "signpost", "The police will signpost.", "police", DECEMBER, None, DECEMBER
        )


def test_a_mitigation_is_not_agreed_ahead() -> None:
    """CAN-6, design 6"""
    with pytest.raises(DatedAhead):
        project(NO_TAKE_UP).agree_mitigation("no-take-up", "hub", "It refers.", "council", JANUARY, None, DECEMBER)
