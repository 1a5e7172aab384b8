"""Commands: what people and systems ask a service to do, each declared once, as a row of its service's table.

A noun's file has the decision, a function named as the command that returns the facts. What is asked for is the fact
itself, and the decision's docstring says what the command does::

    def open_gate(asked: GateOpened, park: Park, at: Circumstances) -> GateOpened:
        '''Open the next gate of a park. Raises ``gate-out-of-order``.'''
        gates_open_in_order(asked.number, park.gates.opened)
        return asked

Only a command whose fields are not those of its fact has a class of its own, with its docstring::

    class OpenGate(Command, frozen=True, kw_only=True): ...

    def open_gate(command: OpenGate, park: Park, at: Circumstances) -> GateOpened:
        return fact(GateOpened, command, opened_on=at.today)

The service's ``commands.py`` is the table: what, where, who::

    commands = Commands("parks", Park)
    commands.add(open_gate, "/parks/{park}/gates", CLERK)

A decision's parameters say what it needs. The first is the command. One that is annotated with an aggregate has the
name of the command's field with its slug. The thing must exist, or the field be left out (``| None``). The first such
is what the command is about: with ``creates`` it must not exist yet. A ``tuple`` of aggregates has the name of a field
with several slugs; all must exist. ``at`` is the ``Circumstances``. Any other type comes from the provider that
``provides`` it.

From a row come the HTTP route (``POST /{partnership}`` + path), its OpenAPI entry, the validation, the roles, and what
partners may send: a CloudEvent of type ``meetings.record_decision.v1`` is the same command.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from shared.contracts.command import Asked, Command, Occasion, body_of
from shared.contracts.event import EVENTS, Event, fact, key_of, value_of
from shared.contracts.misfit import explain
from shared.contracts.nouns import NOUNS
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.identifiers import subject_of
from shared.values.roles import Role

if TYPE_CHECKING:
    from shared.runtime.deciding.unit_of_work import UnitOfWork

type Facts = Event | Iterable[Event] | None
Handler = Callable[[Any, "UnitOfWork"], None]
Provider = Callable[["UnitOfWork", Any, Any], Any]
"""Of the unit of work, the command and the thing it is about (None if none), something that a decision needs."""


@dataclass(frozen=True)
class Declared:
    """A command with its endpoint."""

    command: type[Asked]
    handler: Handler
    path: str | None
    """Below ``/{partnership}``; ``{field}`` names fields of the command. None: no endpoint, only reactions send it."""
    roles: frozenset[Role]
    acts_for: str | None
    """The field that must name the caller's own organisation when the caller is only a partner."""
    name: str
    """``meetings.record_decision.v1``: the CloudEvents type by which a partner's system sends it."""
    title: str
    """``RecordDecision``: the name of its operation in OpenAPI."""
    meaning: str
    """What it does, in the words of its docstring."""
    body: type[msgspec.Struct]
    """The record in which it is sent."""
    facts: tuple[str, ...] = ()
    """The names of the classes of the facts that it may record, by the decision's annotation."""
    subject: Callable[[Any, str], str | None] = lambda command, partnership: None
    """The subject that a command of a partnership is about, where its row says."""

    @property
    def path_fields(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{(\w+)}", self.path or ""))

    @property
    def summary(self) -> str:
        return self.meaning.splitlines()[0]

    def build(self, body: Mapping[str, Any]) -> tuple[Asked, Occasion]:
        """What is asked for and its occasion, from JSON values. Raises ``msgspec.ValidationError`` naming the field."""
        try:
            said = msgspec.convert(body, self.body)
        except msgspec.ValidationError as error:
            raise explain(error, self.body) from None
        return fact(self.command, said), fact(Occasion, said)

    def body_schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """JSON Schema of the body (the command without its path fields); nested types are put into ``definitions``."""
        (_,), found = msgspec.json.schema_components([self.body], ref_template="#/components/schemas/{name}")
        schema = dict(found.pop(self.command.__name__))
        definitions.update(found)
        inner = {k: v for k, v in schema["properties"].items() if k not in self.path_fields}
        required = [k for k in schema.get("required", ()) if k not in self.path_fields]
        return {**schema, "properties": inner, "required": required}


class Commands:
    """All commands of one service."""

    def __init__(self, service: str, *kinds: type[Aggregate]) -> None:
        """``kinds``: the aggregates that decisions name in their annotations without importing them."""
        self.service = service
        self.declared: dict[type[Asked], Declared] = {}
        self.decisions: dict[type[Asked], Decision] = {}
        self._names: dict[str, Any] = {kind.__name__: kind for kind in kinds}
        self._providers: dict[Any, Provider] = {}

    def provides(self, kind: Any, provider: Provider) -> None:
        """Declare where decisions get a parameter of this type from; to be called before they are added."""
        self._providers[kind] = provider

    def add(
        self,
        decide: Callable[..., Facts],
        path: str | None = None,
        roles: Collection[Role] = (),
        *,
        creates: bool | None = False,
        acts_for: str | None = None,
        also: Callable[[UnitOfWork, Any], None] | None = None,
    ) -> None:
        """Declare a command by its decision.

        ``creates``: whether what it is about must not exist yet; None if it may or may not.
        ``also`` runs before the decision: for checks against what the service has learnt, and for rows that are saved
        with the facts.
        """
        decision = Decision(decide, self._names, self._providers, creates)

        def handle(command: Asked, unit: UnitOfWork) -> None:
            if also is not None:
                also(unit, command)
            unit.add(*decision.facts(command, unit))

        self._declare(
            decision.command,
            decision.title,
            decision.meaning,
            handle,
            path,
            roles,
            acts_for,
            decision.returns,
            decision.subject,
        )
        self.decisions[decision.command] = decision

    def handles[C: Command](
        self, path: str | None, *, roles: Collection[Role] = (), acts_for: str | None = None
    ) -> Callable[[Callable[[C, UnitOfWork], None]], Callable[[C, UnitOfWork], None]]:
        """Declare the handler of the command its first parameter is annotated with."""

        def declare(handler: Callable[[C, UnitOfWork], None]) -> Callable[[C, UnitOfWork], None]:
            hints = get_type_hints(handler, localns={"UnitOfWork": object})
            command = next(iter(hints.values()))
            self._declare(command, command.__name__, _text(command), handler, path, roles, acts_for)
            return handler

        return declare

    def by_name(self, name: str) -> Declared | None:
        """The command a CloudEvent's ``type`` names, or None."""
        return next((d for d in self.declared.values() if d.name == name), None)

    def _declare(
        self,
        command: type[Asked],
        title: str,
        meaning: str,
        handler: Handler,
        path: str | None,
        roles: Collection[Role],
        acts_for: str | None,
        facts: tuple[str, ...] = (),
        subject: Callable[[Any, str], str | None] = lambda command, partnership: None,
    ) -> None:
        if command in self.declared:
            raise ValueError(f"{command.__name__} is declared twice")
        declared = Declared(
            command,
            handler,
            path,
            frozenset(roles),
            acts_for,
            f"{self.service}.{_function(title)}.v1",
            title,
            meaning,
            body_of(command),
            facts,
            subject,
        )
        missing = [f for f in (*declared.path_fields, *filter(None, [acts_for])) if f not in _fields(command)]
        if missing:
            raise ValueError(f"{command.__name__} has no field {missing[0]!r}, which its row {path!r} names")
        self.declared[command] = declared


class Decision:
    """A decision and how its parameters are found."""

    def __init__(
        self, decide: Callable[..., Facts], names: dict[str, Any], providers: dict[Any, Provider], creates: bool | None
    ) -> None:
        hints = get_type_hints(decide, localns=names)
        returned = hints.pop("return", None)
        self.returns = tuple(dict.fromkeys(re.findall(r"(\w+)'?>", str(_classes(returned)))))
        (_, self.command), *wanted = hints.items()
        self.title = "".join(word.capitalize() for word in decide.__name__.split("_"))
        # A command with fields of its own says there what it does; else the decision says it.
        own = self.command not in EVENTS.values()
        self.meaning = _text(self.command if own else decide)
        if own and self.title != self.command.__name__:
            raise ValueError(f"The decision on {self.command.__name__} is called {_function(self.command.__name__)}")
        self._decide = decide
        self._things: list[tuple[str, type[Aggregate], bool]] = []
        self._lists: list[tuple[str, type[Aggregate]]] = []
        self._others: list[tuple[str, Any, Provider]] = []
        for name, hint in wanted:
            kinds = [k for k in (get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,))]
            kind = next((k for k in kinds if isinstance(k, type) and issubclass(k, Aggregate)), None)
            if get_origin(hint) is tuple:
                self._lists.append((name, get_args(hint)[0]))
            elif kind is not None:
                self._things.append((name, kind, types.NoneType in kinds))
            elif hint is Circumstances:
                self._others.append((name, hint, lambda unit, command, thing: unit.at))
            elif hint in providers:
                self._others.append((name, hint, providers[hint]))
            else:
                raise ValueError(f"{decide} takes {name}: {hint}, which no one provides; see {__name__}")
        # Where there is no such project, it is not said to lack the measure.
        self._outer_first = sorted(enumerate(self._things), key=lambda thing: len(NOUNS[thing[1][1].noun].key))
        self._creates = creates
        if creates and not self._things:
            raise ValueError(f"{decide} creates nothing: it takes no aggregate")

    def facts(self, command: Asked, unit: UnitOfWork, provided: Mapping[Any, Any] | None = None) -> tuple[Event, ...]:
        """What is decided. Raises ``Refusal``. ``provided``: values by type, in place of what the providers find."""
        found: dict[str, Any] = {}
        for number, (name, kind, optional) in self._outer_first:
            if optional and value_of(command, name) is None:
                found[name] = None
            else:
                find = self._find(unit) if number == 0 else unit.existing
                found[name] = find(kind, *self._key(name, kind, command, unit.partnership))
        thing = found[self._things[0][0]] if self._things else None
        for name, kind in self._lists:
            found[name] = tuple(unit.existing(kind, str(slug)) for slug in value_of(command, name))
        for name, kind, provider in self._others:
            found[name] = provided[kind] if provided and kind in provided else provider(unit, command, thing)
        decided = self._decide(command, **found)
        if decided is None:
            return ()
        return (decided,) if isinstance(decided, Event) else tuple(decided)

    def subject(self, command: Asked, partnership: str) -> str | None:
        """The subject of the thing that the command is about; None where it names none."""
        for name, kind, _ in self._things[:1]:
            if NOUNS[kind.noun].name == "partnership" or value_of(command, name) is not None:
                return subject_of(partnership, kind.noun, *self._key(name, kind, command, partnership))
        return None

    def _find(self, unit: UnitOfWork) -> Callable[..., Aggregate]:
        if self._creates is None:
            return unit.load
        return unit.new if self._creates else unit.existing

    @staticmethod
    def _key(name: str, kind: type[Aggregate], command: Asked, partnership: str) -> tuple[str, ...]:
        noun = NOUNS[kind.noun]
        if name == noun.name or noun.name == "partnership":
            return key_of(noun, command, partnership)
        outer = key_of(noun.within, command, partnership) if noun.within else ()
        return (*outer, str(value_of(command, name)))


def _fields(command: type[Asked]) -> set[str]:
    return {*command.__struct_fields__, *command.__struct_encode_fields__}


def _function(title: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", title).lower()


def _text(described: object) -> str:
    """A docstring without the errors it names."""
    return re.sub(r"\s*Raises\s.*", "", inspect.getdoc(described) or "", flags=re.DOTALL)


def _classes(hint: Any) -> list[Any]:
    return [hint] if inspect.isclass(hint) and not get_args(hint) else [c for a in get_args(hint) for c in _classes(a)]
