"""The result of a phrase: typed parts, one full stop, and people's words as they wrote them."""

from __future__ import annotations

import datetime as dt

import jinja2
import msgspec
import pytest

from services.reporting.phrases.engine import render
from services.reporting.phrases.statements import PartKind, plain
from services.reporting.phrases.values import Partial, Pence, Reading, Ref, Written, part_of
from services.reporting.views.names import Named, Names

NAMES = Names(
    "town",
    [
        Named("organisation", "acme", "Acme Ltd."),
        Named("organisation", "office", "Office of the Commissioner"),
        Named("group", "board", "Strategic Board"),
    ],
)


def ref(noun: str, slug: str) -> Ref:
    return Ref(noun, slug, reading=Reading(NAMES))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("{{ wrote }}.", "It is so."),
        ("reasons: {{ wrote }}, and {{ asked }}.", "Reasons: It is so, and Why?"),
        ("{{ wrote }} ({{ money }}).", "It is so (£1,300)."),
        ("{{ wrote }}. {{ office }} agreed.", "It is so. The Office of the Commissioner agreed."),
        ("it was paid. {{ board }} met.", "It was paid. The Strategic Board met."),
        ("{{ acme }} was paid by {{ board }}.", "Acme Ltd. was paid by the Strategic Board."),
        ("{{ board }} met on {{ day }}.", "The Strategic Board met on 3 May 2015."),
        ("{{ [wrote, asked] }}", "It is so and Why?"),
        ("{{ [board, acme, office] }}", "The Strategic Board, Acme Ltd. and the Office of the Commissioner"),
        ("{{ count(1, 'seat') }}, {{ count(12, 'priority') }}", "One seat, 12 priorities"),
        ("{{ month }} to {{ year }}", "February 2015 to 2016"),
        ("{{ private }} is {{ money }}", "\ue000 is £1,300"),
    ],
)
def test_a_phrase_reads_as_a_sentence(phrase: str, text: str) -> None:
    values = {
        "wrote": Written("It is so."),
        "asked": Written("Why?"),
        "money": Pence(130_000),
        "office": ref("organisation", "office"),
        "acme": ref("organisation", "acme"),
        "board": ref("group", "board"),
        "day": dt.date(2015, 5, 3),
        "month": Partial("2015-02"),
        "year": Partial("2016"),
        "private": Written("\ue000"),
    }
    assert plain(render(phrase, values)) == text


def test_each_value_keeps_its_type() -> None:
    parts = render("{{ board }} paid {{ money }} on {{ day }}", {
        "board": ref("group", "board"), "money": Pence(5), "day": dt.date(2015, 5, 3)
    })  # fmt: skip
    assert [(part.kind, part.value) for part in parts if part.kind is not PartKind.WORDS] == [
        (PartKind.REFERENCE, "group/board"),
        (PartKind.AMOUNT, 5),
        (PartKind.DAY, "2015-05-03"),
    ]


def test_a_field_that_is_not_there_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("{{ nothing }}", {})


@pytest.mark.parametrize("phrase", ["{{ wrote.__class__.__mro__ }}", "{{ [].append(1) }}"])
def test_a_phrase_runs_nothing(phrase: str) -> None:
    with pytest.raises(jinja2.exceptions.SecurityError):
        render(phrase, {"wrote": Written("x")})


@pytest.mark.parametrize("said", ["2014", "2014-02", "2014-02-03"])
def test_a_day_known_less_exactly_can_be_published(said: str) -> None:
    """A report whose event was dated by its year alone could not be shown as JSON."""
    assert b'"kind":"day"' in msgspec.json.encode(part_of(Partial(said)))
