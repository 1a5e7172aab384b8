"""Updates to outside bodies: state, commands, decisions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from services.meetings.updates.rules import (
    a_withdrawn_update_stays_withdrawn,
    an_issued_update_stands_as_it_is,
    an_update_keeps_its_body,
)
from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.meetings.updates import (
    ImplicationStated,
    UpdateChanged,
    UpdateCommissioned,
    UpdateIssued,
    UpdateWithdrawn,
)
from shared.contracts.nouns import UpdateSlug
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.rules import a_period_ends_no_earlier_than_it_starts, each_is_named_once


class Update(Aggregate):
    """The paper that tells a body what happened in the partnership since the last one (CAN-1)."""

    noun: ClassVar[str] = "update"

    body: str = ""
    meets_on: dt.date = dt.date.min
    issued: bool = False
    withdrawn: bool = False

    def is_not_withdrawn(self) -> None:
        """Raises ``update-withdrawn``."""
        a_withdrawn_update_stays_withdrawn(self.slug, self.withdrawn)

    def is_in_preparation(self) -> None:
        """Check that it was neither withdrawn nor issued. Raises ``update-withdrawn``, ``update-issued``."""
        self.is_not_withdrawn()
        an_issued_update_stands_as_it_is(self.slug, self.issued)


@Update.applies
def _(update: Update, fact: UpdateCommissioned) -> None:
    update.body = fact.body
    update.meets_on = fact.meets_on


@Update.applies
def _(update: Update, fact: UpdateChanged) -> None:
    update.meets_on = fact.meets_on


@Update.applies
def _(update: Update, fact: UpdateIssued) -> None:
    update.issued = True


@Update.applies
def _(update: Update, fact: UpdateWithdrawn) -> None:
    update.withdrawn = True


Update.ignores(ImplicationStated)


@dataclass(frozen=True)
class Covered:
    """How far the earlier updates to a body reach: the last day that one covers; None before the first."""

    until: dt.date | None = None


def commission_update(asked: UpdateCommissioned, update: Update, covered: Covered) -> UpdateCommissioned:
    """Ask for an update to a body on what happened since the last one (CAN-1).

    Without ``since`` it takes up where the last update to that body ended.

    Raises ``period-reversed``, ``named-twice``.
    """
    return _as_commissioned(UpdateCommissioned, asked, covered)


def change_update(asked: UpdateChanged, update: Update, covered: Covered) -> UpdateChanged:
    """Change an update until it is issued (CAN-1). Give all of it as it is to be: what is left out falls away.

    Raises ``update-withdrawn``, ``update-issued``, ``update-for-another-body``, ``period-reversed``, ``named-twice``.
    """
    update.is_in_preparation()
    an_update_keeps_its_body(update.slug, update.body, asked.body)
    return _as_commissioned(UpdateChanged, asked, covered)


def _as_commissioned[E: UpdateCommissioned](kind: type[E], command: UpdateCommissioned, covered: Covered) -> E:
    since = covered.until if command.since is None else command.since
    if since is not None:
        a_period_ends_no_earlier_than_it_starts(since, command.until, "The time that the update covers")
    a_period_ends_no_earlier_than_it_starts(
        command.until, command.meets_on, f"The time from the last day it covers to the day {command.body} meets"
    )
    each_is_named_once("Topic", command.topics)
    return fact(kind, command, since=since)


def withdraw_update(asked: UpdateWithdrawn, update: Update) -> UpdateWithdrawn:
    """Withdraw an update that is not issued yet (CAN-1). Raises ``update-withdrawn``, ``update-issued``."""
    update.is_in_preparation()
    return asked


class RecordIssue(Command, frozen=True, kw_only=True):
    """Record that an update was issued to its body. From then on it is neither changed nor withdrawn."""

    update: UpdateSlug


def record_issue(command: RecordIssue, update: Update, at: Circumstances) -> UpdateIssued | None:
    """Record that an update was issued, once (CAN-1). Raises ``update-withdrawn``."""
    update.is_not_withdrawn()
    return None if update.issued else fact(UpdateIssued, command, issued_on=at.today)


def state_implication(asked: ImplicationStated, update: Update) -> ImplicationStated:
    """Say what an update means under one heading of its implications (CAN-1).

    Stated again, it replaces the earlier text.

    Raises ``update-withdrawn``.
    """
    update.is_not_withdrawn()
    return asked
