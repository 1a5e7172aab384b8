"""The rules of the partners service. The service concerned decides what an event may say."""

from __future__ import annotations

from shared.values.refusals import Refusal


class NotParked(Refusal):
    """Only a parked event can be tried again or dismissed."""

    clause = "design 8"
    remedy = "Look at the list of submissions. This event already has its answer."


def only_a_parked_event_is_dismissed(state: str) -> None:
    """Check the submission's present state. Raises ``NotParked``."""
    if state != "parked":
        raise NotParked(f"The event is {state}, not parked.", state=state)
