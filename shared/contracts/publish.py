"""What is made from the declarations: schemas, the AsyncAPI document, the catalogue for people, and the goldens.

``python -m shared.contracts.publish write`` writes all files, ``check`` names those that are out of date and exits 1.

A golden says what an event looked like when it was first published. ``write`` makes missing goldens and never changes
one: an event whose golden no longer fits has changed its meaning for its readers and needs a new name, ``.v2``, beside
the old. Only before the first release of Folkmoot may a golden be deleted and made again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from shared.contracts import partners_channels
from shared.contracts.envelope import CONTENT_TYPE, SEQUENCE_HEADER, SOURCE_HEADER, STREAM
from shared.contracts.event import EVENTS
from shared.contracts.examples import NoExample, example_data, example_entry
from shared.contracts.schemas import Json, NoMeaning, clauses_of, envelope_schema, event_schema, meaning_of, shape

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: ``docs`` and ``tests`` lie in it."""
GOLDENS = Path("tests/contracts/golden")
SCHEMAS = Path("docs/schemas")
PARTNERS_SCHEMAS = SCHEMAS / "partners"
"""Made by ``python -m services.command_line.contracts``: here, only which there are is asked."""
_CHANGED = (
    "differs from its declaration; a published event never changes: declare a new version (.v2). "
    "Only before the first release: delete the golden and run `make contracts`"
)
_SERVICES = ("membership", "meetings", "funding", "projects", "partners")
"""In the order of the catalogue."""
_PUBLISHED = {
    service: [name for name, declared in EVENTS.items() if declared.__module__.split(".")[2:3] == [service]]
    for service in _SERVICES
}
"""By service. Later, ``EVENTS`` holds events that tests declare for themselves, too."""


@cache
def services() -> dict[str, list[str]]:
    """The names of the published events by service, in the order of their declaration."""
    return _PUBLISHED


def published() -> list[str]:
    """The names of all published events. (``EVENTS`` holds events that tests declare for themselves, too.)"""
    return [name for names in services().values() for name in names]


def documents() -> dict[Path, str]:
    """Every generated document by its path in the checkout. Goldens are not: they never change."""
    schemas = {SCHEMAS / f"{name}.json": _json(event_schema(name)) for name in published()}
    return schemas | {
        SCHEMAS / "envelope.json": _json(envelope_schema()),
        Path("docs/asyncapi.json"): _json(asyncapi(_partners_commands())),
        Path("docs/events.md"): catalogue(),
    }


def goldens() -> dict[Path, str]:
    """What the golden of every event says today, by its path in the checkout."""
    return {
        GOLDENS / f"{name}.json": _json({"name": name, "schema": shape(event_schema(name)), "data": example_data(name)})
        for name in published()
    }


def _partners_commands() -> list[str]:
    """The commands partners may send: services declare them. They have schemas, as events have."""
    names = (path.name.removesuffix(".json") for path in (ROOT / PARTNERS_SCHEMAS).glob("*.v*.json"))
    return sorted(names)


