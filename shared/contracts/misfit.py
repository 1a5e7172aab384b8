"""What is wrong with a body that does not fit its record, in words for people: the field, and what is allowed there.

msgspec says "Expected `str` matching regex …" and quotes values. People are told what a field means and which values it
takes, from the type's own description, and never see a regular expression. What was sent is not repeated: it may be a
name, and partners' answers are kept for ever (design 10).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec
from msgspec import inspect

_PLACE = re.compile(r" - at `(?P<path>[^`]*)`\Z")
_NAMED = re.compile(r"field `(?P<name>[^`]*)`")
_STEP = re.compile(r"\.(?P<field>[^.\[]+)|\[(?P<item>[^\]]*)\]")
_KINDS = {
    inspect.StrType: "a text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.DateType: "a day such as 2014-11-24",
    inspect.DateTimeType: "a time with its zone, such as 2014-11-24T14:00:00Z (RFC 3339)",
    inspect.StructType: "an object",
    inspect.VarTupleType: "a list",
    inspect.NoneType: "null",
}


def explain(error: msgspec.ValidationError, record: type[msgspec.Struct]) -> msgspec.ValidationError:
    """The same error in words, its place at the end as msgspec has it."""
    text = str(error)
    found = _PLACE.search(text)
    path = found["path"] if found else "$"
    said = text[: found.start()] if found else text
    kinds = list(_at(_type_info(record), path))
    return msgspec.ValidationError(f"{_sentence(said, path, kinds)} - at `{path}`")


@cache
def _type_info(record: type[msgspec.Struct]) -> inspect.Type:
    # It takes a hundred times as long as the rest, and a sender chooses how often it is asked for.
    return inspect.type_info(record)


def _sentence(said: str, path: str, kinds: list[inspect.Type]) -> str:
    where = path.removeprefix("$").lstrip(".") or "The body"
    named = _NAMED.search(said)
    if named and said.startswith("Object missing"):
        meant = [field.type for field in _fields(kinds) if field.encode_name == named["name"]]
        return f"{_inside(where)}{named['name']} is missing. It is {_allowed(meant)}."
    if named and said.startswith("Object contains unknown"):
        names = ", ".join(sorted(field.encode_name for field in _fields(kinds)))
        return f"{_inside(where)}{named['name']} is not a field here. The fields are: {names}."
    return f"{where} must be {_allowed(kinds)}."


def _inside(where: str) -> str:
    return "" if where == "The body" else f"{where}: "


def _allowed(kinds: Iterable[inspect.Type]) -> str:
    """What a place takes, as the end of a sentence without its full stop."""
    found = list(dict.fromkeys(_described(kind) for kind in _bare(kinds)))
    return " or ".join(found) if found else "left out"


def _described(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(extra={"noun": str()}, extra_json_schema={"description": str() as meaning}):
            named = meaning[:1].lower() + meaning[1:].rstrip(".")
            return f"the slug of {named}: lower-case letters, digits and inner hyphens, at most 63 characters"
        case inspect.Metadata(extra={"partial_date": True}, extra_json_schema={"description": str() as meaning}):
            return meaning[:1].lower() + meaning[1:].rstrip(".")
        case inspect.Metadata(type=inner, extra_json_schema=schema):
            plain = _described(inner)
            if not isinstance(inner, inspect.StrType):
                return plain
            told = str((schema or {}).get("description", "")).rstrip(".")
            example = next(iter((schema or {}).get("examples", ())), "")
            return (
                plain + (f", such as {example}" if inner.pattern and example else "") + (f" ({told})" if told else "")
            )
        case inspect.EnumType(cls=members):
            return f"one of: {', '.join(str(member.value) for member in members if isinstance(member, enum.Enum))}"
        case inspect.LiteralType(values=values):
            return f"one of: {', '.join(str(value) for value in values)}"
        case inspect.StructType(tag=str() as tag, tag_field=str() as field):
            return f"an object with {field} {tag}"
    return _KINDS.get(type(kind), "something else") + _limits(kind)


def _limits(kind: inspect.Type) -> str:
    match kind:
        case inspect.StrType(min_length=least, max_length=most):
            unit = "characters"
        case inspect.IntType(ge=least, le=most):
            unit = ""
        case inspect.VarTupleType(min_length=least, max_length=most):
            unit = "entries"
        case _:
            return ""
    if least is None and most is None:
        return ""
    if least is None or most is None:
        bounds = f"at most {most:,}" if least is None else f"at least {least:,}"
    else:
        bounds = f"{least:,} to {most:,}"
    return f" of {bounds} {unit}" if unit else f", {bounds}"


def _bare(kinds: Iterable[inspect.Type]) -> Iterator[inspect.Type]:
    """The kinds that a union is made of, without null: that a field may be left out goes without saying."""
    for kind in kinds:
        match kind:
            case inspect.UnionType(types=types):
                yield from _bare(types)
            case inspect.Metadata(type=inspect.UnionType(types=types)):
                yield from _bare(types)
            case inspect.NoneType():
                pass
            case _:
                yield kind


def _fields(kinds: Iterable[inspect.Type]) -> Iterator[inspect.Field]:
    for kind in _structs(kinds):
        yield from kind.fields


def _structs(kinds: Iterable[inspect.Type]) -> Iterator[inspect.StructType]:
    for kind in _bare(kinds):
        inner = kind.type if isinstance(kind, inspect.Metadata) else kind
        if isinstance(inner, inspect.StructType):
            yield inner


def _at(kind: inspect.Type, path: str) -> Iterator[inspect.Type]:
    """The kinds that may stand at a path; more than one where a union leads there."""
    kinds = [kind]
    for step in _STEP.finditer(path):
        if step["field"] is not None:
            tags = [kind.tag for kind in _structs(kinds) if kind.tag_field == step["field"]]
            if tags:
                return iter([inspect.LiteralType(tuple(tags))])
            kinds = [field.type for field in _fields(kinds) if field.encode_name == step["field"]]
        else:
            kinds = [
                inner.item_type
                for each in _bare(kinds)
                for inner in [each.type if isinstance(each, inspect.Metadata) else each]
                if isinstance(inner, inspect.VarTupleType)
            ]
    return iter(kinds)
