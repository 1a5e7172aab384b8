"""The definition of a command service: a name, commands, views, reactions, routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import grpc
import psycopg
from fastapi import APIRouter

from shared.runtime.deciding.answers import create_answers
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.event_store import create_store
from shared.runtime.deciding.reactions import Reactions
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.following.follower import Also, follower_tables
from shared.runtime.following.relay import create_relay
from shared.runtime.following.views import Views
from shared.runtime.ground.database import create_tables


@dataclass(frozen=True)
class CommandService:
    """A service that records events: membership, meetings, funding, projects and partners.

    Everything that such services have in common is derived from these fields.
    """

    name: str
    summary: str
    """One sentence, shown on its OpenAPI page."""
    commands: Commands
    views: Views
    routes: Callable[[HttpAccess], APIRouter] = lambda access: APIRouter()
    """The queries. The commands' routes come from their declarations."""
    reactions: Reactions = field(default_factory=Reactions)
    add_rpc: Callable[[grpc.aio.Server, HttpAccess, Application], Sequence[str]] = lambda server, access, app: ()
    """Adds gRPC services and returns their full names."""
    create_tables_of_its_own: Callable[[psycopg.Connection, str], None] = lambda connection, role: None
    """Creates the service's other tables, which are neither events nor views, as the owner, for the given role."""
    also: Also = field(default_factory=Also)
    """What it keeps that is not a view of one kind of event."""

    def __post_init__(self) -> None:
        follower_tables(self.views)

    def create(self, owner_url: str, connection: psycopg.Connection, role: str) -> None:
        """Create all its tables, as the owner. Safe to run again."""
        create_store(self.name, owner_url, connection, role)
        create_answers(connection, self.name, role)
        create_relay(connection, self.name, role)
        create_tables(connection, self.views.metadata, role)
        self.create_tables_of_its_own(connection, role)