def asyncapi(commands: Sequence[str]) -> Json:
    """The AsyncAPI 3.0 document: what services send over NATS, event by event, and what partners' systems send them.

    It refers to the schemas, which are separate files. ``commands``: the types of events that partners send.
    """
    channels: Json = {}
    operations: Json = {}
    messages: Json = {}
    for name in published():
        event_type = EVENTS[name]
        fact, key = meaning_of(event_type), name.replace(".", "-")
        channels[key] = {
            "address": f"events.{{partnership}}.{name}",
            "title": event_type.__name__,
            "description": fact,
            "parameters": {"partnership": {"$ref": "#/components/parameters/partnership"}},
            "messages": {"event": {"$ref": f"#/components/messages/{key}"}},
        }
        operations[f"send-{key}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{key}"},
            "summary": fact,
            "messages": [{"$ref": f"#/channels/{key}/messages/event"}],
        }
        messages[key] = {
            "name": name,
            "title": event_type.__name__,
            "summary": fact,
            "description": f"Clauses: {clauses_of(event_type)}.",
            "contentType": CONTENT_TYPE,
            "headers": {"$ref": "#/components/schemas/headers"},
            "payload": {
                "allOf": [
                    {"$ref": "./schemas/envelope.json"},
                    {"properties": {"type": {"const": name}, "data": {"$ref": f"./schemas/{name}.json"}}},
                ]
            },
            "examples": [{"name": "example", "payload": json.loads(example_entry(name))}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Folkmoot events",
            "version": "1",
            "description": "What the deciding services of a partnership publish, one subject an event. "
            f"Messages are CloudEvents 1.0 in JSON; JetStream stream {STREAM} holds them. Partners' systems send "
            "theirs on channels of their own, and are answered.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": channels | partners_channels.channels(),
        "operations": operations | partners_channels.operations(),
        "components": {
            "parameters": {
                "partnership": {"description": "The partnership's slug.", "examples": ["cannock-chase"]},
                "organisation": {"description": "The organisation's slug.", "examples": ["county-council"]},
                "service": {"description": "The service concerned.", "examples": ["projects"]},
            },
            "schemas": {"headers": _headers(), "partnersHeaders": partners_channels.headers()},
            "messages": messages | partners_channels.messages(commands),
        },
    }


def _headers() -> Json:
    return {
        "type": "object",
        "properties": {
            "Nats-Msg-Id": {"type": "string", "description": "The event's id."},
            SOURCE_HEADER: {"type": "string", "enum": list(services()), "description": "The service it comes from."},
            SEQUENCE_HEADER: {
                "type": "string",
                "pattern": "^[1-9][0-9]*$",
                "description": "The source's own number of this event: from 1, without gaps.",
            },
        },
        "required": ["Nats-Msg-Id", SOURCE_HEADER, SEQUENCE_HEADER],
    }


def catalogue() -> str:
    """``docs/events.md``: every event for people to read."""
    lines = [
        "# Events",
        "",
        "Everything that can happen in a partnership, as its services record and publish it. This page is made from",
        "`shared/contracts` by `make contracts`; edit the declarations, not the page.",
        "",
        "Each event travels in an envelope, a CloudEvent ([schema](schemas/envelope.json)), that says to which",
        "partnership and thing it happened, when it happened and was recorded, who did it and by what authority.",
        "Below is what is inside, its `data`. A field marked *optional* is left out where there is nothing to say.",
        "An example fills every field so that each is seen; a real event has those that apply. Money is whole pence.",
        "",
        "A published event never changes: a new meaning is a new version, and the",
        "[goldens](../tests/contracts/golden) keep that promise.",
        "",
    ]
    for service, names in services().items():
        module = sys.modules[f"shared.contracts.{service}"]
        about = (module.__doc__ or "").strip().splitlines()[0]
        lines += [f"## {service}", "", about, "", "| event | fact | clauses |", "| --- | --- | --- |"]
        lines += [
            f"| [`{name}`](#{_anchor(name)}) | {meaning_of(EVENTS[name])} | {clauses_of(EVENTS[name])} |"
            for name in names
        ]
        lines.append("")
        for name in names:
            lines += _entry(name)
    return "\n".join(lines).rstrip() + "\n"


def _entry(name: str) -> list[str]:
    schema = event_schema(name)
    return [
        f"### {name}",
        "",
        f"{meaning_of(EVENTS[name])} *{clauses_of(EVENTS[name])}* · [schema](schemas/{name}.json)",
        "",
        "| field | type | meaning |",
        "| --- | --- | --- |",
        *_rows(schema, schema.get("$defs", {}), ""),
        "",
        "```json",
        json.dumps(example_data(name), indent=2, ensure_ascii=False),
        "```",
        "",
    ]


def _rows(record: Json, definitions: Json, before: str) -> list[str]:
    """A table row for each field of a record, those of records inside it right below it."""
    rows: list[str] = []
    for field, schema in record["properties"].items():
        variants = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
        inner = [part.get("items", part) for part in variants]
        kinds = " or ".join(_kind(part, definitions) for part in variants)
        meaning = schema.get("description") or next(
            (text for part in inner if (text := _named(part, definitions).get("description"))), ""
        )
        optional = "" if field in record.get("required", ()) else ", *optional*"
        rows.append(f"| `{before}{field}` | {kinds}{optional} | {meaning} |")
        for part in inner:
            named = _named(part, definitions)
            if "properties" in named:
                many = "[]" if "items" in variants[0] else ""
                rows += _rows(named, definitions, f"{before}{field}{many}.")
    return rows


def _named(schema: Json, definitions: Json) -> Json:
    """The definition a schema refers to, or the schema itself."""
    found: Json = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _kind(schema: Json, definitions: Json) -> str:
    """How a field's type is called on the page."""
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'], definitions)}"
    named = _named(schema, definitions)
    if "enum" in named:
        return ", ".join(f"`{value}`" for value in named["enum"])
    if "$ref" in schema:
        return str(named["title"])
    words = {"string": "text", "integer": "whole number", "boolean": "yes or no"}
    return str(schema.get("format", words[schema["type"]]))


def _anchor(name: str) -> str:
    """The address GitHub gives a heading."""
    return name.replace(".", "")


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def stale(root: Path) -> dict[Path, str]:
    """The files of a checkout that do not say what the declarations say, each with why and what to do."""
    wrong: dict[Path, str] = {}
    for path, text in documents().items():
        if not (root / path).exists():
            wrong[path] = "is missing; run `make contracts`"
        elif (root / path).read_text(encoding="utf-8") != text:
            wrong[path] = "is stale; run `make contracts`"
    for path, text in goldens().items():
        if not (root / path).exists():
            wrong[path] = "is missing; run `make contracts`"
        elif json.loads((root / path).read_text(encoding="utf-8")) != json.loads(text):
            wrong[path] = _CHANGED
    for path in _superfluous(root, SCHEMAS, documents()):
        wrong[path] = "belongs to no declared event; delete it"
    for path in _superfluous(root, GOLDENS, goldens()):
        wrong[path] = "belongs to no declared event; a published event stays declared: put it back"
    return wrong


def _superfluous(root: Path, folder: Path, known: dict[Path, str]) -> list[Path]:
    return sorted(path for file in (root / folder).glob("*.json") if (path := folder / file.name) not in known)


def write(root: Path) -> dict[Path, str]:
    """Make every document and the missing goldens. Returns what is still wrong and needs a person."""
    missing_goldens = {path: text for path, text in goldens().items() if not (root / path).exists()}
    for path, text in (documents() | missing_goldens).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return stale(root)


def main(arguments: list[str]) -> int:
    """``write`` or ``check``; the exit status says whether all is as declared."""
    if arguments not in (["write"], ["check"]):
        print("usage: python -m shared.contracts.publish write|check", file=sys.stderr)
        return 2
    try:
        wrong = write(ROOT) if arguments == ["write"] else stale(ROOT)
    except (NoExample, NoMeaning) as missing:
        print(missing, file=sys.stderr)
        return 1
    for path, what in wrong.items():
        print(f"{path} {what}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
