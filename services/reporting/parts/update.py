"""The contents of one update: its implications, and the areas of interest it answers (CAN-1, CAN-8)."""

from __future__ import annotations

from services.reporting.history import Fact, latest
from services.reporting.parts.scope import Found, Scope, computed
from services.reporting.phrases.engine import said
from services.reporting.phrases.statements import Section, Statement, none_recorded
from shared.contracts.meetings.updates import Implication

TITLES = {
    Implication.SECTION_17: "Section 17 (crime prevention)",
    Implication.HUMAN_RIGHTS: "Human Rights Act",
}
"""The headings that differ from the words of the contract."""


@computed("implications")
def implications(scope: Scope) -> Found:
    """A section for each heading, in the order of the contract. The last statement under a heading applies."""
    stated = scope.history.all("implication", update=scope.asked_by.event.update)
    last = {fact.event.heading: fact for fact in stated}

    def under(heading: Implication) -> Section:
        title = TITLES.get(heading, heading.value.replace("_", " ").capitalize())
        fact = last.get(heading)
        statement = said(fact, scope.history, "in_part") if fact else none_recorded("None", scope.asked_by)
        return Section(title, (statement,))

    return Found(sections=tuple(under(heading) for heading in Implication))


@computed("areas of interest")
def areas_of_interest(scope: Scope) -> Found:
    """Every area that no earlier update has answered. An area without an answer says so.

    Answers are written for an update after its period has ended, so they belong to it whenever they were given.
    """
    history = scope.history
    statements: list[Statement] = []
    for named, answer in areas_to_answer(scope):
        statements.append(said(named, history, "in_part"))
        statements.append(
            said(answer, history, "in_part") if answer else said(named, history, "interest.not_answered").as_item()
        )
    return Found(tuple(statements) or (said(scope.asked_by, history, "interest.none"),))


def areas_to_answer(scope: Scope) -> list[tuple[Fact, Fact | None]]:
    """The areas of interest that an update must answer, each with its answer if there is one."""
    history, update = scope.history, scope.asked_by.event
    withdrawn = {fact.event.update for fact in history.all("withdrawn update")}
    known = (*history.all("update"), *history.all("changed update"))
    ends = {fact.event.update: fact.event.until for fact in known}
    earlier = {slug for slug, until in ends.items() if slug not in withdrawn and until < update.until} - {update.update}
    found: list[tuple[Fact, Fact | None]] = []
    for named in latest(history.until_period_end("area_of_interest", body=update.body), "area_of_interest"):
        answers = history.all("answer", area_of_interest=named.event.area_of_interest)
        if not any(answer.event.update in earlier for answer in answers):
            own = [answer for answer in answers if answer.event.update == update.update]
            found.append((named, own[-1] if own else None))
    return found
