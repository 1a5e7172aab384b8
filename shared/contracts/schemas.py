"""JSON Schemas (2020-12) of the events and their envelope, made from the declarations and the docstrings under fields.

A field's description is the docstring under it, else that of its type.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from functools import cache
from typing import Any

import msgspec

from shared.contracts.envelope import CloudEvent
from shared.contracts.event import EVENTS, Event

type Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CLAUSES = re.compile(r"Clauses? (?P<clauses>[^.]+)\.$")
_ANNOTATIONS = {"$schema", "$id", "title", "description", "examples"}


class NoMeaning(LookupError):
    """An event or value is declared without a docstring, or an event's docstring names no clause."""


def meaning_of(cls: type) -> str:
    """The first line of a class's docstring, without the clauses: the fact, as a sentence."""
    return CLAUSES.sub("", _first_line(cls)).strip()


def clauses_of(event_type: type[Event]) -> str:
    """The clauses an event is declared for, such as ``CAN-2, CAN-3``."""
    found = CLAUSES.search(_first_line(event_type))
    if found is None:
        raise NoMeaning(f"{event_type.__qualname__} names no clause; end its first line with 'Clause CAN-2.'")
    return found["clauses"]


def _first_line(cls: type) -> str:
    lines = (cls.__doc__ or "").strip().splitlines()
    if not lines:
        raise NoMeaning(f"{cls.__qualname__} has no docstring; say what it means")
    return lines[0]


@cache
def _written_under(module: str) -> dict[str, dict[str, str]]:
    """The docstrings under the fields of a module's classes: by class, then by field."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        node.name: {
            field.target.id: inspect.cleandoc(below.value.value).replace("\n", " ")
            for field, below in zip(node.body, node.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def _structs_of(struct: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """A record and all records inside it, by class name."""
    found: dict[str, type[msgspec.Struct]] = {}

    def look(node: object) -> None:
        if isinstance(node, msgspec.inspect.StructType):
            found[node.cls.__name__] = node.cls
            for part in node.fields:
                look(part.type)
        elif isinstance(node, msgspec.inspect.UnionType):
            for part_type in node.types:
                look(part_type)
        elif isinstance(node, msgspec.inspect.VarTupleType):
            look(node.item_type)
        elif isinstance(node, msgspec.inspect.Metadata):
            look(node.type)

    look(msgspec.inspect.type_info(struct))
    return found


def schema_of(struct: type[msgspec.Struct], name: str, title: str) -> Json:
    """The schema of a record, with what is written under its fields."""
    (_,), definitions = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    for cls in _structs_of(struct).values():
        written: dict[str, str] = {}
        for base in reversed([base for base in cls.__mro__ if base.__module__.startswith(__package__)]):
            written |= _written_under(base.__module__).get(base.__name__, {})
        for field, encoded in zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True):
            if field in written:
                definitions[cls.__name__]["properties"][encoded]["description"] = written[field]
    definitions = msgspec.json.decode(msgspec.json.encode(definitions))  # lists for tuples, as readers will see it
    whole = definitions.pop(struct.__name__)
    whole["title"] = title
    if definitions:
        whole["$defs"] = definitions
    return {"$schema": DIALECT, "$id": f"/schemas/{name}.json", **whole}


def event_schema(name: str) -> Json:
    """The schema of an event's ``data``, by the event's declared name."""
    return schema_of(EVENTS[name], name, name)


def envelope_schema() -> Json:
    """The schema of the envelope round every event; ``data`` is anything."""
    schema = schema_of(CloudEvent, "envelope", "Folkmoot event envelope")
    # A default in our record, yet always written, and required of every producer (CloudEvents § Required Attributes).
    schema["required"] = ["specversion", *schema["required"]]
    return schema


def shape(schema: Json) -> Json:
    """A schema without its names, descriptions and examples: what a reader's program depends on."""

    def bare(node: Any, *, keys_are_names: bool = False) -> Any:
        if isinstance(node, list):
            return [bare(part) for part in node]
        if not isinstance(node, dict):
            return node
        return {
            key: bare(part, keys_are_names=not keys_are_names and key in {"properties", "$defs"})
            for key, part in node.items()
            if keys_are_names or key not in _ANNOTATIONS
        }

    stripped: Json = bare(schema)
    return stripped
