"""A board of one member that meets over HTTP and decides on requests for money."""

from __future__ import annotations

from collections.abc import Iterable

from fixtures_platform import Caller

TERMS = {
    "quorum": {"kind": "number", "members": 1},
    "rounding": "up",
    "deputies_count": True,
    "vacant_seats_count": True,
    "agenda_notice_days": 14,
    "papers_notice_days": 7,
    "meetings_a_year": 4,
}


def meet(clerk: Caller, requests: Iterable[str]) -> None:
    """The board meets with these requests on its agenda, even if they were never made."""
    clerk.does("membership", "/partnership", {"name": "An area", "area_code": "E07000192"})
    clerk.does("membership", "/organisations", {"organisation": "police", "name": "The police", "sector": "police"})
    clerk.does("membership", "/groups", {"group": "board", "name": "Board", "kind": "strategic_board"})
    since = {"in_force_from": "2014-01-01"}
    clerk.does("membership", "/groups/board/terms-of-reference", {"terms": TERMS, **since})
    seat = {"seat": "police", "organisation": "police", "office": "Superintendent", **since}
    clerk.does("membership", "/groups/board/seats", seat)
    clerk.does("membership", "/people", {"person": "person-1", "name": "Ada Sample", "organisation": "police"})
    clerk.does("membership", "/groups/board/seats/police/representative", {"person": "person-1", **since})
    meeting = {
        "meeting": "m-1",
        "group": "board",
        "title": "Board",
        "place": "Hall",
        "starts_at": "2014-11-24T14:00:00Z",
    }
    clerk.does("meetings", "/meetings", {**meeting, "happened_at": "2014-10-01T10:00:00Z"})
    for slug in requests:
        item = {"item": slug, "title": slug, "raised_by": "police", "happened_at": "2014-11-01T10:00:00Z"}
        about = {"kind": "request", "id": slug}
        clerk.does("meetings", "/meetings/m-1/agenda-items", {**item, "about": about})
    then = {"happened_at": "2014-11-24T14:00:00Z"}
    clerk.does("meetings", "/meetings/m-1/attendance", {"seat": "police", "capacity": "representative", **then})
    clerk.does("meetings", "/meetings/m-1/opening", then)


def open_reserve(clerk: Caller) -> None:
    """Open a reserve with money in it."""
    clerk.does("funding", "/reserves", {"reserve": "reserve", "name": "Reserve"})


def ask(clerk: Caller, request: str) -> None:
    """The police ask for money for a worker."""
    body = {
        "request": request,
        "reserve": "reserve",
        "applicant": "police",
        "title": "A worker",
        "purpose": "community-development",
        "purpose_text": "To work.",
        "basis": "per_month",
        "amount_pence": 130000,
        "starts_on": "2015-05-01",
        "happened_at": "2014-11-01T10:00:00Z",
    }
    clerk.does("funding", "/requests", body)


def defer(clerk: Caller, request: str, happened_at: str | None = "2014-11-24T14:30:00Z") -> None:
    """The board defers a request. ``happened_at``: None for now."""
    decision = {
        "decision": f"defer-{request}",
        "item": request,
        "outcome": "deferred",
        "text": "That it come back.",
        "reasons": "More must be known.",
        "deferral": {"returns_to": "A future meeting", "must_know": ["What it would do."]},
        "happened_at": happened_at,
    }
    clerk.does("meetings", "/meetings/m-1/decisions", decision)
