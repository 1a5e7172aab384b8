"""The message for a body that does not fit: the field, and the allowed values; no regular expression."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from services import catalogue

COMMANDS = {
    declared.name.split(".")[1]: declared
    for service in catalogue.DECIDING.values()
    for declared in service.commands.declared.values()
}
ATTENDANCE = {"meeting": "board", "seat": "police", "capacity": "deputy"}


def message(command: str, body: dict[str, Any]) -> str:
    with pytest.raises(msgspec.ValidationError) as error:
        COMMANDS[command].build(body)
    return str(error.value)


@pytest.mark.parametrize(
    ("command", "body", "words"),
    [
        ("record_attendance", {**ATTENDANCE, "capacity": "boss"}, "capacity must be one of: representative, deputy."),
        (
            "record_attendance",
            {"meeting": "board", "seat": "police"},
            "capacity is missing. It is one of: representative, deputy.",
        ),
        (
            "record_attendance",
            {**ATTENDANCE, "boss": True},
            "boss is not a field here. The fields are: authority, capacity, happened_at, meeting, organisation,",
        ),
        (
            "record_attendance",
            {**ATTENDANCE, "meeting": "The Board"},
            "meeting must be the slug of a meeting: lower-case letters, digits and inner hyphens, at most 63",
        ),
        ("circulate_papers", {"meeting": "board", "papers": []}, "papers must be a list of 1 to 50 entries."),
        ("circulate_papers", {"meeting": "board", "papers": [{}]}, "papers[0]: title is missing."),
        (
            "pay_contribution",
            {"reserve": "r", "contribution": "c", "organisation": "o", "amount_pence": 1, "paid_on": "31/12/2014"},
            "paid_on must be a day such as 2014-11-24.",
        ),
        (
            "open_tender_round",
            {"project": "p", "round": 1, "opened_on": "December 2014", "text": "Tenders are invited."},
            "opened_on must be a day, or only a month or a year where no more is known: 2014-12-05, 2014-12 or 2014.",
        ),
        (
            "adopt_terms_of_reference",
            {"group": "board", "terms": {"quorum": {"kind": "half"}}, "in_force_from": "2014-01-01"},
            "terms.quorum.kind must be one of: share, number.",
        ),
    ],
)
def test_a_misfit_names_the_field_and_what_is_allowed(command: str, body: dict[str, Any], words: str) -> None:
    assert message(command, body).startswith(words)


def test_what_was_sent_is_not_repeated() -> None:
    """It may be a name, and partners' answers are kept permanently (design 10)."""
    assert "Alderton" not in message("record_attendance", {**ATTENDANCE, "capacity": "Alderton"})


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_no_message_about_a_field_shows_a_regular_expression(command: str) -> None:
    for field in COMMANDS[command].command.__struct_encode_fields__:
        for wrong in (0.5, "\u0000", "Ü!", [None], {"": None}):
            said = message(command, {field: wrong, "no-such-field": None})
            assert not [word for word in ("regex", "Expected", "Invalid", "something else") if word in said], said
