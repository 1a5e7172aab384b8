"""An entry that does not fit its schema stops no service, restarts included, and its readers are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from fixtures_platform import Caller, RunningPlatform, running_platform

from shared.contracts.envelope import encode, open_envelope
from shared.contracts.event import EVENTS
from shared.contracts.examples import example_entry
from shared.runtime.deciding.event_store import StoredFact
from shared.runtime.ground.clock import new_id

AREA = "cannock-chase"
UNFIT = "projects.progress_reported.v1"
PRIORITY = {"title": "A priority", "outcome": "It is measured."}


def record_what_does_not_fit(platform: RunningPlatform, partnership: str) -> None:
    """As a service with a fault, or a newer one, records it: signed, in order, and not of its schema."""
    (projects,) = (each for each in platform.process.services if each.name == "projects")
    fitting = open_envelope(example_entry(UNFIT))
    unfit = msgspec.structs.replace(
        fitting, id=new_id(), partnership=partnership, subject=f"{partnership}/project/odd", data=msgspec.Raw(b"{}")
    )
    store: Any = projects.application.store  # type: ignore[attr-defined]
    store.save(StoredFact(unfit, fitting.event(), encode(unfit)))


def priorities(clerk: Caller) -> set[str]:
    return {each["priority"] for each in clerk.get("projects", "/priorities").json()}


def test_one_entry_that_does_not_fit_stops_neither_projects_nor_reporting(tmp_path: Path) -> None:
    assert UNFIT in EVENTS
    with running_platform(tmp_path) as platform:
        clerk = platform.caller("clerk", AREA)
        clerk.does("projects", "/priorities", {"priority": "before", **PRIORITY})
        assert "folkmoot-set-aside" not in clerk.get("projects", "/priorities").headers
        record_what_does_not_fit(platform, AREA)
        clerk.does("projects", "/priorities", {"priority": "after", **PRIORITY})
        assert priorities(clerk) == {"before", "after"}
    with running_platform(tmp_path) as platform:
        again = platform.caller("clerk", AREA)
        again.marks = clerk.marks
        again.does("projects", "/priorities", {"priority": "later", **PRIORITY})
        assert priorities(again) == {"before", "after", "later"}
        for service, path in (("projects", "/priorities"), ("reporting", "/position")):
            answer = again.get(service, path)
            assert answer.headers["folkmoot-set-aside"] == "1", service
            (entry,) = again.get(service, "/set-aside").json()
            assert (entry["position"], entry["type"]) == (1, UNFIT)
            assert "ValidationError" in entry["error"]
        for unconcerned in (platform.caller("clerk", "tamworth"), again):
            service = "projects" if unconcerned is not again else "membership"
            assert "folkmoot-set-aside" not in unconcerned.get(service, "/set-aside").headers


@pytest.mark.parametrize("service", ["projects", "reporting"])
def test_nothing_is_set_aside_in_order(platform: RunningPlatform, partnership: str, service: str) -> None:
    answer = platform.caller("clerk", partnership).get(service, "/set-aside")
    assert answer.json() == []
    assert "folkmoot-set-aside" not in answer.headers
