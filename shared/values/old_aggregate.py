"""The shape all aggregates share: a state that facts change, and nothing else."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import ClassVar


class Aggregate:
    """One thing's present state, folded from its own history.

    A subclass names its ``noun`` and registers one method for each event with ``@apply.register``. Those methods only
    assign: rules were checked when the fact was decided and never run again (design 5), so that honest history loads
    even after a rule has been tightened. Decisions are methods that check rules and *return* events; the application
    records them and applies them.
    """

    noun: ClassVar[str]
    """The kind of thing, as it stands in subjects: ``meeting`` in ``cannock-chase/meeting/board-2014-11-24``."""

    def __init__(self, partnership: str, slug: str) -> None:
        self.partnership = partnership
        self.slug = slug
        self.version = 0
        """How many facts made this state; 0 means the thing does not exist."""

    @property
    def exists(self) -> bool:
        return self.version > 0

    @singledispatchmethod
    def apply(self, fact: object) -> None:
        """Change the state by one fact. A fact that this kind of thing does not know is a fault, not a rule."""
        raise TypeError(f"{type(self).__name__} has no way to apply {type(fact).__name__}")
