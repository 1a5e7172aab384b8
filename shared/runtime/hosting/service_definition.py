"""What a deciding service is, as its composition root says it: a name, commands, views, reactions, routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import grpc
import psycopg
import sqlalchemy
from fastapi import APIRouter

from shared.runtime.deciding.answers import create_answers
from shared.runtime.deciding.application import Application
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.event_store import create_store
from shared.runtime.deciding.reactions import Reactions
from shared.runtime.endpoints.web import HttpAccess
from shared.runtime.following.follower import Entry, positions_table, refused_reactions_table
from shared.runtime.following.relay import create_relay
from shared.runtime.following.views import Views
from shared.runtime.ground.database import create_tables


@dataclass(frozen=True)
class CommandService:
    """A service that records events: membership, meetings, funding, projects, and partners before them.

    Everything that all of them need is derived from these.
    """

    name: str
    summary: str
    """One sentence, shown on its OpenAPI page."""
    commands: Commands
    views: Views
    routes: Callable[[HttpAccess], APIRouter] = lambda access: APIRouter()
    """The queries; the commands' routes come from their declarations."""
    reactions: Reactions = field(default_factory=Reactions)
    add_rpc: Callable[[grpc.aio.Server, HttpAccess, Application], Sequence[str]] = lambda server, access, app: ()
    """Adds gRPC services and returns their full names."""
    create_tables_of_its_own: Callable[[psycopg.Connection, str], None] = lambda connection, role: None
    """Makes tables of its own that are neither events nor views, as the owner, for the role named."""
    also: Callable[[sqlalchemy.Connection, list[Entry]], None] = lambda connection, entries: None
    """Writes what is not a view of one kind of event, in the transaction of each page followed."""

    def __post_init__(self) -> None:
        positions_table(self.views)
        refused_reactions_table(self.views)

    def create(self, owner_url: str, connection: psycopg.Connection, role: str) -> None:
        """Make all its tables, as the owner; may run again and again."""
        create_store(self.name, owner_url, connection, role)
        create_answers(connection, self.name, role)
        create_relay(connection, self.name, role)
        create_tables(connection, self.views.metadata, role)
        self.create_tables_of_its_own(connection, role)
