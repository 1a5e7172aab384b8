"""What clerks, chairs and partners ask meetings to do. Importing the modules declares their commands."""

from __future__ import annotations

from services.meetings.commands import decision, meeting, minutes, update
from services.meetings.commands.decision_names import create_decision_names
from services.meetings.commands.declared import commands

__all__ = ["commands", "create_decision_names", "decision", "meeting", "minutes", "update"]
