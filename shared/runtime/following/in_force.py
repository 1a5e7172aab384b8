"""What was in force on a day: one query for every table whose rows have the day from which they apply."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.dialects.postgresql import distinct_on


def in_force(table: Table, *key: str, day: dt.date, since: str = "in_force_from", **within: str) -> Select[Any]:
    """The rows in force on a day, one for each key, in the key's order: the latest that already applies.

    ``since`` is the column with the first day; ``within`` are values of columns, such as the partnership::

        in_force(holding, "seat", day=day, partnership="cannock-chase", group="board")

    A row can say that nothing applies any more, for example that a seat is vacant. It is found like the others.
    """
    of = [table.c[name] for name in (*within, *key)]
    rows = select(table).where(table.c[since] <= day, *(table.c[name] == value for name, value in within.items()))
    return rows.ext(distinct_on(*of)).order_by(*of, table.c[since].desc())
