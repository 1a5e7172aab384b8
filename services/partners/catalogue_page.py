"""The catalogue: a page for people about the events that partners may send and that the platform publishes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2

from services.partners.intake import Offer, Offers
from services.partners.published import address_of, command_schema, example_event
from shared.contracts import publish
from shared.contracts.event import EVENTS
from shared.contracts.examples import example_data
from shared.contracts.schemas import Json, clauses_of, event_schema, meaning_of

KINDS = {"string": "text", "integer": "whole number", "boolean": "yes or no", "object": "object", "number": "number"}


@dataclass(frozen=True)
class Field:
    """A field, as a row of its type's table."""

    name: str
    kind: str
    is_required: bool
    meaning: str


@dataclass(frozen=True)
class Entry:
    """A type of event on the page."""

    name: str
    title: str
    anchor: str
    meaning: str
    note: str
    fields: list[Field]
    example: str
    schema: str


@dataclass(frozen=True)
class Part:
    """The types of one service."""

    service: str
    about: str
    entries: list[Entry]


def catalogue_page(offers: Offers) -> str:
    """The page: a single file that needs no scripts."""
    return _environment.get_template("catalogue.html").render(
        sent=list(_sent(offers)),
        published=list(_published()),
        event_schema=address_of("partner-event"),
        answer_schema=address_of("partner-answer"),
    )


def _sent(offers: Offers) -> Iterator[Part]:
    for service in dict.fromkeys(offer.service for offer in offers.values()):
        entries = [_command(offer) for offer in offers.values() if offer.service == service]
        yield Part(service, "", entries)


def _command(offer: Offer) -> Entry:
    declared = offer.declared
    schema = command_schema(offer)
    first, _, rest = declared.meaning.partition("\n")
    own = declared.acts_for
    return Entry(
        name=declared.name,
        title=_words(declared.name),
        anchor=declared.name,
        meaning=first,
        note=" ".join(rest.split()) + (f" The field {own} names your own organisation." if own else ""),
        fields=_fields(schema, must={own} if own else set()),
        example=json.dumps(example_event(offer), indent=2, ensure_ascii=False),
        schema=address_of(declared.name),
    )


def _published() -> Iterator[Part]:
    for service, names in publish.services().items():
        yield Part(service, "", [_event(name) for name in names])


def _event(name: str) -> Entry:
    return Entry(
        name=name,
        title=_words(name),
        anchor=name,
        meaning=meaning_of(EVENTS[name]),
        note=f"Clauses: {clauses_of(EVENTS[name])}.",
        fields=_fields(event_schema(name), must=set()),
        example=json.dumps(example_data(name), indent=2, ensure_ascii=False),
        schema=address_of(name),
    )


def _words(name: str) -> str:
    """``Read measure`` of ``projects.read_measure.v1``."""
    return name.split(".")[1].replace("_", " ").capitalize()


def _fields(schema: Json, must: set[str]) -> list[Field]:
    definitions = schema.get("$defs", {})
    required = {*schema.get("required", ()), *must}
    found = [
        Field(name, _kind(part, definitions), name in required, _meaning(part, definitions))
        for name, part in schema["properties"].items()
    ]
    return sorted(found, key=lambda field: not field.is_required)


def _kind(part: Json, definitions: Json) -> str:
    variants = [one for one in part.get("anyOf", [part]) if one.get("type") != "null"]
    return " or ".join(_one_kind(one, definitions) for one in variants)


def _one_kind(part: Json, definitions: Json) -> str:
    named = _named(part, definitions)
    if "enum" in named:
        return "one of " + ", ".join(str(value) for value in named["enum"])
    if named.get("type") == "array":
        return f"list of {_kind(named['items'], definitions)}"
    if "properties" in named:
        return f"object of {', '.join(named['properties'])}"
    return str(named.get("format") or KINDS.get(str(named.get("type")), "any"))


def _meaning(part: Json, definitions: Json) -> str:
    found = part.get("description") or next(
        (
            text
            for one in part.get("anyOf", [part])
            if (text := _named(one, definitions).get("description") or one.get("description"))
        ),
        "",
    )
    return str(found)


def _named(part: Json, definitions: Json) -> Json:
    found: Json = definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    return found


_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
