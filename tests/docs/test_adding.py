"""``docs/adding.md`` shows the code that is there, and its promise holds: a new event touches each place once."""

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


def test_the_event_stands_in_no_other_place() -> None:
    named = {
        str(path.relative_to(TOP))
        for top in ("services", "shared")
        for suffix in ("py", "toml", "html", "jinja")
        for path in (TOP / top).rglob(f"*.{suffix}")
        if re.search(r"TenderRoundOpened|\[tender_round_opened\]", path.read_text())
    }
    assert named == {
        "shared/contracts/projects/commissioning.py",
        "services/projects/commissioning/domain.py",
        "services/projects/commissioning/view.py",
        "services/reporting/phrases/projects.toml",
    }
    assert named <= {path for path, _ in BLOCKS}
