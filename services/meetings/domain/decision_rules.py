"""The rules of what a meeting may decide and what a decision carries, each a sentence with its clause."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection

from services.meetings.domain.resolution import Resolution
from services.meetings.domain.rules import a_period_ends_no_earlier_than_it_begins
from shared.contracts.meetings import Outcome, Reference, ReferenceKind
from shared.values.refusals import Refusal

WITHIN = {
    ReferenceKind.AWARD: "reserve",
    ReferenceKind.PROBLEM: "project",
    ReferenceKind.MEASURE: "project",
    ReferenceKind.PILOT: "project",
    ReferenceKind.QUESTION: "project",
    ReferenceKind.ACTION: "meeting",
}
"""The things whose slugs are unique only within another thing, and within what."""

AWARDING = frozenset({Outcome.AGREED, Outcome.ENDORSED})
EXPLORING = frozenset({Outcome.AGREED, Outcome.NOTED, Outcome.DEFERRED})
MITIGATING = frozenset({Outcome.AGREED, Outcome.ENDORSED})


class Inquorate(Refusal):
    """An inquorate meeting may note but not decide."""

    clause = "TSP-1"
    remedy = "Note the matter, and decide it when more members are present or at the next meeting."


def an_inquorate_meeting_may_note_but_not_decide(what: str, merely_notes: bool, present: int, required: int) -> None:
    """Deciding takes a quorum, item by item (TSP-1). Raises ``Inquorate`` saying how many are short."""
    if present < required and not merely_notes:
        raise Inquorate(
            f"{what}: {present} of the {required} members needed are present, {required - present} short.",
            present=present,
            required=required,
        )


class UnclearDeferral(Refusal):
    """What is deferred, and only that, says when it comes back or what must be known by then."""

    clause = "CAN-2"
    remedy = "Give a deferral with returns_on, must_know or awaits_project, or another outcome."


def a_deferral_says_when_it_returns_or_what_must_be_known(resolution: Resolution, day: dt.date) -> None:
    """A deferred matter must not be forgotten (CAN-2). Raises ``UnclearDeferral``."""
    deferral, what = resolution.deferral, f"Decision {resolution.decision!r}"
    if resolution.outcome is not Outcome.DEFERRED:
        if deferral is not None:
            raise UnclearDeferral(f"{what} is {resolution.outcome.value}, and has a deferral all the same.")
        return
    if deferral is None:
        raise UnclearDeferral(f"{what} is deferred, and has no deferral.")
    if deferral.returns_on is None and not deferral.must_know and deferral.awaits_project is None:
        raise UnclearDeferral(f"{what} says neither on which day it returns nor what must be known by then.")
    if deferral.returns_on is not None and deferral.returns_on <= day:
        raise UnclearDeferral(
            f"{what} would return on {deferral.returns_on.isoformat()}, no later than the meeting of {day.isoformat()}."
        )


class UnfittingTerms(Refusal):
    """Money, another funder and mitigations come with the outcomes that bring them about."""

    clause = "CAN-2"
    remedy = "Change the outcome, or leave them out."


def money_another_funder_and_mitigations_fit_the_outcome(resolution: Resolution) -> None:
    """What is not agreed or endorsed costs nothing; what is declined starts nothing (CAN-2, CAN-6).

    Raises ``UnfittingTerms``.
    """
    _fits(resolution, "awards money", resolution.award is not None, AWARDING)
    _fits(resolution, "asks another funder", resolution.exploration is not None, EXPLORING)
    _fits(resolution, "agrees mitigations", bool(resolution.mitigations), MITIGATING)


def _fits(resolution: Resolution, does: str, so: bool, outcomes: Collection[Outcome]) -> None:
    if so and resolution.outcome not in outcomes:
        fitting = " or ".join(sorted(outcome.value for outcome in outcomes))
        raise UnfittingTerms(
            f"Decision {resolution.decision!r} {does} and is {resolution.outcome.value}; that goes with {fitting}."
        )


def another_funder_is_asked_about_a_request(resolution: Resolution) -> None:
    """Another funder is asked to meet some request for funding (CAN-2). Raises ``UnfittingTerms``."""
    about = resolution.about
    if resolution.exploration is not None and (about is None or about.kind is not ReferenceKind.REQUEST):
        kind = "nothing named" if about is None else f"a {about.kind.value}"
        raise UnfittingTerms(
            f"Decision {resolution.decision!r} asks another funder, but is about {kind}.",
            remedy="Say in about which request it is.",
        )


class NamedTwice(Refusal):
    """What a decision lists, it lists once."""

    clause = "CAN-3"
    remedy = "Put them together, or give them different names."


def streams_and_mitigations_are_listed_once(resolution: Resolution) -> None:
    """A stream pays one share of an award; a mitigation has one name (CAN-3, CAN-6). Raises ``NamedTwice``."""
    streams = [] if resolution.award is None else [share.stream for share in resolution.award.shares]
    _once(resolution, "stream", streams)
    _once(resolution, "mitigation", [f"{terms.project}/{terms.mitigation}" for terms in resolution.mitigations])


def _once(resolution: Resolution, kind: str, names: list[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise NamedTwice(f"Decision {resolution.decision!r} names the {kind} {name!r} {times} times.")


def terms_of_a_decision_run_forward(resolution: Resolution) -> None:
    """An award and another funder's term end no earlier than they begin (CAN-2). Raises ``PeriodReversed``."""
    if resolution.award is not None:
        a_period_ends_no_earlier_than_it_begins("The award", resolution.award.starts_on, resolution.award.ends_on)
    if resolution.exploration is not None:
        asked = resolution.exploration
        a_period_ends_no_earlier_than_it_begins("The term another funder is asked for", asked.starts_on, asked.ends_on)


class AmbiguousReference(Refusal):
    """What has its name only within another thing is named together with it, and nothing else is."""

    clause = "CAN-6"
    remedy = "Give its project, reserve or meeting as `within`."


def what_is_named_within_another_says_which(about: Reference | None) -> None:
    """A reader can find what an item or decision is about (CAN-6). Raises ``AmbiguousReference``."""
    if about is None:
        return
    outer = WITHIN.get(about.kind)
    if outer is not None and about.within is None:
        raise AmbiguousReference(f"The {about.kind.value} {about.id!r} belongs to a {outer}, which is not named.")
    if outer is None and about.within is not None:
        raise AmbiguousReference(
            f"The {about.kind.value} {about.id!r} belongs to nothing else, and {about.within!r} is named.",
            remedy="Leave `within` out.",
        )
