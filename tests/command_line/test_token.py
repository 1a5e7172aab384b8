"""``folkmoot token``: a token for an organisation that the partnership does not know is not issued by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from fixtures_platform import RunningPlatform
from typer.testing import CliRunner

from services.command_line.main import app
from shared.runtime.ground.clock import now
from shared.runtime.identity.local_issuer import issuer_of
from shared.runtime.identity.principals import Verifier


def token(*words: str) -> Result:
    return CliRunner().invoke(app, ["token", *words])


def said(result: Result) -> str:
    return " ".join(result.stderr.replace("│", " ").split())


@pytest.fixture
def here(platform: RunningPlatform, monkeypatch: pytest.MonkeyPatch) -> RunningPlatform:
    """The platform that is running on the commands' data directory."""
    monkeypatch.setenv("FOLKMOOT_DATA", str(platform.settings.data))
    return platform


def test_the_organisation_must_be_registered(
    here: RunningPlatform, partnership: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.command_line.registered.PAGE", 1)  # so that the list has several pages
    partner = ("--role", "partner", "--partnership", partnership, "--organisation")
    none_yet = token(*partner, "police")
    assert (none_yet.exit_code, none_yet.stdout) == (2, "")
    assert "It has no organisations yet." in said(none_yet)

    clerk = here.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "An Area", "area_code": "E07000192"})
    for organisation in ("police", "fire-service"):
        body = {"organisation": organisation, "name": organisation.title(), "sector": "police"}
        clerk.does("membership", "/organisations", body)
    clerk.get("membership", "/organisations")
    wrong = token(*partner, "polise")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert f"'polise' is not registered in the partnership '{partnership}'" in said(wrong)
    assert "Registered: fire-service, police." in said(wrong)
    assert "--force" in said(wrong)

    verifier = Verifier([issuer_of(here.settings)], now)
    right = token(*partner, "police")
    assert verifier.authenticate(right.stdout.strip()).actor == "partner:police"
    forced = token(*partner, "polise", "--force")
    assert verifier.authenticate(forced.stdout.strip()).actor == "partner:polise"


def test_a_clerk_needs_no_organisation_and_no_partnership_that_exists(here: RunningPlatform, partnership: str) -> None:
    issued = token("--role", "clerk", "--partnership", partnership)
    assert (issued.exit_code, said(issued)) == (0, "")


def test_without_a_platform_a_token_is_issued_with_a_warning_that_it_was_not_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOLKMOOT_DATA", str(tmp_path))
    issued = token("--role", "partner", "--partnership", "our-town", "--organisation", "police")
    assert issued.exit_code == 0
    assert issued.stdout.count(".") == 2
    assert said(issued) == "Could not check whether 'police' is registered: no platform is running here."
    assert not (tmp_path / "platform.lock").exists(), "asking for a token starts nothing"
