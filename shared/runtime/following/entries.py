"""Entries: the records that readers see of a view, one for each row, declared from the view's table.

A noun's ``view.py`` declares them::

    @entry(question, leaves_out=("answer", "answered_on"), where=question.c.answered_on.is_(None))
    class OpenQuestion:
        \"\"\"A question that is carried from report to report (CAN-7).\"\"\"

    @entry(problem)
    class OpenProblem:
        \"\"\"A problem of a project with its mitigations (CAN-6).\"\"\"

        mitigations: list[AgreedMitigation]

An entry's fields are the table's columns with the contract's own types, then the fields that the class names itself
(its parts, or computed values), then ``sources``. A record that is not made from one table is a ``msgspec.Struct``.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, cast, get_type_hints

import msgspec
from sqlalchemy import ColumnElement, Select, Table, select

from shared.runtime.following.columns import kind_of

Sources = Annotated[list[int], msgspec.Meta(description="Ledger positions of the events it comes from.")]

_SOURCE = "__source__"


def entry[E](
    table: Table, /, *, leaves_out: Collection[str] = (), where: ColumnElement[bool] | None = None, **computed: Any
) -> Callable[[type[E]], type[E]]:
    """Declare an entry of a table.

    ``leaves_out`` names columns that readers do not need. ``where`` selects the rows that are such entries.
    ``computed`` are SQL expressions over the table, for fields that the class names.
    """
    unknown = set(leaves_out) - set(table.c.keys())
    if unknown:
        raise ValueError(f"{table.name} has no column {min(unknown)!r} to leave out")
    rows = select(table, *(expression.label(name) for name, expression in computed.items()))
    if where is not None:
        rows = rows.where(where)

    def declare(cls: type[E]) -> type[E]:
        columns = {str(c.name): kind_of(c) for c in table.c if c.name not in {"partnership", "sources", *leaves_out}}
        kinds = {**columns, **get_type_hints(cls, include_extras=True), "sources": Sources}
        made = msgspec.defstruct(
            cls.__name__,
            [(_attribute(name), kind) for name, kind in kinds.items()],
            module=cls.__module__,
            namespace={"__doc__": cls.__doc__, "__qualname__": cls.__qualname__, _SOURCE: (table, rows)},
            rename={_attribute(name): name for name in kinds},
            frozen=True,
            kw_only=True,
        )
        return cast(type[E], made)

    return declare


def source_of(kind: type) -> tuple[Table, Select[Any]]:
    """The table that an entry is made from, and its rows of all partnerships."""
    source: tuple[Table, Select[Any]] = getattr(kind, _SOURCE)
    return source


def as_entry[E](kind: type[E], row: Mapping[Any, Any], /, **more: object) -> E:
    """An entry, or any ``Struct``, from a row's columns of the same names, and from ``more`` for other fields.

    Raises ``TypeError`` if the row does not fit: a fault in the declaration, never the reader's.
    """
    names: tuple[str, ...] = kind.__struct_encode_fields__  # type: ignore[attr-defined] # every Struct has it
    try:
        return msgspec.convert({name: more[name] if name in more else row[name] for name in names}, kind)
    except msgspec.ValidationError as error:
        raise TypeError(f"a row does not fit {kind.__name__}: {error}") from None


def _attribute(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name
