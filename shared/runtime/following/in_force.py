"""What was in force on a day: one query for every table whose rows say from which day on they hold."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.dialects.postgresql import distinct_on


def in_force(table: Table, *key: str, day: dt.date, since: str = "in_force_from", **within: str) -> Select[Any]:
    """The rows in force on a day, one for each key, in its order: of those that hold already, the latest.

    ``since`` is the column with the first day; ``within`` are values of columns, such as the partnership::

        in_force(holding, "seat", day=day, partnership="cannock-chase", group="board")

    A row may say that nothing holds any more, such as that a seat is vacant. It is found like the others.
    """
    of = [table.c[name] for name in (*within, *key)]
    rows = select(table).where(table.c[since] <= day, *(table.c[name] == value for name, value in within.items()))
    return rows.ext(distinct_on(*of)).order_by(*of, table.c[since].desc())
