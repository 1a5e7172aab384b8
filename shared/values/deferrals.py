"""The definition of "still deferred", for every list and report (CAN-2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Protocol


class Decided(Protocol):
    """The fields of a decision that are needed here."""

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

    ``decisions``: those up to a day, in the order of their meetings. Any decision of a later meeting about the same
    thing takes the matter up, except one that only notes it. A decision without a subject takes up no matter, nor does
    one in ``not_awarded``, whose award funding refused.
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
