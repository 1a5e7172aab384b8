"""A reaction that a rule refuses is not lost, and does not block later ones."""

from __future__ import annotations

from board import ask, defer, meet, open_reserve
from fixtures_platform import RunningPlatform


def test_a_refused_reaction_is_listed_and_the_next_one_happens(platform: RunningPlatform, partnership: str) -> None:
    """CAN-2: a decision about a request that does not exist is shown to the clerk; the other request is deferred."""
    clerk = platform.caller("clerk", partnership)
    open_reserve(clerk)
    ask(clerk, "worker")
    meet(clerk, ("never-made", "worker"))
    for slug in ("never-made", "worker"):
        defer(clerk, slug)
    # What funding does in reaction are facts in turn; having reacted, it knows how far they go.
    clerk.marks["funding"] = str(clerk.get("funding", "/record").json()["sequence"])
    assert clerk.get("funding", "/requests/worker").json()["status"] == "deferred"

    (waits,) = [each for each in clerk.get("meetings", "/awaiting").json() if each["kind"] == "effect_refused"]
    assert (waits["who"], waits["what"]) == ("clerk", "decision")
    assert "never-made" in waits["why"]
    minuted = {each["decision"]: each for each in clerk.get("meetings", "/meetings/m-1").json()["decisions"]}
    (not_done,) = minuted[waits["slug"]]["not_done"]
    assert not_done["effect"] == "deferral_decided"
    assert "never-made" in not_done["reason"]
    assert not_done["reason"] in clerk.get("reporting", "/scrutiny", since="2014-01-01").text
