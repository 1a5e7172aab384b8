"""Rules of areas of interest."""

from __future__ import annotations

import datetime as dt

from shared.values.partial_date import first_day
from shared.values.rule import Broken, rule


@rule("CAN-8", problem="area-not-for-update", remedy="Answer it in that body's next update.")
def an_area_is_answered_to_the_body_that_named_it(
    area: str, named_by: str, named_on: str, update: str, body: str, meets_on: dt.date
) -> Broken | None:
    """An area of interest is answered in an update to the body that named it, once it was named."""
    if named_by != body:
        return Broken(f"{area!r} was named by {named_by}; {update!r} goes to {body}.", field="update")
    if meets_on < first_day(named_on):
        return Broken(
            f"{area!r} was named on {named_on}; {update!r} was for {meets_on.isoformat()}, before that.", field="update"
        )
    return None
