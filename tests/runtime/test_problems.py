"""What a problem says about a body that does not fit, and what it does not repeat."""

from __future__ import annotations

import enum
from typing import Literal

import msgspec
import pytest

from shared.runtime.endpoints.problems import invalid


class Colour(enum.Enum):
    RED = "red"


class Left(msgspec.Struct, tag="left"):
    """One of two."""


class Right(msgspec.Struct, tag="right"):
    """The other."""


class Painted(msgspec.Struct):
    """Something with fields that take few values."""

    colour: Colour = Colour.RED
    side: Literal["left", "right"] = "left"
    turn: Left | Right | None = None


@pytest.mark.parametrize("sent", ["Ida Brook", "Ida Brook' - at `$.nowhere`", "Ida\nBrook", "Ida - at `Brook"])
@pytest.mark.parametrize(("field", "path"), [("colour", "$.colour"), ("side", "$.side"), ("turn", "$.turn.type")])
def test_a_value_that_is_not_allowed_is_not_repeated(field: str, path: str, sent: str) -> None:
    """Design 10: a partner's answer is permanent, and a caller may have put a name in the wrong field."""
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({field: {"type": sent} if field == "turn" else sent}, Painted)
    assert "Ida" in str(refused.value)
    problem = invalid(refused.value)
    assert "Ida" not in problem.detail
    assert "Brook" not in problem.detail
    assert problem.detail.startswith("Invalid ")
    assert problem.field == path
