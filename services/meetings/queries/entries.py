"""How rows become the entries that readers see, and what entries of several kinds have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Select

from shared.runtime.endpoints.web import ReadContext

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class About:
    """The thing an item, decision or answer is about."""

    kind: str
    id: str
    within: str | None = None


def entry[E: DataclassInstance](columns: Mapping[Any, Any], kind: type[E]) -> E:
    """An entry from columns, and lists of entries, that bear the names of its fields; JSON becomes its parts."""
    return msgspec.convert({part.name: columns[part.name] for part in fields(kind)}, kind)


def entries[E: DataclassInstance](reading: ReadContext, kind: type[E], statement: Select[Any]) -> list[E]:
    """The entries of a query whose columns bear the names of their fields."""
    return [entry(found, kind) for found in reading.rows(statement)]


def entries_by[E: DataclassInstance](
    reading: ReadContext, kind: type[E], key: str, statement: Select[Any]
) -> defaultdict[str, list[E]]:
    """The same, gathered by the value of one column."""
    gathered: defaultdict[str, list[E]] = defaultdict(list)
    for found in reading.rows(statement):
        gathered[found[key]].append(entry(found, kind))
    return gathered
