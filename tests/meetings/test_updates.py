"""Facts about updates to outside bodies and the areas of interest they answer, each with its clause."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from meetings.given import BLAKE
from stage import Given, given

from services.meetings.areas_of_interest.domain import NameAreaOfInterest
from services.meetings.areas_of_interest.rules import an_area_is_answered_to_the_body_that_named_it
from services.meetings.rules import a_reference_says_what_its_thing_belongs_to
from services.meetings.updates.domain import Covered, RecordIssue
from services.meetings.updates.rules import (
    a_withdrawn_update_stays_withdrawn,
    an_issued_update_stands_as_it_is,
    an_update_keeps_its_body,
)
from shared.contracts.command import Asked
from shared.contracts.event import Event
from shared.contracts.meetings.areas_of_interest import AreaOfInterestAnswered, AreaOfInterestNamed
from shared.contracts.meetings.references import Reference, ReferenceKind
from shared.contracts.meetings.updates import (
    Implication,
    ImplicationStated,
    UpdateChanged,
    UpdateCommissioned,
    UpdateHeading,
    UpdateIssued,
    UpdateWithdrawn,
)
from shared.values.rules import (
    a_period_ends_no_earlier_than_it_starts,
    each_is_named_once,
    nothing_is_recorded_before_its_day,
)

OCTOBER, JANUARY = dt.date(2014, 10, 16), dt.date(2015, 1, 29)
UPDATE: dict[str, Any] = {
    "update": "cabinet-january",
    "body": "Cabinet",
    "title": "Update on partnership activity",
    "meets_on": JANUARY,
    "since": OCTOBER,
    "until": dt.date(2015, 1, 16),
    "heading": UpdateHeading(
        report_of="Chief Executive",
        contact_post="Partnerships Officer",
        contact_telephone="01632 960123",
        portfolio_leader="Crime and Partnerships",
        key_decision=False,
        report_track="Cabinet: 29/01/15",
    ),
    "purpose": "To brief Cabinet.",
    "recommendations": ("That Cabinet note the update.",),
    "key_issues": "Cabinet asked for it.",
    "topics": ("perpetrators", "community"),
}
COMMISSIONED = UpdateCommissioned(**UPDATE)
ISSUED = UpdateIssued(update="cabinet-january", issued_on=dt.date(2015, 1, 20))
WITHDRAWN = UpdateWithdrawn(update="cabinet-january", reason="Cabinet does not meet.")
NAMED = AreaOfInterestNamed(
    area_of_interest="hate-crime", body="Cabinet", named_on="2014-10-16", text="What is done for victims?", about=BLAKE
)
BEFORE = Covered(dt.date(2014, 10, 3))
FIRST = Covered()
MEASURE = Reference(kind=ReferenceKind.MEASURE, id="referrals")


def commission(covered: Covered = FIRST, **changes: Any) -> Event:
    fact = given().providing(covered).when(UpdateCommissioned(**{**UPDATE, **changes})).fact
    assert isinstance(fact, Event)
    return fact


def commissioned(*facts: Event, **changes: Any) -> Given:
    return given(msgspec.structs.replace(COMMISSIONED, **changes), NAMED, *facts).providing(FIRST)


def change(**changes: Any) -> UpdateChanged:
    return UpdateChanged(**{**UPDATE, **changes})


def answer(about: Reference | None = None) -> AreaOfInterestAnswered:
    return AreaOfInterestAnswered(
        area_of_interest="hate-crime", update="cabinet-january", text="Two days a week until March.", about=about
    )


WITHDRAW = UpdateWithdrawn(update="cabinet-january", reason="Cabinet does not meet.")
STATE = ImplicationStated(update="cabinet-january", heading=Implication.FINANCIAL, text="The reserve is finite.")
ISSUE = RecordIssue(update="cabinet-january")


def test_an_update_covers_what_happened_since_the_day_given() -> None:
    """CAN-1"""
    assert commission() == COMMISSIONED
    assert commission(BEFORE) == COMMISSIONED


def test_an_update_without_a_first_day_takes_up_where_the_last_one_ended() -> None:
    """CAN-1: the first tells all."""
    assert commission(BEFORE, since=None) == msgspec.structs.replace(COMMISSIONED, since=BEFORE.until)
    assert commission(FIRST, since=None) == msgspec.structs.replace(COMMISSIONED, since=None)


def test_the_period_of_an_update_runs_forward_and_ends_before_the_body_meets() -> None:
    """CAN-1"""
    for until, wrong in (
        (dt.date(2014, 10, 15), "would end on 2014-10-15, before it starts on 2014-10-16"),
        (dt.date(2015, 1, 30), "The time from the last day it covers to the day Cabinet meets"),
    ):
        command = UpdateCommissioned(**{**UPDATE, "until": until})
        given().providing(FIRST).when(command).refused(a_period_ends_no_earlier_than_it_starts, wrong)


def test_a_topic_has_one_place_in_an_update() -> None:
    """CAN-1: the order of topics is the update's."""
    command = UpdateCommissioned(**{**UPDATE, "topics": ("community", "community")})
    given().providing(FIRST).when(command).refused(each_is_named_once, "Topic 'community' is named 2 times")


