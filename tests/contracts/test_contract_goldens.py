"""Goldens: a published event stays readable, with the same meaning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from shared.contracts import event as event_module
from shared.contracts import publish
from shared.contracts.event import EVENTS, Event, declaration_of, decode
from shared.contracts.examples import example
from shared.contracts.membership.terms_of_reference import QuorumNumber, TermsOfReferenceAdopted
from shared.contracts.nouns import Day, GroupSlug, PersonSlug, SeatSlug
from shared.contracts.schemas import event_schema, shape
from shared.values.identifiers import Name

FOLDER = publish.ROOT / publish.GOLDENS
NAMES = publish.published()
FILLED = "membership.seat_filled.v1"


def golden(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_every_event_has_a_golden_and_every_golden_its_event() -> None:
    assert {file.name.removesuffix(".json") for file in FOLDER.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_still_has_the_schema_it_was_published_with(name: str) -> None:
    assert golden(name)["name"] == name
    assert shape(event_schema(name)) == golden(name)["schema"]


@pytest.mark.parametrize("name", NAMES)
def test_an_event_published_long_ago_reads_and_writes_the_same(name: str) -> None:
    data = golden(name)["data"]
    assert json.loads(msgspec.json.encode(decode(name, json.dumps(data).encode()))) == data


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_shows_every_field(name: str) -> None:
    assert set(golden(name)["data"]) == set(EVENTS[name].__struct_encode_fields__)


@pytest.mark.parametrize("name", NAMES)
def test_what_has_nothing_to_say_is_left_out(name: str) -> None:
    sparse = example(name, sparse=True)
    written = json.loads(msgspec.json.encode(sparse))
    assert set(written) == set(event_schema(name).get("required", ()))
    assert decode(name, json.dumps(written).encode()) == sparse


def test_a_quorum_that_is_a_number_reads_and_writes_the_same() -> None:
    terms = example("membership.terms_of_reference_adopted.v1")
    assert isinstance(terms, TermsOfReferenceAdopted)
    fixed = msgspec.structs.replace(terms, terms=msgspec.structs.replace(terms.terms, quorum=QuorumNumber(members=4)))
    data = msgspec.json.encode(fixed)
    assert json.loads(data)["terms"]["quorum"] == {"kind": "number", "members": 4}
    assert decode("membership.terms_of_reference_adopted.v1", data) == fixed


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which everything has been published."""
    assert publish.write(tmp_path) == {}
    return tmp_path


class SeatFilledOtherwise(Event, frozen=True, kw_only=True):
    """A person became the representative in a seat, by election. Clause STK-4."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    in_force_from: Day
    elected_by: Annotated[Name, msgspec.Meta(examples=["Residents' network"])] | None = None


def test_a_changed_event_is_refused_and_its_golden_kept(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (checkout / publish.GOLDENS / f"{FILLED}.json").read_bytes()
    monkeypatch.setitem(event_module._declarations, SeatFilledOtherwise, declaration_of(EVENTS[FILLED]))
    monkeypatch.setitem(EVENTS, FILLED, SeatFilledOtherwise)
    wrong = publish.write(checkout)
    assert list(wrong) == [publish.GOLDENS / f"{FILLED}.json"]
    assert "declare a new version" in wrong[publish.GOLDENS / f"{FILLED}.json"]
    assert (checkout / publish.GOLDENS / f"{FILLED}.json").read_bytes() == before


def test_an_event_taken_away_is_missed(checkout: Path) -> None:
    gone = publish.GOLDENS / "membership.seat_painted.v1.json"
    (checkout / gone).write_text("{}")
    assert "stays declared" in publish.stale(checkout)[gone]


def test_a_new_event_gets_a_golden(checkout: Path) -> None:
    (checkout / publish.GOLDENS / f"{FILLED}.json").unlink()
    assert list(publish.stale(checkout)) == [publish.GOLDENS / f"{FILLED}.json"]
    assert publish.write(checkout) == {}


def test_a_better_description_needs_no_new_version() -> None:
    schema = event_schema(FILLED)
    assert shape(schema | {"description": "Somebody took a seat.", "title": "Another"}) == shape(schema)


def test_a_field_called_title_is_part_of_the_shape() -> None:
    assert shape(event_schema("projects.project_started.v1"))["properties"]["title"]["maxLength"] == 200
