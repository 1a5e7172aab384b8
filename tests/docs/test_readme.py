"""``README.md``: its first command works when typed by hand, and the places that it and ``docs/`` name exist."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from fixtures_platform import RunningPlatform

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text()
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
PLACE = re.compile(r"`((?:services|shared|tests|docs|bench|infra|scenarios)/[^`\s…]*)`")


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_first_command_is_accepted_and_its_key_gives_the_same_answer(platform: RunningPlatform) -> None:
    (code,) = re.findall(r"## Your first command\n.*?\n\n((?:    [^\n]+\n)+)", README, re.DOTALL)
    typed = textwrap.dedent(code).replace("http://127.0.0.1:8400", platform.addresses.http)
    environment = {**os.environ, "FOLKMOOT_DATA": str(platform.settings.data)}
    first, again = (
        json.loads(subprocess.run(["sh", "-euc", typed], cwd=TOP, env=environment, stdout=-1, check=True).stdout)
        for _ in range(2)
    )
    assert first["events"][0]["type"] == "membership.partnership_established.v1"
    assert again == first


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_place_it_names_is_there(page: Path) -> None:
    named = [re.sub(r"<[^>]*>", "*", place).rstrip("/") for place in PLACE.findall(page.read_text())]
    assert not [place for place in named if not any(TOP.glob(place))]
