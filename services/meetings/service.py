"""Meetings, put together."""

from __future__ import annotations

from services.meetings.api import routes
from services.meetings.commands import commands
from services.meetings.decisions.names import create_decision_names
from services.meetings.views import views
from shared.runtime.hosting.service_definition import CommandService

service = CommandService(
    name="meetings",
    summary="What is decided: meetings, quorum, interests, decisions, actions, minutes, and updates to outside bodies.",
    commands=commands,
    views=views,
    routes=routes,
    create_tables_of_its_own=create_decision_names,
)
