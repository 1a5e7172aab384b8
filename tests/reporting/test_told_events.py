"""A new event must be told in a report, or somebody must say here why it is not."""

from __future__ import annotations

import datetime as dt

from reporting.chronicle import PARTNERSHIP, Chronicle
from reporting.quarter import UPDATE

from services.reporting.cabinet import SECTIONS as CABINET
from services.reporting.history import Period, history_of, snapshot
from services.reporting.scrutiny import SECTIONS as SCRUTINY
from services.reporting.scrutiny import inquire
from services.reporting.views import views
from shared.contracts.event import EVENTS
from shared.contracts.meetings import UpdateCommissioned

NOT_TOLD = {
    "meetings.meeting_closed.v1": "that a meeting ended says nothing beside that it was held",
    "membership.person_registered.v1": "reports name posts; people's names are opened by membership alone",
    "membership.seat_filled.v1": "who sits where is the roster's to show, and changes daily",
    "membership.seat_vacated.v1": "the quorum's explanation counts vacant seats",
    "membership.deputy_named.v1": "who may stand in is the roster's to show",
    "membership.deputy_withdrawn.v1": "who may stand in is the roster's to show",
    "membership.officer_elected.v1": "who holds an office is the roster's to show",
    "partners.submission_dismissed.v1": "a partner's message that could not be taken is the clerk's to deal with",
    "membership.terms_of_reference_adopted.v1": "the quorum's explanation names the terms in force",
}


def test_every_event_is_told_or_said_not_to_be(quarter: Chronicle) -> None:
    with snapshot(quarter.engine) as connection:
        history = history_of(connection, PARTNERSHIP, Period(dt.date(2014, 10, 16), dt.date(2015, 1, 16)))
        update = history.ever(UpdateCommissioned, update=UPDATE)[0]
        for section in CABINET:
            section(history, update)
        inquiry = inquire(history, dt.date(2015, 1, 16), lambda partnership, people: {})
        for examine in SCRUTINY:
            examine(inquiry)
    known = history.kinds_read() | views.event_types
    assert set(EVENTS) - known == set(NOT_TOLD)
    assert known <= set(EVENTS)
