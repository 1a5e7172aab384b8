"""What scrutiny asks: a period for the decisions, a day for what stood then, and who may be named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from services.reporting.history import Fact, History, Period
from shared.contracts.meetings import AttendanceRecorded
from shared.contracts.membership import PartnershipEstablished, PersonErased
from shared.runtime.identity.sealing import TOMBSTONE
from shared.values.refusals import Unknown

NamesOfPeople = Callable[[str, set[str]], Mapping[str, str]]
"""The names of a partnership's people by their slugs, as far as the register knows them."""


@dataclass(frozen=True)
class ScrutinyScope:
    """What is asked, and what it is answered from."""

    period: History
    """The facts of the period."""
    standing: History
    """The facts up to the day asked for."""
    established: Fact[PartnershipEstablished]
    """Where the record begins: the source of what is true because nothing was recorded."""
    people: Mapping[str, str]
    """Names by slug; empty where the reader sees posts only."""

    @property
    def as_at(self) -> dt.date:
        return self.standing.period.until


def inquire(history: History, as_at: dt.date, names: NamesOfPeople | None) -> ScrutinyScope:
    """The inquiry into a period and a day. ``names`` is None for a reader who sees posts only.

    Raises ``Unknown`` where no partnership of that name has been established.
    """
    established = history.ever(PartnershipEstablished)
    if not established:
        raise Unknown(f"No partnership {history.partnership!r} is on record.")
    standing = replace(history, period=Period(None, as_at))
    people: dict[str, str] = {}
    if names is not None:
        present = {fact.what.person for fact in history.ever(AttendanceRecorded) if fact.what.person}
        erased = {fact.what.person for fact in history.ever(PersonErased)}
        found = names(history.partnership, present - erased) if present - erased else {}
        people = {person: TOMBSTONE if person in erased else found.get(person, "") for person in present}
    return ScrutinyScope(history, standing, established[0], people)
