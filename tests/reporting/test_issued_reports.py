"""An issued report is kept, bytes and hash; it is refused while reporting lags behind the ledger."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import sqlalchemy
from reporting.chronicle import PARTNERSHIP, Chronicle
from reporting.quarter import UPDATE, record_quarter
from stage import principal

from services.reporting.issue import (
    AskedIssue,
    Issued,
    ReportLags,
    areas_of_interest_are_answered,
    ask,
    edition_of,
    editions,
    issue,
    only_what_has_no_answer_is_not_yet_answered,
    waiting,
)
from services.reporting.reports.published import Report
from shared.contracts.meetings.areas_of_interest import AreaOfInterestAnswered
from shared.contracts.projects.delivery import ProgressReported
from shared.runtime.deciding.answers import KeyReused
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.ground.clock import new_id
from shared.values.refusals import Unknown
from shared.values.roles import Role

NOW = dt.datetime(2015, 1, 20, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def reports(chronicle: Chronicle) -> Chronicle:
    record_quarter(chronicle)
    return chronicle


def issued(
    reports: Chronicle,
    *,
    size: int | None = None,
    key: str | None = None,
    update: str = UPDATE,
    accepting: Collection[str] = ("young-people",),
) -> Issued:
    asked = AskedIssue(PARTNERSHIP, update, key or new_id(), "c-1", "clerk:c-1", NOW)
    size = len(reports.events) if size is None else size
    earlier = ask(reports.engine, asked, ledger_size=size, not_yet_answered=accepting)
    assert earlier or asked in waiting(reports.engine)
    return earlier or issue(reports.engine, asked)


def kept(reports: Chronicle) -> list[int]:
    reader = ReadContext(reports.engine, principal(Role.READER), PARTNERSHIP)
    return [edition.edition for edition in editions(reader, UPDATE, Page())]


def test_a_report_is_refused_while_reporting_lags_and_says_by_how_much(reports: Chronicle) -> None:
    followed = len(reports.events)
    with pytest.raises(ReportLags, match=f"to {followed} of {followed + 3} events: 3 behind") as refusal:
        issued(reports, size=followed + 3)
    assert refusal.value.members == {"followed": followed, "ledger_size": followed + 3, "behind": 3}
    assert kept(reports) == []


def test_a_report_is_refused_while_an_area_of_interest_has_no_answer(reports: Chronicle) -> None:
    """CAN-8"""
    unanswered = areas_of_interest_are_answered.refusal
    with pytest.raises(unanswered, match=r"^The update has no answer about young-people \('How many young") as refusal:
        issued(reports, accepting=())
    assert refusal.value.members == {"areas": ["young-people"]}
    assert kept(reports) == []
    report = msgspec.json.decode(issued(reports).json, type=Report)
    said = [statement.text for part in report.sections for statement in part.statements]
    assert said.count("Not yet answered: no answer is on record.") == 1
    answer = AreaOfInterestAnswered(area_of_interest="young-people", update=UPDATE, text="Twelve.")
    reports.happened("2015-01-19", answer)
    assert msgspec.json.decode(issued(reports, accepting=()).json, type=Report).edition == 2


@pytest.mark.parametrize("area", ["hate-crime", "nobody-asked"])
def test_only_an_area_without_an_answer_is_accepted_as_not_yet_answered(reports: Chronicle, area: str) -> None:
    """CAN-8: one that is answered, and one that does not exist."""
    with pytest.raises(only_what_has_no_answer_is_not_yet_answered.refusal, match=area) as refusal:
        issued(reports, accepting=("young-people", area))
    assert refusal.value.members == {"field": "$.not_yet_answered"}
    assert kept(reports) == []


def test_an_issued_report_holds_its_edition_its_time_and_its_position(reports: Chronicle) -> None:
    found = issued(reports)
    report = msgspec.json.decode(found.json, type=Report)
    assert (report.edition, report.issued_at, report.ledger_position) == (1, NOW, len(reports.events))
    assert found.edition.json_sha256 == hashlib.sha256(found.json).hexdigest()
    assert found.edition.html_sha256 == hashlib.sha256(found.html).hexdigest()
    assert "Edition 1</strong>, issued on 20 January 2015, 09:30" in found.html.decode()


def test_issuing_again_adds_an_edition_and_leaves_the_old_as_it_was(reports: Chronicle) -> None:
    first = issued(reports)
    news = ProgressReported(project="perpetrators", text="Two people have been referred.", reported_on="2015-01-15")
    reports.happened("2015-01-21", news)
    second = issued(reports)
    assert b"Two people have been referred" in second.json
    with reports.engine.connect() as connection:
        again = edition_of(connection, PARTNERSHIP, UPDATE, 1)
    assert (again.json, again.html) == (first.json, first.html)
    assert kept(reports) == [1, 2]


def test_the_same_key_gives_the_same_edition(reports: Chronicle) -> None:
    first = issued(reports, key="k-1")
    assert issued(reports, key="k-1") == first
    assert issued(reports, key="k-2").edition.edition == 2


def test_a_key_used_for_one_update_is_refused_for_another(reports: Chronicle) -> None:
    issued(reports, key="k-1")
    with pytest.raises(KeyReused):
        issued(reports, key="k-1", update="cabinet-2015-04-30")


def test_editions_issued_at_once_each_get_a_number(reports: Chronicle) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: issued(reports).edition.edition, range(4)))
    assert sorted(found) == [1, 2, 3, 4]


def test_only_an_update_that_was_commissioned_can_be_issued(reports: Chronicle) -> None:
    with pytest.raises(Unknown, match="No update 'cabinet-2015-04-30' has been commissioned"):
        issued(reports, update="cabinet-2015-04-30")


@pytest.mark.parametrize("change", ["DELETE FROM reporting.issued", "UPDATE reporting.issued SET edition = 9"])
def test_reporting_itself_cannot_change_what_was_issued(reports: Chronicle, change: str) -> None:
    issued(reports)
    with (
        reports.engine.begin() as connection,
        pytest.raises(sqlalchemy.exc.ProgrammingError, match="permission denied"),
    ):
        connection.execute(sqlalchemy.text(change))


def test_the_stored_bytes_name_no_person(reports: Chronicle) -> None:
    found = issued(reports)
    assert b"person-" not in found.json + found.html
