"""How the cells of a spreadsheet become events, before any is sent."""

from __future__ import annotations

import hashlib
import os
import time

import msgspec
import pytest
from msgspec import inspect

from services import catalogue
from services.partners.envelope import EventTooLarge, PartnerEvent, Unreadable
from services.partners.intake import offers_of
from services.partners.spreadsheet import SurplusCells, _kinds, rows
from shared.runtime.endpoints.problems import BadRequest
from shared.values.money import PENCE
from shared.values.refusals import Refusal

OFFERS = offers_of({name: service.commands for name, service in catalogue.DECIDING.items()})
SECRET = os.urandom(32)


def read(name: str, *lines: str, secret: bytes = SECRET) -> list[PartnerEvent | Unreadable | Refusal]:
    body = "\n".join(lines).encode()
    return [event for _, event in rows(body, OFFERS[name].declared, "county-council", lambda e: e.digest(secret))]


def one(name: str, *lines: str, secret: bytes = SECRET) -> PartnerEvent:
    (event,) = read(name, *lines, secret=secret)
    assert isinstance(event, PartnerEvent), event
    return event


def test_a_rows_id_cannot_be_used_to_guess_names() -> None:
    """Design 10: after an erasure, a hash without a key would still show whose row it was."""
    name, lines = "membership.register_person.v1", ("person,name,organisation", "p-1,Ida Brook,county-council")
    event = one(name, *lines)
    assert event.id == one(name, *lines).id
    assert event.id != one(name, *lines, secret=os.urandom(32)).id
    guess = [name, None, {"name": "Ida Brook", "organisation": "county-council", "person": "p-1"}]
    assert hashlib.sha256(msgspec.json.encode(guess)).hexdigest()[:40] not in event.id


READING = "project,measure,value,period_starts,period_ends,reported_by,note"


def test_a_cell_without_a_column_is_not_dropped() -> None:
    """Otherwise a comma in a note would cut the note short, and the short note would be recorded."""
    row = "programme,referrals,4,2014-07-01,2014-09-30,county-council"
    cut, padded = read("projects.read_measure.v1", READING, f"{row},Four, of which one again", f"{row},Four,,")
    assert isinstance(cut, SurplusCells)
    assert "8 cells" in cut.detail
    assert isinstance(padded, PartnerEvent)


@pytest.mark.parametrize("empty", [",,", ", , ", ",", "," * 500])
def test_a_spreadsheets_empty_columns_are_nothing(empty: str) -> None:
    """Spreadsheet programs also write the columns next to the table."""
    row = "programme,referrals,4,2014-07-01,2014-09-30,county-council,"
    padded = read("projects.read_measure.v1", READING + empty, row + empty, row, f"{row}Four{empty}")
    assert [isinstance(event, PartnerEvent) for event in padded] == [True, True, True]
    assert padded[0] == padded[1] == one("projects.read_measure.v1", READING, row)


def test_an_empty_column_may_stand_before_the_others() -> None:
    row = "programme,referrals,4,2014-07-01,2014-09-30,county-council,"
    assert one("projects.read_measure.v1", f",{READING}", f",{row}") == one("projects.read_measure.v1", READING, row)


def test_a_filled_cell_under_no_name_is_refused() -> None:
    row = "programme,referrals,4,2014-07-01,2014-09-30,county-council,"
    (filled,) = read("projects.read_measure.v1", f"{READING},,", f"{row},,seen")
    assert isinstance(filled, SurplusCells)
    assert filled.detail == "Cell 9 of the row's 9 cells is filled, and its column has no name."


