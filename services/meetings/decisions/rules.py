"""Rules of what a meeting may decide and what a decision brings about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from services.meetings.decisions.effects import Allowed
from shared.contracts.meetings.decisions import Deferral, Outcome
from shared.contracts.meetings.references import Reference
from shared.contracts.nouns import NOUNS
from shared.values.partial_date import last_day
from shared.values.rule import Broken, rule


@rule(
    "CAN-2",
    problem="deferral-not-deferred",
    remedy="Give a deferral with the outcome deferred, and with no other.",
    status=422,
)
def only_a_deferred_matter_has_a_deferral(decision: str, outcome: Outcome, deferral: Deferral | None) -> Broken | None:
    """A deferred matter, and no other, has a deferral."""
    if outcome is Outcome.DEFERRED and deferral is None:
        return Broken(f"Decision {decision!r} is deferred, and has no deferral.", field="deferral")
    if outcome is not Outcome.DEFERRED and deferral is not None:
        return Broken(f"Decision {decision!r} is {outcome.value}, and has a deferral all the same.", field="deferral")
    return None


@rule(
    "CAN-2",
    problem="deferral-unclear",
    remedy="Give `returns_on` after the meeting, `must_know` or `awaits_project`.",
    status=422,
)
def a_deferral_says_when_it_returns_or_what_must_be_known(
    decision: str, deferral: Deferral | None, day: dt.date
) -> Broken | None:
    """A deferred matter says when it comes back or what must be known by then, so that it is not forgotten."""
    if deferral is None:
        return None
    what, returns_on = f"Decision {decision!r}", deferral.returns_on
    if returns_on is None and not deferral.must_know and deferral.awaits_project is None:
        return Broken(f"{what} says neither on which day it returns nor what must be known by then.", field="deferral")
    if returns_on is not None and last_day(returns_on) <= day:
        return Broken(
            f"{what} would return on {returns_on}, no later than the meeting of {day.isoformat()}.",
            field="deferral.returns_on",
        )
    return None


@rule("CAN-2", problem="effect-not-allowed", remedy="Change the outcome, or leave the effect out.", status=422)
def an_effect_fits_the_outcome(decision: str, effect: Allowed, outcome: Outcome) -> Broken | None:
    """A decision brings about only what its outcome allows: what is not agreed costs nothing."""
    if outcome in effect.outcomes:
        return None
    fitting = " or ".join(sorted(each.value for each in effect.outcomes))
    return Broken(
        f"Decision {decision!r} {effect.does} and is {outcome.value}; that goes with {fitting}.", field="effects"
    )


@rule("CAN-2", problem="effect-about-nothing", remedy="Name in `about` the thing that it is for.", status=422)
def an_effect_has_what_it_is_about(decision: str, effect: Allowed, about: Reference | None) -> Broken | None:
    """An effect that is for one kind of thing comes with a decision about such a thing."""
    if effect.about is None or (about is not None and about.kind is effect.about):
        return None
    kind = "nothing named" if about is None else NOUNS[about.kind].with_article
    return Broken(
        f"Decision {decision!r} {effect.does}, but is about {kind}, not {NOUNS[effect.about].with_article}.",
        field="about",
    )


@rule("CAN-3", problem="award-not-possible", remedy="Award what funding can commit, or decide without the award.")
def a_decision_awards_what_funding_can_commit(decision: str, reasons: Sequence[Mapping[str, Any]]) -> Broken | None:
    """A decision awards only what funding can commit.

    ``reasons``: the problems that funding has with it, each with its figures.
    """
    if not reasons:
        return None
    found = " ".join(str(reason["detail"]) for reason in reasons)
    short = next((reason for reason in reasons if "short_by_pence" in reason), {})
    figures: dict[str, Any] = {name: short[name] for name in ("stream", "short_by_pence") if name in short}
    return Broken(
        f"Funding cannot make what decision {decision!r} awards. {found}",
        field="effects",
        reasons=[dict(reason) for reason in reasons],
        **figures,
    )
