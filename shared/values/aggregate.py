"""The form of all aggregates: a state that only facts change.

A thing's state is an ``Aggregate``. A large one is made of ``Part``s, one a noun. Each registers how facts change it::

    class Gates(Part):
        opened: dict[int, dt.date] = {}

    @Gates.applies
    def _(gates: Gates, fact: GateOpened) -> None:
        gates.opened[fact.number] = fact.opened_on

    class Park(Aggregate):
        noun = "park"
        gates: Gates = msgspec.field(default_factory=Gates)

These functions only assign. Rules are checked when a fact is decided and never run again (design 5), so history still
loads after a rule is made stricter.

State is copied before facts change it, so that several threads can read a cached state. The copy is one level deep:
what a dict, set or list of a state *holds* is never changed in place, only replaced. State is a msgspec record, so that
a snapshot of it is one encode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self, get_type_hints

import msgspec

type Applier[S] = Callable[[S, Any], None]


class Part(msgspec.Struct):
    """One noun's share of an aggregate's state, changed only by facts."""

    _appliers: ClassVar[dict[type, list[Applier[Any]]]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._appliers = {}

    @classmethod
    def applies[E](cls, apply: Callable[[Self, E], None]) -> Callable[[Self, E], None]:
        """Register how the fact that the second parameter is annotated with changes this state."""
        cls.apply_to(list(get_type_hints(apply).values())[1], apply)
        return apply

    @classmethod
    def apply_to[E](cls, fact: type[E], apply: Callable[[Self, E], None]) -> None:
        """The same for a kind of fact that is found otherwise, such as all that post money."""
        cls._appliers.setdefault(fact, []).append(apply)

    @classmethod
    def ignores(cls, *facts: type) -> None:
        """Register facts that change no state, because no rule depends on them. They are for readers."""
        for fact in facts:
            cls._appliers.setdefault(fact, []).append(lambda state, fact: None)

    def apply(self, fact: object) -> None:
        """Change the state by one fact. An unregistered fact is a fault in the code, not a broken rule."""
        if not self._apply(fact):
            raise TypeError(f"{type(self).__name__} has no way to apply {type(fact).__name__}")

    def _apply(self, fact: object) -> bool:
        appliers = self._appliers.get(type(fact), ())
        for apply in appliers:
            apply(self, fact)
        found = bool(appliers)
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Part):
                found = value._apply(fact) or found
        return found

    def copy(self) -> Self:
        """A copy that can be changed without changing this state. For its depth see the module."""
        copied = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            copied[name] = value.copy() if isinstance(value, Part | dict | set | list) else value
        return type(self)(**copied)


class Aggregate(Part):
    """One thing's current state, folded from its own history. Every field of a subclass has a default."""

    noun: ClassVar[str]
    """The noun of ``shared/contracts/nouns.py`` whose things these are."""

    partnership: str
    slug: str
    """Its own slug, after the slugs of its parents: ``perpetrators-programme/referrals`` for a project's measure."""
    version: int = 0
    """The number of facts behind this state. 0 means that the thing does not exist."""

    @property
    def exists(self) -> bool:
        return self.version > 0

    def after(self, facts: Iterable[object]) -> Self:
        """The state after these facts. This one does not change."""
        state = self.copy()
        for fact in facts:
            state.apply(fact)
            state.version += 1
        return state
