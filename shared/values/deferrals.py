"""The definition of "still deferred", for every list and report (CAN-2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, Protocol

import msgspec


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
    waiting: defaultdict[bytes, dict[str, list[int]]] = defaultdict(dict)
    """Where those that nothing took up stand in ``deferred``, by what they are about and by meeting."""
    for decision in decisions:
        matter = msgspec.json.encode(decision.about, order="sorted")
        settles = decision.outcome != "noted" and decision.decision not in not_awarded
        if settles and decision.about is not None:
            same_meeting = waiting[matter].pop(decision.meeting, None)
            for place in chain.from_iterable(waiting[matter].values()):
                deferred[place] = deferred[place][0], decision
            waiting[matter] = {decision.meeting: same_meeting} if same_meeting else {}
        if decision.outcome == "deferred":
            waiting[matter].setdefault(decision.meeting, []).append(len(deferred))
            deferred.append((decision, None))
    yield from deferred
