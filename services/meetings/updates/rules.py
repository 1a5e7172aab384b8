"""Rules of updates to outside bodies."""

from __future__ import annotations

from shared.values.rule import Broken, rule


@rule("CAN-1", problem="update-withdrawn", remedy="Commission another update.")
def a_withdrawn_update_stays_withdrawn(update: str, withdrawn: bool) -> Broken | None:
    """A withdrawn update stays withdrawn."""
    return Broken(f"Update {update!r} was withdrawn.", field="update") if withdrawn else None


@rule("CAN-1", problem="update-issued", remedy="Put the correction into the next update.")
def an_issued_update_stands_as_it_is(update: str, issued: bool) -> Broken | None:
    """An issued update is neither changed nor withdrawn."""
    return Broken(f"Update {update!r} was issued.", field="update") if issued else None


@rule("CAN-1", problem="update-for-another-body", remedy="Withdraw it, and commission one for the other body.")
def an_update_keeps_its_body(update: str, body: str, other: str) -> Broken | None:
    """An update is for one body."""
    return None if body == other else Broken(f"Update {update!r} is for {body}, not for {other}.", field="body")
