"""The published language: every event of every service, declared once.

``event.py`` says how an event is declared; ``docs/events.md`` shows them all.
"""

from shared.contracts import funding, meetings, membership, partners, projects

__all__ = ["funding", "meetings", "membership", "partners", "projects"]
