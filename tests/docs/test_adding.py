"""``docs/adding.md`` shows the present code, and its promise holds: a new event touches each place once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"In\s`([^`]+)`:\n\n```(?:python|toml)\n(.*?)\n```", (TOP / "docs/adding.md").read_text(), re.DOTALL
)


@pytest.mark.parametrize(("path", "code"), BLOCKS)
def test_the_page_shows_the_code_that_is_there(path: str, code: str) -> None:
    assert code in (TOP / path).read_text()


@pytest.mark.parametrize(
    ("event", "places"),
    [
        (
            "TenderRoundOpened",
            {
                "shared/contracts/projects/commissioning.py",
                "services/projects/commissioning/domain.py",
                "services/projects/commissioning/view.py",
                "services/reporting/phrases/projects.toml",
            },
        ),
        (
            "MitigationDecided",
            {
                "shared/contracts/meetings/effects.py",
                "services/meetings/decisions/effects.py",
                "services/projects/reactions.py",
                "services/reporting/phrases/meetings.toml",
            },
        ),
    ],
)
def test_no_other_file_names_the_event(event: str, places: set[str]) -> None:
    topic = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", event).lower()
    named = {
        str(path.relative_to(TOP))
        for top in ("services", "shared")
        for path in (TOP / top).rglob("*")
        if path.suffix in (".py", ".toml", ".jinja", ".sql", ".html")
        and re.search(rf"\b{event}\b|\b{topic}\b", path.read_text())
    }
    assert named == places
    assert places <= {path for path, _ in BLOCKS}
