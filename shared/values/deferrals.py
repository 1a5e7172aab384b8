"""What "still deferred" means, for every list and report that says so (CAN-2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Protocol


class Decided(Protocol):
    """A decision, as far as it matters here."""

    @property
    def decision(self) -> str: ...

    @property
    def meeting(self) -> str: ...

    @property
    def outcome(self) -> str: ...

    @property
    def about(self) -> Any: ...


def taken_up_by[D: Decided](decisions: Iterable[D], not_awarded: Collection[str]) -> Iterator[tuple[D, D | None]]:
    """Each decision that deferred a matter, with the decision that took it up, or None while it is still deferred.

    ``decisions``: those up to a day, in the order of their meetings. A later meeting takes a matter up by any decision
    about the same thing but noting it. A decision that is about nothing named takes up no matter, nor does one of those
    that are ``not_awarded``: funding refused what they award.
    """
    deferred: list[tuple[D, D | None]] = []
    for decision in decisions:
        settles = decision.outcome != "noted" and decision.decision not in not_awarded
        if settles and decision.about is not None:
            deferred = [
                (
                    matter,
                    decision
                    if later is None and matter.about == decision.about and matter.meeting != decision.meeting
                    else later,
                )
                for matter, later in deferred
            ]
        if decision.outcome == "deferred":
            deferred.append((decision, None))
    yield from deferred
