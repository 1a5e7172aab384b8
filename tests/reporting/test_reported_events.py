"""Every event is shown in a report, or this file says why not; and every phrase fits its event."""

from __future__ import annotations

import datetime as dt

import jinja2
import pytest
from reporting.chronicle import PARTNERSHIP, Chronicle
from reporting.quarter import UPDATE

from services.reporting.history import Period, history_of, snapshot
from services.reporting.parts.scope import COMPUTED, Scope
from services.reporting.phrasebook import COMPUTED as COMPUTED_PHRASES
from services.reporting.phrasebook import PHRASES, in_part
from services.reporting.phrases.engine import check
from services.reporting.reports.definition import Definition, SectionDefinition, definition
from services.reporting.reports.make import make, people_named
from services.reporting.views import views
from services.reporting.views.nouns import ROLES
from shared.contracts.event import EVENTS

WHY_NOT_SHOWN = {
    **{
        f"meetings.{effect}.v1": "the decision is shown, and the reaction of the service concerned"
        for effect in (
            "decline_decided",
            "deferral_decided",
            "expression_decided",
            "funder_exploration_decided",
            "mitigation_decided",
            "noting_decided",
        )
    },
    "meetings.update_issued.v1": "the record of issued reports shows it",
    "meetings.meeting_closed.v1": "the end of a meeting adds nothing to the fact that it was held",
    "membership.person_registered.v1": "reports name posts; only membership opens people's names",
    "membership.seat_filled.v1": "the roster shows who fills a seat, which can change daily",
    "membership.seat_vacated.v1": "the quorum's explanation counts vacant seats",
    "membership.deputy_named.v1": "the roster shows the deputies",
    "membership.deputy_withdrawn.v1": "the roster shows the deputies",
    "membership.officer_elected.v1": "the roster shows who holds an office",
    "funding.request_met.v1": "the award that meets a request says so",
    "partners.submission_dismissed.v1": "the clerk deals with a partner's message that could not be processed",
    "membership.terms_of_reference_adopted.v1": "the quorum's explanation names the terms in force",
}


def test_every_event_is_shown_or_has_a_reason_why_not(quarter: Chronicle) -> None:
    with snapshot(quarter.engine) as connection:
        history = history_of(connection, PARTNERSHIP, Period(dt.date(2014, 10, 16), dt.date(2015, 1, 16)))
        update = history.all("update", update=UPDATE)[0]
        established = history.all("partnership")[0]
        make(definition("cabinet"), Scope(history, history.period.until, update))
        people = people_named(history, lambda partnership, people: {})
        make(definition("scrutiny"), Scope(history, history.period.until, established, people))
    known = history.kinds_read() | views.event_types
    assert sorted(set(EVENTS) - known) == sorted(WHY_NOT_SHOWN)
    assert known <= set(EVENTS)


@pytest.mark.parametrize("name", sorted(PHRASES))
def test_a_phrase_uses_its_events_fields_and_no_others(name: str) -> None:
    assert name in EVENTS
    assert check(name, PHRASES[name]) == []


def test_each_event_has_a_role_of_its_own() -> None:
    named = [name for name, phrase in PHRASES.items() if phrase.role or phrase.founds]
    assert sorted(ROLES[PHRASES[name].role or PHRASES[name].founds] for name in named) == sorted(named)
    assert set(ROLES.values()) <= set(EVENTS)


def test_a_role_or_a_field_that_there_is_not_is_an_error(quarter: Chronicle) -> None:
    with snapshot(quarter.engine) as connection:
        history = history_of(connection, PARTNERSHIP, Period(None, dt.date(2015, 1, 16)))
        with pytest.raises(LookupError):
            history.all("attendence")
        with pytest.raises(LookupError, match="no field 'member'"):
            history.all("attendance", member="chair")


def test_a_phrase_with_a_field_that_the_event_has_not_is_found() -> None:
    name = "projects.tender_round_opened.v1"
    wrong = type(PHRASES[name])(alone="{{ rund }}", in_part="{{ project.fact.colour }}")
    assert check(name, wrong) == ["rund", "project.fact.colour"]


def sections(of: Definition | SectionDefinition) -> list[SectionDefinition]:
    return [each for section in of.sections for each in (section, *sections(section))]


@pytest.mark.parametrize("kind", ["cabinet", "scrutiny", "dossier"])
def test_a_definition_names_parts_that_there_are(kind: str) -> None:
    contents = [content for section in sections(definition(kind)) for content in (*section.contents, *section.always)]
    assert contents
    assert all(in_part(content.part) for content in contents if content.part)
    assert {content.computed for content in contents if content.computed} <= set(COMPUTED)


def test_every_part_has_its_place_in_a_report() -> None:
    placed = {
        content.part
        for kind in ("cabinet", "scrutiny", "dossier")
        for section in sections(definition(kind))
        for content in section.contents
    }
    assert {phrase.part for phrase in PHRASES.values()} <= placed


def test_every_phrase_of_a_computed_part_is_well_formed() -> None:
    for phrases in COMPUTED_PHRASES.values():
        for phrase in phrases.values():
            jinja2.Environment(autoescape=True).parse(phrase)
