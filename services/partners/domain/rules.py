"""The rules of the partners' doors. What an event may say is decided by the service concerned."""

from __future__ import annotations

from shared.values.refusals import Refusal


class NotParked(Refusal):
    """Only a parked event is tried again or dismissed."""

    clause = "design 8"
    remedy = "Look at the list of submissions; this one has its answer already."


def only_a_parked_event_is_dismissed(state: str) -> None:
    """``state`` is the submission's present one. Raises ``NotParked``."""
    if state != "parked":
        raise NotParked(f"The event is {state}, not parked.", state=state)
