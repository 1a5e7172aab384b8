"""The phrase files: for each event its sentences, the part of a report that includes it, and what it names.

``phrases/`` has one TOML file for each service, with one table for each event. A part shows its events in the order of
the tables. The phrases in ``parts/phrases.toml`` are for several events together. All phrases are Jinja;
``phrases/engine.py`` renders them.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

DIRECTORY = Path(__file__).parent / "phrases"


class Phrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The phrases for one kind of event, and where they are used."""

    alone: str = ""
    """The event as a separate sentence, for the narrative and for a dossier's trail."""
    in_part: str = ""
    """The event within a report. It renders empty if the report leaves the event out."""
    item: bool = False
    """Whether ``in_part`` is a list item."""
    lead: str = ""
    """The paragraph that introduces the list."""
    items: str = ""
    """The field whose texts follow as list items."""
    part: str = ""
    """The part of a report that includes it."""
    until: str = ""
    """The event that ends it. Once its thing has such an event, it is left out."""
    case: str = ""
    """What it adds to the case of a request for funding."""
    step: tuple[str, ...] = ()
    """The parts of a dossier that include it."""
    role: str = ""
    """The word by which computed parts ask for it, such as ``attendance``."""
    founds: str = ""
    """The noun whose things begin with it, if its contract does not say that it names one.

    A phrase can read this event's fields through a reference to the thing.
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
"""For nouns whose things have no name, the event that each begins with."""


def in_part(part: str) -> list[str]:
    """The events that a part of a report includes, in the order of the phrase files."""
    return [name for name, phrase in PHRASES.items() if phrase.part == part]


def in_step(step: str) -> list[str]:
    """The events that a part of a dossier includes."""
    return [name for name, phrase in PHRASES.items() if step in phrase.step]
