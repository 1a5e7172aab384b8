"""Refusals: why a rule does not allow a command.

A rule is declared with ``shared/values/rule.py``, which makes its refusal. Separate classes are only for refusals that
are not rules of the partnership::

    Refusal
    ├── Unknown        the thing named does not exist                       (404)
    ├── AlreadyThere   the name is taken                                    (409)
    ├── Forbidden      this role or organisation may not do this            (403)
    └── …              one for each rule, as its ``refusal``                (409, 422)

The first line of a class's docstring is the rule as a sentence; ``clause`` names the document row it comes from.
"""

from __future__ import annotations

import re
from typing import ClassVar


class Refusal(Exception):
    """A rule of the partnership forbids this."""

    clause: ClassVar[str] = ""
    """The clause the rule comes from, such as ``TSP-1``."""
    remedy: ClassVar[str] = ""
    """What the person can do about it, in one sentence."""
    status: ClassVar[int] = 409
    """The HTTP status of the answer (RFC 9110)."""

    def __init__(self, detail: str, *, remedy: str | None = None, **members: object) -> None:
        """``detail`` says what was wrong, with figures; ``members`` are machine-readable extras (RFC 9457 §3.2)."""
        super().__init__(detail)
        self.detail = detail
        self.advice = self.remedy if remedy is None else remedy
        self.members = members

    @classmethod
    def rule(cls) -> str:
        """The rule broken, as a sentence."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def slug(cls) -> str:
        """The name in a problem's type address: ``ReserveExhausted`` is ``reserve-exhausted``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class Unknown(Refusal):
    """A thing that is named must exist in this partnership."""

    clause = "design 12"
    remedy = "Check the name, or create it first."
    status = 404


class AlreadyThere(Refusal):
    """A name can be given only once."""

    clause = "design 12"
    remedy = "Choose another name, or use the existing thing."


class Forbidden(Refusal):
    """Only some roles may do this, within their own partnership and organisation."""

    clause = "design 12"
    remedy = "Ask the partnership's clerk, or use a token with the role named."
    status = 403
