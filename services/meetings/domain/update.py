"""Updates to bodies outside the partnership, such as Cabinet, and the areas of interest these bodies name."""

from __future__ import annotations

import datetime as dt
from functools import singledispatchmethod
from typing import override

from services.meetings.domain.decision_rules import what_is_named_within_another_says_which
from services.meetings.domain.rules import (
    a_period_ends_no_earlier_than_it_begins,
    an_area_is_answered_to_the_body_that_named_it,
)
from shared.contracts.meetings import (
    AreaOfInterestAnswered,
    AreaOfInterestNamed,
    Implication,
    ImplicationStated,
    Reference,
    UpdateCommissioned,
)
from shared.values.old_aggregate import Aggregate


class Update(Aggregate):
    """The paper that tells a body what happened in the partnership since the last one (CAN-1)."""

    noun = "update"

    @override
    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: UpdateCommissioned) -> None:
        self.body = fact.body
        self.meets_on = fact.meets_on

    @apply.register
    def _(self, fact: ImplicationStated) -> None:
        """Each heading reads as stated last; no rule depends on how."""

    def commission(self, update: UpdateCommissioned) -> UpdateCommissioned:
        """Ask for the update (CAN-1). Raises ``PeriodReversed``."""
        a_period_ends_no_earlier_than_it_begins(f"Update {self.slug!r}", update.since, update.until)
        a_period_ends_no_earlier_than_it_begins(
            f"From the last day it covers to the day {update.body} meets, update {self.slug!r}",
            update.until,
            update.meets_on,
        )
        return update

    def state(self, heading: Implication, text: str) -> ImplicationStated:
        """Say what the update means under a heading; stated anew, it takes the place of the former (CAN-1)."""
        return ImplicationStated(update=self.slug, heading=heading, text=text)


class AreaOfInterest(Aggregate):
    """Something that a body wants its next update to answer (CAN-8)."""

    noun = "area_of_interest"

    @override
    @singledispatchmethod
    def apply(self, fact: object) -> None:
        super().apply(fact)

    @apply.register
    def _(self, fact: AreaOfInterestNamed) -> None:
        self.body = fact.body
        self.named_on = fact.named_on
        self.about = fact.about

    @apply.register
    def _(self, fact: AreaOfInterestAnswered) -> None:
        """An area may be answered in one update after another; each answer stands in its own."""

    def name(self, body: str, text: str, about: Reference | None, *, today: dt.date) -> AreaOfInterestNamed:
        """Note what a body wants to know (CAN-8). Raises ``AmbiguousReference``."""
        what_is_named_within_another_says_which(about)
        return AreaOfInterestNamed(area_of_interest=self.slug, body=body, named_on=today, text=text, about=about)

    def answer(self, update: Update, text: str, about: Reference | None) -> AreaOfInterestAnswered:
        """Answer it in an update to the body that named it (CAN-8).

        Answered anew in the same update, it takes the place of the former; without ``about`` it is about what was
        asked about.

        Raises ``ForeignArea``, ``AmbiguousReference``.
        """
        an_area_is_answered_to_the_body_that_named_it(
            self.slug, self.body, self.named_on, update.slug, update.body, update.meets_on
        )
        about = about or self.about
        what_is_named_within_another_says_which(about)
        return AreaOfInterestAnswered(area_of_interest=self.slug, update=update.slug, text=text, about=about)