def test_an_update_is_changed_and_withdrawn_until_it_is_issued() -> None:
    """CAN-1"""
    later = dt.date(2015, 2, 5)
    changed = commissioned().when(change(meets_on=later, topics=())).happens()
    assert changed.facts[-1] == UpdateChanged(**{**UPDATE, "meets_on": later, "topics": ()})
    changed.when(WITHDRAW).then(WITHDRAWN)
    issued = commissioned().when(ISSUE, on="2015-01-20").then(ISSUED)
    for command in (change(), WITHDRAW):
        issued.when(command).refused(an_issued_update_stands_as_it_is)


def test_an_update_may_be_issued_again_and_that_changes_nothing() -> None:
    """CAN-1: an edition after the first."""
    assert commissioned(ISSUED).when(ISSUE).facts == ()


def test_a_changed_update_is_for_the_same_body() -> None:
    """CAN-1"""
    commissioned().when(change(body="Scrutiny")).refused(an_update_keeps_its_body, "is for Cabinet, not for Scrutiny")


@pytest.mark.parametrize("command", [change(), WITHDRAW, STATE, ISSUE, answer()])
def test_a_withdrawn_update_stays_withdrawn(command: Asked) -> None:
    """CAN-1"""
    commissioned(WITHDRAWN).when(command).refused(a_withdrawn_update_stays_withdrawn)


def test_an_implication_is_stated_under_one_of_nine_headings() -> None:
    """CAN-1: 6.1 to 6.9."""
    assert len(Implication) == 9
    stated = commissioned().when(STATE).fact
    assert (stated.update, stated.heading) == ("cabinet-january", Implication.FINANCIAL)


def test_an_area_is_answered_to_the_body_that_named_it() -> None:
    """CAN-8: and is about what was asked about."""
    found = commissioned().when(answer()).fact
    assert (found.area_of_interest, found.update, found.about) == ("hate-crime", "cabinet-january", BLAKE)
    commissioned(body="Scrutiny").when(answer()).refused(
        an_area_is_answered_to_the_body_that_named_it, "named by Cabinet; 'cabinet-january' goes to Scrutiny"
    )


def test_an_area_is_not_answered_before_it_was_named() -> None:
    """CAN-8"""
    commissioned(meets_on=dt.date(2014, 7, 17)).when(answer()).refused(
        an_area_is_answered_to_the_body_that_named_it,
        "named on 2014-10-16; 'cabinet-january' was for 2014-07-17",
    )


def test_an_area_is_named_on_the_day_or_in_the_month_the_body_named_it() -> None:
    """CAN-8"""
    command = NameAreaOfInterest(area_of_interest="hate-crime", body="Cabinet", text=NAMED.text, about=BLAKE)
    given().when(command, on=OCTOBER).then(NAMED)
    month = msgspec.structs.replace(command, named_on="2014-10")
    assert given().when(month, on=JANUARY).fact.named_on == "2014-10"
    given().when(month, on="2014-09-30").refused(nothing_is_recorded_before_its_day)


def test_an_area_is_named_and_answered_about_a_thing_that_can_be_found() -> None:
    """CAN-8"""
    command = NameAreaOfInterest(area_of_interest="hate-crime", body="Cabinet", text=NAMED.text, about=MEASURE)
    given().when(command).refused(a_reference_says_what_its_thing_belongs_to)
    commissioned().when(answer(MEASURE)).refused(a_reference_says_what_its_thing_belongs_to)
