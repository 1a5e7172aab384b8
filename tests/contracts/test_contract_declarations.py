"""Every declaration must have a fact, a clause, a name that fits, and limits on everything."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts import publish
from shared.contracts.event import EVENTS, Event, event
from shared.contracts.membership.people import PersonRegistered, Sealed
from shared.contracts.schemas import NoMeaning, clauses_of, event_schema, meaning_of

NAMES = publish.published()
CLAUSE = re.compile(r"^([A-Z]{3}(24)?-[0-9]+|X-[0-9]+|design [0-9]+)$")


def test_five_services_declare_events() -> None:
    assert {name.partition(".")[0] for name in NAMES} == {"membership", "meetings", "funding", "projects", "partners"}


def test_importing_the_contracts_declares_everything() -> None:
    ask = "import shared.contracts; from shared.contracts.event import EVENTS; print(*sorted(EVENTS))"
    answer = subprocess.run([sys.executable, "-c", ask], cwd=publish.ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_says_its_fact_and_its_clause(name: str) -> None:
    assert meaning_of(EVENTS[name]).endswith(".")
    for clause in clauses_of(EVENTS[name]).split(", "):
        assert CLAUSE.match(clause), f"{clause!r} is no clause of the documents, nor of the design"


def test_an_event_without_a_clause_is_found() -> None:
    class SeatPainted(Event, frozen=True, kw_only=True):
        """A seat was painted."""

    with pytest.raises(NoMeaning, match="names no clause"):
        clauses_of(SeatPainted)


@pytest.mark.parametrize("name", NAMES)
def test_an_events_class_has_its_name_and_is_in_its_services_contracts(name: str) -> None:
    service, happened, _ = name.split(".")
    assert re.sub(r"(?<=[a-z])(?=[A-Z])", "_", EVENTS[name].__name__).lower() == happened
    assert EVENTS[name].__module__.split(".")[:3] == ["shared", "contracts", service]


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):

        @event("membership.seat_filled.v1", about="group")
        class SeatFilledAgain(Event, frozen=True, kw_only=True):
            """A seat was filled again."""


def test_an_event_with_positional_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="kw_only"):

        @event("membership.seat_painted.v1", about="group")
        class SeatPainted(Event, frozen=True):
            """A seat was painted."""

            seat: str

    assert "membership.seat_painted.v1" not in EVENTS


def _leaves(schema: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for field, part in schema.get("properties", {}).items():
        yield from _leaves(part, f"{path}.{field}")
    for part in schema.get("anyOf", ()):
        yield from _leaves(part, path)
    if "items" in schema:
        yield from _leaves(schema["items"], f"{path}[]")
    for definition, part in schema.get("$defs", {}).items():
        yield from _leaves(part, definition)
    if schema.get("type") in {"string", "integer", "number", "array"}:
        yield path, schema


@pytest.mark.parametrize("name", NAMES)
def test_every_text_number_and_list_has_its_limits(name: str) -> None:
    for path, leaf in _leaves(event_schema(name), name):
        match leaf["type"]:
            case "string":
                assert "maxLength" in leaf or "format" in leaf, f"{path} may be of any length"
            case "integer":
                assert {"minimum", "maximum"} <= leaf.keys(), f"{path} may be of any size"
            case "array":
                assert "maxItems" in leaf, f"{path} may hold any number"
            case kind:
                pytest.fail(f"{path} is a {kind}: no event may contain a float")


@pytest.mark.parametrize("name", NAMES)
def test_amounts_are_whole_pence_and_say_so(name: str) -> None:
    for path, leaf in _leaves(event_schema(name), name):
        field = path.rpartition(".")[2]
        if any(word in field for word in ("amount", "pence", "estimate", "total", "difference")):
            assert field.endswith("_pence"), path
            assert leaf["type"] == "integer", path


def test_a_persons_name_and_contact_are_sealed() -> None:
    assert PersonRegistered.__annotations__["name"] == "Sealed"
    assert PersonRegistered.__annotations__["contact"] == "Sealed | None"
    assert Sealed.__struct_fields__ == ("ciphertext",)
