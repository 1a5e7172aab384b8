"""The columns of views, derived from the fields of events: their names, SQL types and contract types."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect
from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

_KIND = "kind"
_SCALARS: dict[type[inspect.Type], TypeEngine[Any]] = {
    inspect.StrType: Text(),
    inspect.EnumType: Text(),
    inspect.LiteralType: Text(),
    inspect.IntType: BigInteger(),
    inspect.BoolType: Boolean(),
    inspect.DateType: Date(),
    inspect.DateTimeType: DateTime(timezone=True),
}


def column_of(name: str, kind: Any, *, key: bool = False) -> Column[Any]:
    """A column for values of a contract's type. Only a key is required, because an event sets only its own fields."""
    return Column(name, sql_type(kind), primary_key=key, info={_KIND: kind})


def kind_of(declared: Column[Any]) -> Any:
    """The contract's type of a column. One declared in SQL alone has the Python type of its SQL type, or null."""
    return declared.info.get(_KIND) or (
        declared.type.python_type if declared.primary_key else declared.type.python_type | None
    )


def sql_type(kind: Any) -> TypeEngine[Any]:
    """The SQL type of a contract's type: texts, numbers, days and lists of these as such, everything else as JSON."""
    return _sql_type(inspect.type_info(kind))


def may_be_null(kind: Any) -> bool:
    """Whether a contract's type allows null."""
    return any(isinstance(part, inspect.NoneType) for part in _alternatives(inspect.type_info(kind)))


def or_null(kind: Any) -> Any:
    """The contract's type, or null."""
    return kind if may_be_null(kind) else kind | None


def kinds_of(name: str, *shapes: type[msgspec.Struct]) -> dict[str, Any]:
    """The type of each field of any of these, by the name it has in JSON.

    The first makes a row, so its fields are there from the start; a field that only a later one sets is null until
    then. Raises ``ValueError`` if two classes have a field of one name and need columns of two types.
    """
    kinds: dict[str, Any] = {}
    for number, shape in enumerate(shapes):
        for field in msgspec.structs.fields(shape):
            known = kinds.get(field.encode_name)
            if known is None:
                kinds[field.encode_name] = or_null(field.type) if number else field.type
            elif repr(sql_type(known)) != repr(sql_type(field.type)):
                raise ValueError(f"{name}.{field.encode_name} is {sql_type(known)!r}, not as {shape.__name__} has it")
            elif may_be_null(field.type):
                kinds[field.encode_name] = or_null(known)
    return kinds


def _alternatives(found: inspect.Type) -> tuple[inspect.Type, ...]:
    while isinstance(found, inspect.Metadata):
        found = found.type
    return found.types if isinstance(found, inspect.UnionType) else (found,)


def _sql_type(found: inspect.Type) -> TypeEngine[Any]:
    kinds = [part for part in _alternatives(found) if not isinstance(part, inspect.NoneType)]
    if len(kinds) != 1:
        return JSONB()
    (only,) = kinds
    if isinstance(only, inspect.Metadata):
        return _sql_type(only)
    if isinstance(only, inspect.VarTupleType | inspect.ListType):
        item = _sql_type(only.item_type)
        return JSONB() if isinstance(item, JSONB | ARRAY) else ARRAY(item)
    return _SCALARS.get(type(only), JSONB())
