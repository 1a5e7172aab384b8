"""How a scenario is read and played: a step ends as the scenario says, or the player names the step that did not."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixtures_platform import RunningPlatform
from scenario.quarter import quarter_on

from services.command_line.player import Scenario, ScenarioFailed

ABOUT = """
title = "A small scenario"
partnership = "{partnership}"
update = "none"
scrutiny_since = 2014-10-16
scrutiny_until = 2015-01-16
"""
ESTABLISH = """
[[step]]
says = "The partnership is established"
as = "clerk"
to = "membership"
post = "/partnership"
body = { name = "An area's partnership", area_code = "E07000192" }
"""


@pytest.fixture
def directory(tmp_path: Path, partnership: str) -> Path:
    """A scenario of a partnership that no other test uses, with its first step."""
    (tmp_path / "scenario.toml").write_text(ABOUT.format(partnership=partnership))
    (tmp_path / "01-first.toml").write_text(ESTABLISH)
    return tmp_path


def test_a_step_without_an_endpoint_is_named(directory: Path) -> None:
    (directory / "02-second.toml").write_text(ESTABLISH.replace('post = "/partnership"', ""))
    with pytest.raises(
        ScenarioFailed, match=r"02-second\.toml.*«The partnership is established» needs either post or send"
    ):
        Scenario.read(directory)


def test_a_field_that_no_step_has_is_named(directory: Path) -> None:
    (directory / "02-second.toml").write_text(ESTABLISH.replace("says", "tells"))
    with pytest.raises(ScenarioFailed, match=r"02-second\.toml.*tells"):
        Scenario.read(directory)


def test_files_are_played_in_the_order_of_their_names(directory: Path) -> None:
    (directory / "10-tenth.toml").write_text(ESTABLISH.replace("The partnership", "Tenth: it"))
    (directory / "09-ninth.toml").write_text(ESTABLISH.replace("The partnership", "Ninth: it"))
    says = [step.says.partition(":")[0] for step in Scenario.read(directory).steps]
    assert says == ["The partnership is established", "Ninth", "Tenth"]


def test_a_refusal_that_the_scenario_does_not_tell_stops_it(platform: RunningPlatform, directory: Path) -> None:
    (directory / "02-second.toml").write_text(ESTABLISH)
    with pytest.raises(ScenarioFailed, match="Step 2, «The partnership is established»"):
        quarter_on(platform, directory).play()


def test_a_step_that_should_be_refused_and_is_not_stops_it(platform: RunningPlatform, directory: Path) -> None:
    (directory / "01-first.toml").write_text(ESTABLISH.replace("body", 'refused = "already-there"\nbody'))
    with pytest.raises(ScenarioFailed, match="was accepted; it should be refused as already-there"):
        quarter_on(platform, directory).play()


def test_a_refusal_in_the_scenario_is_expected(platform: RunningPlatform, directory: Path) -> None:
    (directory / "02-second.toml").write_text(ESTABLISH.replace("body", 'refused = "already-there"\nbody'))
    assert len(quarter_on(platform, directory).play()) == 2


def test_an_unknown_command_is_reported_in_a_sentence(platform: RunningPlatform, directory: Path) -> None:
    (directory / "01-first.toml").write_text(
        ESTABLISH.replace('post = "/partnership"', 'send = "nobody.establish_partnership.v1"')
        .replace('"clerk"', '"partner:police"')
        .replace('"membership"', '"nobody"')
    )
    with pytest.raises(ScenarioFailed, match=r"^Step 1, .*nobody.establish_partnership"):
        quarter_on(platform, directory).play()
