"""Commands: what people and systems ask a service to do, declared once with their door.

A service's ``commands.py`` declares each command as a record and its handler beside it::

    commands = Commands("meetings")

    class RecordDecision(Command):
        meeting: Slug
        item: Slug
        ...

    @commands.handles("/meetings/{meeting}/decisions", roles={Role.CLERK, Role.CHAIR})
    def record_decision(command: RecordDecision, unit: UnitOfWork) -> None:
        meeting = unit.existing(Meeting, command.meeting)
        unit.record(meeting, meeting.decide(...))

From that declaration come the HTTP route (``POST /{partnership}`` + path), its OpenAPI entry, the validation, the
roles, and the partner's door: a CloudEvent of type ``meetings.record_decision.v1`` is the same command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec

from shared.contracts.command import Command
from shared.runtime.identity.principals import Role

if TYPE_CHECKING:
    from shared.runtime.deciding.application import UnitOfWork


Handler = Callable[[Any, "UnitOfWork"], None]


@dataclass(frozen=True)
class Declared:
    """A command with its door."""

    command: type[Command]
    handler: Handler
    path: str | None
    """Below ``/{partnership}``; ``{field}`` names fields of the command. None: no door, only reactions send it."""
    roles: frozenset[Role]
    acts_for: str | None
    """The field that must name the caller's own organisation when the caller is only a partner."""
    name: str
    """``meetings.record_decision.v1``: the CloudEvents type by which a partner's system sends it."""

    @property
    def path_fields(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{(\w+)}", self.path or ""))

    @property
    def summary(self) -> str:
        return (self.command.__doc__ or "").strip().splitlines()[0]

    def build(self, body: Mapping[str, Any]) -> Command:
        """The typed command from JSON values. Raises ``msgspec.ValidationError`` naming the field."""
        return msgspec.convert(body, self.command)

    def body_schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """JSON Schema of the body (the command without its path fields); nested types are put into ``definitions``."""
        (_,), found = msgspec.json.schema_components([self.command], ref_template="#/components/schemas/{name}")
        schema = dict(found.pop(self.command.__name__))
        definitions.update(found)
        inner = {k: v for k, v in schema["properties"].items() if k not in self.path_fields}
        required = [k for k in schema.get("required", ()) if k not in self.path_fields]
        return {**schema, "properties": inner, "required": required}


class Commands:
    """All commands of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.declared: dict[type[Command], Declared] = {}

    def handles[C: Command](
        self, path: str | None, *, roles: Collection[Role] = (), acts_for: str | None = None
    ) -> Callable[[Callable[[C, UnitOfWork], None]], Callable[[C, UnitOfWork], None]]:
        """Declare the handler of the command its first parameter is annotated with."""

        def declare(handler: Callable[[C, UnitOfWork], None]) -> Callable[[C, UnitOfWork], None]:
            hints = get_type_hints(handler, localns={"UnitOfWork": object})
            command = next(iter(hints.values()))
            if command in self.declared:
                raise ValueError(f"{command.__name__} is handled twice")
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", command.__name__).lower()
            declared = Declared(
                command=command,
                handler=handler,
                path=path,
                roles=frozenset(roles),
                acts_for=acts_for,
                name=f"{self.service}.{name}.v1",
            )
            missing = [f for f in declared.path_fields if f not in command.__struct_fields__]
            if missing:
                raise ValueError(f"{command.__name__} has no field {missing[0]!r}, which its path {path!r} names")
            self.declared[command] = declared
            return handler

        return declare

    def by_name(self, name: str) -> Declared | None:
        """The command a CloudEvent's ``type`` names, or None."""
        return next((d for d in self.declared.values() if d.name == name), None)
