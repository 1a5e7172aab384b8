"""An example of every event, made from the examples and limits of its field types, so that none is forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from msgspec.inspect import (
    BoolType,
    DateTimeType,
    DateType,
    EnumType,
    Field,
    IntType,
    LiteralType,
    Metadata,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
)

from shared.contracts.envelope import CloudEvent, encode, encode_data
from shared.contracts.event import EVENTS, Event, subject

_HAPPENED = dt.datetime(2014, 11, 24, 14, 40, tzinfo=dt.UTC)
_RECORDED = dt.datetime(2014, 11, 26, 9, 15, tzinfo=dt.UTC)


class NoExample(LookupError):
    """A field's type tells no example, and none can be made up; give its ``Meta`` one."""


def example(name: str, *, sparse: bool = False) -> Event:
    """The example of an event: every field filled, or with ``sparse`` only those that have no default."""
    event_type = EVENTS[name]
    data = _value(msgspec.inspect.type_info(event_type), sparse, name)
    return msgspec.json.decode(msgspec.json.encode(data), type=event_type)


def example_data(name: str, *, sparse: bool = False) -> Any:
    """The example as it is written: plain JSON values, defaults left out."""
    return msgspec.json.decode(msgspec.json.encode(example(name, sparse=sparse)))


def example_of(struct: type[msgspec.Struct], *, sparse: bool = False) -> dict[str, Any]:
    """The example of any record, as plain JSON values."""
    found: dict[str, Any] = msgspec.to_builtins(_value(msgspec.inspect.type_info(struct), sparse, struct.__name__))
    return found


def example_entry(name: str) -> bytes:
    """The example in its envelope, as it is stored, published and hashed."""
    fact = example(name)
    return encode(
        CloudEvent(
            id="01936032-3a80-7000-8000-000000000001",
            source=f"/{name.partition('.')[0]}",
            type=name,
            subject=subject("cannock-chase", fact),
            subjectversion=1,
            partnership="cannock-chase",
            time=_HAPPENED,
            recordedtime=_RECORDED,
            actor="clerk",
            authority="Strategic Board, 24 November 2014, minute 5",
            correlationid="01936032-3a80-7000-8000-000000000000",
            data=encode_data(fact),
        )
    )


def _value(kind: Type, sparse: bool, where: str) -> Any:
    """An example of a type, as JSON has it."""
    match kind:
        case Metadata(extra_json_schema={"examples": [first, *_]}):
            return first
        case Metadata(type=inner):
            return _value(inner, sparse, where)
        case StructType(fields=fields, tag_field=tag_field, tag=tag):
            own = {} if tag_field is None else {tag_field: tag}
            return own | {
                field.encode_name: _field(field, sparse, f"{where}.{field.encode_name}")
                for field in fields
                if field.required or not sparse
            }
        case UnionType(types=types):
            return _value(next(part for part in types if not isinstance(part, NoneType)), sparse, where)
        case VarTupleType(item_type=item):
            return [_value(item, sparse, where)]
        case EnumType(cls=members):
            return next(iter(members)).value
        case LiteralType(values=values):
            return values[0]
        case BoolType():
            return True
        case DateType():
            return _HAPPENED.date()
        case DateTimeType():
            return _HAPPENED
        case StrType() | IntType():
            raise NoExample(f"{where} has no example; give its type one: Meta(examples=[…])")
    raise NoExample(f"{where} is of a type that no event has had: {kind}; say in {__name__} how to make an example")


def _field(field: Field, sparse: bool, where: str) -> Any:
    """An example of a field; never its default, which would not be written."""
    found = _value(field.type, sparse, where)
    return not found if isinstance(found, bool) and found == field.default else found
