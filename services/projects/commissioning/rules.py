"""The rules of tendering."""

from __future__ import annotations

from collections.abc import Mapping

from shared.values.partial_date import PartialDate, is_before
from shared.values.rule import Broken, rule


@rule("CAN-7", problem="round-out-of-order", remedy="Open the round that is next, or check the day.")
def tender_rounds_open_in_order(
    number: int, opened_on: PartialDate, opened: Mapping[int, PartialDate]
) -> Broken | None:
    """Rounds of tendering are opened in order: the first is 1, each next one more."""
    last = max(opened, default=0)
    if number != last + 1:
        return Broken(f"Round {last + 1} is next, not {number}.", next_round=last + 1)
    if opened and is_before(opened_on, opened[last]):
        return Broken(f"Round {number} would open on {opened_on}, before round {last}, which opened on {opened[last]}.")
    return None
