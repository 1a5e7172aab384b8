"""How a rule is declared: once, as a function named as a sentence, with its clause, remedy and problem type.

    @rule("CAN-7", problem="round-out-of-order", remedy="Open the round that is next, or check the day.")
    def tender_rounds_open_in_order(number: int, opened: Mapping[int, dt.date]) -> Broken | None:
        '''Rounds of tendering are opened in order: the first is 1, each next one more.'''
        if number != (next_ := max(opened, default=0) + 1):
            return Broken(f"Round {next_} is next, not {number}.", next_round=next_)
        return None

A call returns nothing or raises the rule's refusal, which tests name: ``tender_rounds_open_in_order.refusal``. The
first line of the docstring is the rule's sentence for people. ``RULES`` holds every rule, for ``docs/rules.md``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from shared.values.refusals import Refusal

RULES: dict[str, Rule[...]] = {}
"""Every declared rule by its problem type, filled as the modules that declare rules are imported."""


class Broken:
    """The result of a broken rule: what is wrong, with figures, and machine-readable members (RFC 9457 §3.2)."""

    def __init__(self, detail: str, *, remedy: str | None = None, **members: object) -> None:
        """``remedy`` replaces the rule's own if this case has a better one."""
        self.detail = detail
        self.remedy = remedy
        self.members = members


class Rule[**P]:
    """A declared rule. Call it with the values it checks. It raises ``refusal`` if it is broken."""

    def __init__(self, check: Callable[P, Broken | None], clause: str, problem: str, remedy: str, status: int) -> None:
        functools.update_wrapper(self, check)
        self.check = check
        self.clause = clause
        self.problem = problem
        self.remedy = remedy
        self.status = status
        self.sentence = (check.__doc__ or "").strip().partition("\n")[0]
        self.refusal: type[Refusal] = type(
            "".join(word.capitalize() for word in problem.split("-")),
            (Refusal,),
            {"__doc__": self.sentence, "__module__": check.__module__}
            | {"clause": clause, "remedy": remedy, "status": status},
        )

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        broken = self.check(*args, **kwargs)
        if broken is not None:
            raise self.refusal(broken.detail, remedy=broken.remedy, **broken.members)


def rule[**P](
    clause: str, *, problem: str, remedy: str, status: int = 409
) -> Callable[[Callable[P, Broken | None]], Rule[P]]:
    """Declare a rule with its clause, its problem type (kebab case, permanent) and its remedy.

    ``status``: 409 if the present state forbids it, 422 if the command contradicts itself.
    """

    def declare(check: Callable[P, Broken | None]) -> Rule[P]:
        declared = Rule(check, clause, problem, remedy, status)
        if problem in RULES:
            raise ValueError(f"The problem type {problem!r} is declared twice: {RULES[problem].__name__}")  # type: ignore[attr-defined] # by update_wrapper
        if not declared.sentence.endswith("."):
            raise ValueError(f"{check.__name__} needs a docstring whose first line is the rule as a sentence.")
        RULES[problem] = declared
        return declared

    return declare
