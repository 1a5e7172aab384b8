"""Settings: every variable is declared once, and wrong values are all named at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.runtime.ground.settings import Settings, UnusableSetting, settings_page

ROOT = Path(__file__).parents[2]


def refusal(**environment: str) -> str:
    with pytest.raises(UnusableSetting) as refused:
        Settings.from_environment(environment)
    return str(refused.value)


def test_all_wrong_values_are_named_at_once_with_what_is_allowed() -> None:
    assert refusal(FOLKMOOT_LOG="xml", FOLKMOOT_PARTNER_BURST="1.5", FOLKMOOT_HTTP="here").splitlines() == [
        "FOLKMOOT_HTTP is 'here': set it to a host and a port, such as 127.0.0.1:8400, or leave it out for"
        " 127.0.0.1:8400, or a free port if that is taken.",
        "FOLKMOOT_PARTNER_BURST is '1.5': set it to a whole number above 0, or leave it out for 1000.",
        "FOLKMOOT_LOG is 'xml': set it to plain or json, or leave it out for plain.",
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FOLKMOOT_WITNESS_INTERVAL", "0"),
        ("FOLKMOOT_WITNESS_INTERVAL", "nan"),
        ("FOLKMOOT_WITNESS_INTERVAL", "inf"),
        ("FOLKMOOT_PARTNER_RATE", "-1"),
        ("FOLKMOOT_PARTNER_RATE", "often"),
        ("FOLKMOOT_GRPC", "127.0.0.1"),
        ("FOLKMOOT_GRPC", "127.0.0.1:70000"),
        ("FOLKMOOT_LEDGER", "ledger"),
        ("FOLKMOOT_ENDPOINTS", "membership"),
        ("FOLKMOOT_ENDPOINTS", "membership=here"),
        ("FOLKMOOT_OIDC_ISSUER", "id.example"),
        ("NATS_MONITOR_URL", "nats:8222"),
        ("FOLKMOOT_STREAM_BYTES", "0"),
        ("FOLKMOOT_STREAM_HOURS", "0"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(variable: str, value: str) -> None:
    assert refusal(**{variable: value}).startswith(f"{variable} is {value!r}: set it to ")


def test_a_password_is_never_repeated() -> None:
    message = refusal(DATABASE_URL="mysql://folkmoot:hunter2@db/folkmoot")
    assert message.startswith("DATABASE_URL cannot be used: set it to a URL: postgresql://…")
    assert "hunter2" not in message


@pytest.mark.parametrize("url", ["http://nats:4222", "nats://", "nats", "nats://folkmoot:hunter2@nats:4222"])
def test_the_address_of_nats_names_no_user(url: str) -> None:
    message = refusal(NATS_URL=url)
    assert message.startswith("NATS_URL cannot be used: set it to a URL without a user: nats://host:4222")
    assert "hunter2" not in message


def test_an_empty_value_counts_as_unset() -> None:
    assert (
        Settings.from_environment({"FOLKMOOT_DATA": "", "FOLKMOOT_PARTNER_RATE": "", "DATABASE_URL": ""}) == Settings()
    )


def test_files_are_found_below_the_directories_that_are_set() -> None:
    assert Settings.from_environment({"FOLKMOOT_DATA": "d"}).ledger_key == Path("d/secrets/ledger.key")
    assert Settings.from_environment({"FOLKMOOT_SECRETS": "s"}).ledger_key == Path("s/ledger.key")
    assert Settings.from_environment({"FOLKMOOT_LEDGER_KEY": "k"}).ledger_key == Path("k")


def test_endpoints_are_read_by_service() -> None:
    text = "membership=http://m:8400/membership, meetings=https://p.example/meetings?a=b"
    assert Settings.from_environment({"FOLKMOOT_ENDPOINTS": text}).endpoints == {
        "membership": "http://m:8400/membership",
        "meetings": "https://p.example/meetings?a=b",
    }


def test_the_table_in_the_docs_names_every_variable_that_is_set_anywhere() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page()
    composed = set(re.findall(r"^ +([A-Z_]+): ", (ROOT / "docker-compose.yml").read_text(), re.MULTILINE))
    theirs = {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"}
    assert composed - theirs <= set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))
