"""The phrase files: for each event what it says, which part of a report takes it in, and what it names.

One TOML file a service, one table an event, in ``phrases/``. The order of tables is the order in which a part shows
its events. What several events amount to is said by the phrases in
``parts/phrases.toml``. All phrases are Jinja; ``phrases/engine.py`` renders them.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

DIRECTORY = Path(__file__).parent / "phrases"


class Phrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of one kind of event, and where."""

    alone: str = ""
    """The event as a sentence of its own, for the narrative and for a dossier's trail."""
    in_part: str = ""
    """The event within a report; renders empty where the report leaves it out."""
    item: bool = False
    """Whether ``in_part`` is a point of a list."""
    lead: str = ""
    """The paragraph that introduces the list."""
    items: str = ""
    """The field whose texts follow as points of a list."""
    part: str = ""
    """The part of a report that takes it in."""
    until: str = ""
    """The event that ends it: it is left out once its thing has one."""
    case: str = ""
    """What it adds to the case of a request for funding."""
    step: tuple[str, ...] = ()
    """The parts of a dossier that take it in."""
    role: str = ""
    """By what computed parts ask for it: a word of its own, such as ``attendance``."""
    founds: str = ""
    """The noun whose things begin with it, where its contract does not say that it names one.

    A phrase may read the fields of this event through a reference to the thing.
    """

    def templates(self) -> tuple[str, ...]:
        """All its phrases."""
        return tuple(text for text in (self.alone, self.in_part, self.lead, self.case) if text)


def _read() -> dict[str, Phrase]:
    return {
        f"{path.stem}.{event}.v1": phrase
        for path in sorted(DIRECTORY.glob("*.toml"))
        for event, phrase in msgspec.toml.decode(path.read_bytes(), type=dict[str, Phrase]).items()
    }


COMPUTED = msgspec.toml.decode((DIRECTORY.parent / "parts/phrases.toml").read_bytes(), type=dict[str, dict[str, str]])
"""The phrases of computed parts, by part and name."""
PHRASES = _read()
"""Every phrase by its event's name."""
FOUNDS = {phrase.founds: name for name, phrase in PHRASES.items() if phrase.founds}
"""For nouns whose things are given no name, the event that each begins with."""


def in_part(part: str) -> list[str]:
    """The events that a part of a report takes in, in the order of the phrase files."""
    return [name for name, phrase in PHRASES.items() if phrase.part == part]


def in_step(step: str) -> list[str]:
    """The events that a part of a dossier takes in."""
    return [name for name, phrase in PHRASES.items() if step in phrase.step]
