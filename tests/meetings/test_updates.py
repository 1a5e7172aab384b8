"""Facts about updates to outside bodies and the areas of interest they answer, each with its clause."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from meetings.given import BLAKE

from services.meetings.domain.decision_rules import AmbiguousReference
from services.meetings.domain.rules import ForeignArea, PeriodReversed
from services.meetings.domain.update import AreaOfInterest, Update
from shared.contracts.meetings import (
    AreaOfInterestNamed,
    Implication,
    Reference,
    ReferenceKind,
    UpdateCommissioned,
    UpdateHeading,
)

OCTOBER, JANUARY = dt.date(2014, 10, 16), dt.date(2015, 1, 29)
COMMISSIONED = UpdateCommissioned(
    update="cabinet-january",
    body="Cabinet",
    title="Update on partnership activity",
    meets_on=JANUARY,
    since=OCTOBER,
    until=dt.date(2015, 1, 16),
    heading=UpdateHeading(
        report_of="Chief Executive",
        contact_post="Partnerships Officer",
        portfolio_leader="Crime and Partnerships",
        key_decision=False,
        report_track="Cabinet: 29/01/15",
    ),
    purpose="To brief Cabinet.",
    recommendations=("That Cabinet note the update.",),
    key_issues="Cabinet asked for it.",
)
NAMED = AreaOfInterestNamed(
    area_of_interest="hate-crime", body="Cabinet", named_on=OCTOBER, text="What is done for victims?", about=BLAKE
)


def update(**changes: object) -> Update:
    found = Update("area", "cabinet-january")
    found.apply(msgspec.structs.replace(COMMISSIONED, **changes))
    return found


def area() -> AreaOfInterest:
    found = AreaOfInterest("area", "hate-crime")
    found.apply(NAMED)
    return found


def test_an_update_covers_what_happened_since_the_last() -> None:
    """CAN-1"""
    assert Update("area", "cabinet-january").commission(COMMISSIONED) == COMMISSIONED
    first = msgspec.structs.replace(COMMISSIONED, since=None)
    assert Update("area", "cabinet-january").commission(first) == first


def test_the_period_of_an_update_runs_forward_and_ends_before_the_body_meets() -> None:
    """CAN-1"""
    new = Update("area", "cabinet-january")
    with pytest.raises(PeriodReversed, match="from 2014-10-16 to 2014-10-15"):
        new.commission(msgspec.structs.replace(COMMISSIONED, until=dt.date(2014, 10, 15)))
    with pytest.raises(PeriodReversed, match="From the last day it covers to the day Cabinet meets"):
        new.commission(msgspec.structs.replace(COMMISSIONED, until=dt.date(2015, 1, 30)))


def test_an_implication_is_stated_under_one_of_nine_headings() -> None:
    """CAN-1: 6.1 to 6.9."""
    assert len(Implication) == 9
    stated = update().state(Implication.FINANCIAL, "The reserve is finite.")
    assert (stated.update, stated.heading) == ("cabinet-january", Implication.FINANCIAL)


def test_an_area_is_answered_to_the_body_that_named_it() -> None:
    """CAN-8: and is about what was asked about."""
    answer = area().answer(update(), "Two days a week until March.", None)
    assert (answer.area_of_interest, answer.update, answer.about) == ("hate-crime", "cabinet-january", BLAKE)
    with pytest.raises(ForeignArea, match="named by Cabinet; 'cabinet-january' goes to Scrutiny"):
        area().answer(update(body="Scrutiny"), "Two days a week.", None)


def test_an_area_is_not_answered_before_it_was_named() -> None:
    """CAN-8"""
    with pytest.raises(ForeignArea, match="named on 2014-10-16; 'cabinet-january' was for 2014-07-17"):
        area().answer(update(meets_on=dt.date(2014, 7, 17)), "Two days a week.", None)


def test_an_area_is_named_on_the_day_the_body_named_it() -> None:
    """CAN-8"""
    named = AreaOfInterest("area", "hate-crime").name("Cabinet", NAMED.text, BLAKE, today=OCTOBER)
    assert named == NAMED
    measure = Reference(kind=ReferenceKind.MEASURE, id="referrals")
    with pytest.raises(AmbiguousReference):
        AreaOfInterest("area", "hate-crime").name("Cabinet", NAMED.text, measure, today=OCTOBER)
    with pytest.raises(AmbiguousReference):
        area().answer(update(), "Nobody was referred.", measure)
