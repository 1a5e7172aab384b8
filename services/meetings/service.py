"""Meetings, put together."""

from __future__ import annotations

from services.meetings.api import routes
from services.meetings.commands import commands, create_decision_names
from services.meetings.views import views
from shared.runtime.service import DecidingService

service = DecidingService(
    name="meetings",
    summary="What is decided: meetings, quorum, interests, decisions, actions, minutes, and updates to outside bodies.",
    commands=commands,
    views=views,
    routes=routes,
    create_more=create_decision_names,
)
