"""Pages of a list by keyset: each page starts after the last entry of the one before, however many rows are added."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, UnaryExpression, and_, false, or_
from sqlalchemy.sql import operators

from shared.runtime.endpoints.problems import BadRequest
from shared.runtime.endpoints.reading import ReadContext

Limit = Annotated[int, msgspec.Meta(ge=1, le=200, description="How many entries at most.")]
After = Annotated[
    str,
    msgspec.Meta(description="Where the previous page ended: take it from its `Link` header with `rel=next`."),
]

_COMPARABLE: dict[type, Any] = {
    str: Annotated[str, msgspec.Meta(pattern=r"^[^\u0000]*$")],
    int: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)],
}
"""What PostgreSQL can compare texts and numbers with."""


@dataclass
class Page:
    """The requested page of a list and, once its rows are read, the start of the next page."""

    limit: int = 50
    after: str | None = None
    next: str | None = field(default=None, init=False)
    """The cursor of the next page; None if this is the last."""

    def rows(self, reading: ReadContext, statement: Select[Any], *order: ColumnElement[Any]) -> Sequence[RowMapping]:
        """This page of a query, in this order, and then by key. Nulls come last.

        The statement selects from tables, joined or not, or from a subquery that has their keys. The joins are inner
        joins: in an outer join a column can be null that its table declares as never null.
        Raises ``BadRequest`` for a cursor that is not from this list.
        """
        named = {_Sorted.by(by).column.key for by in order}
        keys = [key for source in statement.get_final_froms() for key in source.primary_key if key.key not in named]
        sort = [_Sorted.by(by) for by in (*order, *(key for key in keys if key.key != "partnership"))]
        if self.after is not None:
            statement = statement.where(_beyond(sort, _values(self.after, sort)))
        statement = statement.add_columns(*(by.column.label(f"_after_{n}") for n, by in enumerate(sort)))
        rows = reading.rows(statement.order_by(*(by.clause for by in sort)).limit(self.limit + 1))
        if len(rows) > self.limit:
            last = rows[self.limit - 1]
            self.next = _cursor([last[f"_after_{n}"] for n in range(len(sort))])
        return rows[: self.limit]


@dataclass(frozen=True)
class _Sorted:
    """One column that a list is sorted by."""

    column: ColumnElement[Any]
    descending: bool

    @classmethod
    def by(cls, clause: ColumnElement[Any]) -> _Sorted:
        modifier = clause.modifier if isinstance(clause, UnaryExpression) else None
        if modifier in (operators.asc_op, operators.desc_op):
            return cls(clause.element, modifier is operators.desc_op)
        if modifier is not None:
            raise ValueError(f"a page is sorted by columns, ascending or descending, not by {clause}")
        return cls(clause, False)

    @property
    def nullable(self) -> bool:
        return getattr(self.column, "nullable", True)

    @property
    def clause(self) -> ColumnElement[Any]:
        clause = self.column.desc() if self.descending else self.column.asc()
        # An index is in the order of a plain clause, so that PostgreSQL can read it instead of sorting.
        return clause.nulls_last() if self.nullable else clause


def _beyond(sort: Sequence[_Sorted], values: Sequence[Any]) -> ColumnElement[bool]:
    """The rows that come after the one with these values."""
    if not sort:
        return false()
    column, value, rest = sort[0].column, values[0], _beyond(sort[1:], values[1:])
    if value is None:
        return and_(column.is_(None), rest)
    further = column < value if sort[0].descending else column > value
    if not sort[0].nullable:
        # PostgreSQL looks up in an index only what is outside an OR.
        return and_(column <= value if sort[0].descending else column >= value, or_(further, rest))
    return or_(further, column.is_(None), and_(column == value, rest))


def _cursor(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _values(cursor: str, sort: Sequence[_Sorted]) -> Sequence[Any]:
    kinds = [by.column.type.python_type for by in sort]
    expected: Any = tuple[*(_COMPARABLE.get(kind, kind) | None for kind in kinds)]  # type: ignore[misc] # made for this list at run time
    try:
        found: tuple[Any, ...] = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=="), type=expected)
    except ValueError:
        raise BadRequest(
            "'after' is not where a page of this list ended. Take it from the Link header of the page before,"
            " or leave it out to start with the first page."
        ) from None
    return found
