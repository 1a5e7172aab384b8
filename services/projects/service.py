"""Projects, put together."""

from __future__ import annotations

from services.projects.api import queries
from services.projects.commands import commands
from services.projects.reactions import reactions
from services.projects.views import views
from shared.runtime.hosting.service_definition import CommandService

service = CommandService(
    name="projects",
    summary="What comes of it: priorities, projects and their stages, measures, problems, pilots, open questions.",
    commands=commands,
    views=views,
    routes=queries.routes,
    reactions=reactions,
)