@pytest.mark.parametrize("columns", [16_000, 40_000, 13])
def test_a_first_row_of_too_many_columns_is_refused_at_once(columns: int) -> None:
    begun = time.perf_counter()
    with pytest.raises(BadRequest, match=f"names {columns:,} columns; there are at most 12 to be filled"):
        read("projects.read_measure.v1", ",".join(f"c{number}" for number in range(columns)), "1")
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("", "empty"),
        ("\n", "empty"),
        (",,\n1,2,3", "empty"),
        ("project,project\n1,2", "'project' is there twice"),
    ],
)
def test_a_first_row_names_each_column_once(file: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        read("projects.read_measure.v1", file)


def test_a_row_that_is_too_large_is_refused_and_not_the_file() -> None:
    row = "programme,referrals,4,2014-07-01,2014-09-30,county-council"
    large, fits = read("projects.read_measure.v1", READING, f"{row},{'x' * 70_000}", f"{row},Four")
    assert isinstance(large, EventTooLarge)
    assert isinstance(fits, PartnerEvent)


@pytest.mark.parametrize("note", ["[1]", "{}", "[see the annex]", "{a}", "[" * 10_000, "4", "true"])
def test_text_stays_text_whatever_it_looks_like(note: str) -> None:
    row = "programme,referrals,4,2014-07-01,2014-09-30,county-council"
    assert one("projects.read_measure.v1", READING, f"{row},{note}").data["note"] == note


PAID = "contribution,reserve,organisation,amount_pence,paid_on"


@pytest.mark.parametrize(
    "amount", ["1250.00", "10923.63", "1.23457E+09", "125e2", "1,250", "£1250", "+1250", "١٢٥٠", "true"]
)
def test_pence_are_whole_and_neither_pounds_nor_rounded(amount: str) -> None:
    """What a spreadsheet shows as 1250.00 means pounds; 1.23457E+09 has lost digits."""
    event = one("funding.pay_contribution.v1", PAID, f'c-1,res,county-council,"{amount}",2026-05-01')
    with pytest.raises(msgspec.ValidationError, match=r"amount_pence must be a whole number.*`\$\.amount_pence`"):
        OFFERS["funding.pay_contribution.v1"].declared.build(event.body())


def test_whole_pence_and_other_numbers_are_taken() -> None:
    paid = one("funding.pay_contribution.v1", PAID, "c-1,res,county-council,125000,2026-05-01")
    assert paid.data["amount_pence"] == 125000
    row = "programme,referrals,{},2014-07-01,2014-09-30,county-council,"
    for said, value in {"4": 4, "4.0": 4, "-3": -3, "4.5": "4.5", "4E+09": "4E+09"}.items():
        assert one("projects.read_measure.v1", READING, row.format(said)).data["value"] == value


PROBLEM = "problem,project,text,raised_by"


@pytest.mark.parametrize("day", ["41967", "41967.5", "1767225600", "8/5/2026", "2026-05-08"])
def test_a_day_number_is_not_accepted_as_a_time(day: str) -> None:
    """A spreadsheet keeps 24 November 2014 as 41967: no moment in 1970, and no RFC 3339."""
    (refused,) = read("projects.raise_problem.v1", f"{PROBLEM},time", f"slow,prog,Slow,county-council,{day}")
    assert isinstance(refused, Unreadable)
    assert refused.problem.field == "$.time"
    event = one("projects.raise_problem.v1", f"{PROBLEM},happened_at", f"slow,prog,Slow,county-council,{day}")
    with pytest.raises(msgspec.ValidationError, match=r"`\$\.happened_at`"):
        OFFERS["projects.raise_problem.v1"].declared.build(event.body())


def test_all_money_that_partners_send_is_marked_as_pence() -> None:
    for offer in OFFERS.values():
        for field in msgspec.structs.fields(offer.declared.command):
            assert field.encode_name.endswith("_pence") == (PENCE in _kinds(inspect.type_info(field.type)))


def test_values_other_than_text_are_written_as_json() -> None:
    about = '"{""kind"": ""x"", ""slug"": ""y""}"'
    event = one("meetings.add_agenda_item.v1", "meeting,item,title,raised_by,about", f"m,i,[1],county-council,{about}")
    assert event.data["title"] == "[1]"
    assert event.data["about"] == {"kind": "x", "slug": "y"}
