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


def test_pages_of_refused_reactions_lose_and_repeat_nothing_while_more_are_refused(
    platform: RunningPlatform, partnership: str
) -> None:
    """RFC 8288"""
    clerk = platform.caller("clerk", partnership)
    never_made = [f"never-made-{number}" for number in range(4)]
    meet(clerk, never_made)
    for slug in never_made[:3]:
        defer(clerk, slug)
    page = clerk.get("funding", "/refused-reactions", limit="2")
    found = page.json()
    defer(clerk, never_made[3])
    page = clerk.client.get(page.links["next"]["url"])
    found += page.json()
    assert "next" not in page.links
    assert [slug for refused in found for slug in never_made if repr(slug) in refused["detail"]] == never_made
