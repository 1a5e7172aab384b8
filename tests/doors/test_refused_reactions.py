"""What follows from a decision and a rule refuses is neither lost nor in the way of what comes after it."""

from __future__ import annotations

from board import ask, defer, meet, open_reserve
from fixtures_platform import RunningPlatform


def test_a_refused_reaction_is_listed_and_the_next_one_happens(platform: RunningPlatform, partnership: str) -> None:
    """CAN-2: a decision about a request nobody made is shown to the clerk; the other request is deferred."""
    clerk = platform.caller("clerk", partnership)
    open_reserve(clerk)
    ask(clerk, "worker")
    meet(clerk, ("never-made", "worker"))
    for slug in ("never-made", "worker"):
        defer(clerk, slug)
    (refused,) = clerk.get("funding", "/refused-reactions").json()
    assert refused["command"] == "funding.defer_request.v1"
    assert "never-made" in refused["detail"]
    # What funding does in reaction are facts in turn; having reacted, it knows how far they go.
    clerk.marks["funding"] = str(clerk.get("funding", "/record").json()["sequence"])
    assert clerk.get("funding", "/requests/worker").json()["status"] == "deferred"

    clerk.marks["funding"] = str(clerk.get("funding", "/record").json()["sequence"])
    (waits,) = [each for each in clerk.get("meetings", "/awaiting").json() if each["kind"] == "effect_refused"]
    assert (waits["who"], waits["what"]) == ("clerk", "decision")
    assert refused["detail"] in waits["why"]
    minuted = {each["decision"]: each for each in clerk.get("meetings", "/meetings/m-1").json()["decisions"]}
    assert [(each["effect"], each["reason"]) for each in minuted[waits["slug"]]["not_done"]] == [
        ("deferral_decided", refused["detail"])
    ]
    told = clerk.get("reporting", "/scrutiny", since="2014-01-01").text
    assert refused["detail"] in told
