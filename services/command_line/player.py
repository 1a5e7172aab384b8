"""Plays a scenario: sends steps in TOML, one after another, through the public API.

A scenario is a directory of ``NN-name.toml`` files. Each holds ``[[step]]`` tables:

``says``     a sentence about the step, shown while it plays
``as``       the caller: a role (``clerk``) or a partner (``partner:police``)
``to``       the service
``post``     the command's path below the partnership, for HTTP …
``send``     … or the command's CloudEvents type, for a partner's event over NATS
``body``     the command's fields
``refused``  the problem that this step must end in (``reserve-exhausted``), if it shows a refusal

``scenario.toml`` names the ``partnership`` and the reports to write at the end. Every step has its own idempotency key,
so a scenario can be played again, or continued after an interruption, with the same result.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import tomllib
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2
import msgspec
import nats
import nats.errors

from services.command_line.environment import CommandFailed
from services.partners.answers import SubmissionAnswer
from shared.runtime.ground.problem import Problem
from shared.runtime.identity.local_issuer import LocalIssuer
from shared.values.roles import Role

TIMEOUT_S = 30.0
"""Seconds a step may take."""
RETRY_PAUSE_S = 0.2
"""Seconds between two attempts, while a service is behind."""


class ScenarioFailed(CommandFailed):
    """A step did not end as the scenario says it should."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"actor": "as"}):
    """One command that a person or a partner's system sends."""

    says: str
    actor: str
    to: str
    body: dict[str, Any]
    post: str | None = None
    send: str | None = None
    refused: str | None = None

    def __post_init__(self) -> None:
        if (self.post is None) == (self.send is None):
            raise ValueError(f"«{self.says}» needs either post or send")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    step: list[Step]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The subject of a scenario and its reports."""

    title: str
    partnership: str
    update: str
    """The update to issue at the end."""
    scrutiny_since: dt.date
    scrutiny_until: dt.date


@dataclass(frozen=True)
class Scenario:
    """A scenario as read from its directory."""

    name: str
    about: About
    steps: list[Step]

    @classmethod
    def read(cls, directory: Path) -> Scenario:
        """Read a directory. Raises ``ScenarioFailed``, which names the wrong file and field."""
        steps: list[Step] = []
        try:
            path = directory / "scenario.toml"
            about = msgspec.toml.decode(path.read_bytes(), type=About)
            for path in sorted(directory.glob("[0-9]*.toml")):
                steps += msgspec.convert(tomllib.loads(path.read_text()), _File).step
        except (msgspec.ValidationError, msgspec.DecodeError, tomllib.TOMLDecodeError, OSError) as error:
            raise ScenarioFailed(f"{path}: {error}") from None
        return cls(directory.name, about, steps)


@dataclass(frozen=True)
class Endpoints:
    """The addresses of the services."""

    http: Mapping[str, str]
    """Base address by service: ``http://127.0.0.1:8400/meetings``."""
    nats: str


class Player:
    """Plays steps. It remembers the positions in the answers, so that each step is decided after all earlier ones."""

    def __init__(self, issuer: LocalIssuer, endpoints: Endpoints, scenario: Scenario) -> None:
        self._issuer = issuer
        self._endpoints = endpoints
        self._scenario = scenario
        self._tokens: dict[str, str] = {}
        self._marks: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        self._http = await self._stack.enter_async_context(httpx2.AsyncClient(timeout=TIMEOUT_S))
        try:
            self._bus = await nats.connect(self._endpoints.nats)
        except (nats.errors.Error, OSError) as error:
            await self._stack.aclose()
            raise ScenarioFailed(f"NATS does not answer: {error}") from None
        self._stack.push_async_callback(self._bus.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def play(self, played: Callable[[Step], None]) -> None:
        """Play all steps. Raises ``ScenarioFailed`` at the first step that does not end as it should."""
        for number, step in enumerate(self._scenario.steps, 1):
            problem = await (self._send(step, number) if step.send else self._post(step, number))
            if problem is None and step.refused:
                raise ScenarioFailed(
                    f"Step {number}, «{step.says}», was accepted; it should be refused as {step.refused}."
                )
            if problem is not None and problem.type != f"/problems/{step.refused}":
                where = f" at {problem.field}" if problem.field else ""
                raise ScenarioFailed(f"Step {number}, «{step.says}»: {problem.title} {problem.detail}{where}")
            played(step)

    async def get(self, service: str, path: str, role: str, accept: str = "application/json") -> httpx2.Response:
        """Read a path below the partnership, as a role. The answer covers the last step."""
        return _read(await self._ask("GET", service, path, self._headers(role) | {"Accept": accept}))

    async def post(self, service: str, path: str, role: str) -> httpx2.Response:
        """Post a request that is not a step of the scenario."""
        return _read(await self._ask("POST", service, path, self._headers(role)))

    async def settle(self, services: list[str]) -> None:
        """Wait until these services have reacted to everything recorded so far, and remember their positions."""
        found = {}
        for service in services:
            record = (await self.get(service, "/record", "clerk")).json()
            found[record["source"]] = str(record["sequence"])
        self._marks.update(found)

    async def _post(self, step: Step, number: int) -> Problem | None:
        headers = {"Idempotency-Key": f"{self._scenario.name}/{number}", "Content-Type": "application/json"}
        body = msgspec.json.encode(step.body)
        response = await self._ask("POST", step.to, step.post or "", self._headers(step.actor) | headers, body)
        if response.headers.get("content-type") == "application/problem+json":
            return msgspec.json.decode(response.content, type=Problem)
        self._remember(_read(response).headers["folkmoot-at"])
        return None

    async def _send(self, step: Step, number: int) -> Problem | None:
        organisation = step.actor.partition(":")[2]
        event = {
            "specversion": "1.0",
            "id": f"{self._scenario.name}-{number}",
            "source": f"/{organisation}/scenario",
            "type": step.send,
            "data": step.body,
        }
        deadline = asyncio.get_running_loop().time() + TIMEOUT_S
        while True:
            try:
                message = await self._bus.request(
                    f"partners.{self._scenario.about.partnership}.{organisation}.{step.to}",
                    msgspec.json.encode(event),
                    timeout=TIMEOUT_S,
                    headers={"Authorization": f"Bearer {self._token(step.actor)}"},
                )
            except nats.errors.Error as error:
                raise ScenarioFailed(
                    f"Step {number}, «{step.says}»: partners does not answer over NATS: {error}"
                ) from None
            answer = msgspec.json.decode(message.data, type=SubmissionAnswer)
            if answer.final or asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(RETRY_PAUSE_S)
        if answer.at:
            self._remember(answer.at)
        return answer.problem

    async def _ask(
        self, method: str, service: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> httpx2.Response:
        """Send a request, and repeat it while the service answers 503. That is safe: a 503 changed nothing."""
        address = self._address(service, path)
        deadline = asyncio.get_running_loop().time() + TIMEOUT_S
        while True:
            try:
                response = await self._http.request(method, address, content=body, headers=headers)
            except httpx2.HTTPError as error:
                raise ScenarioFailed(f"{method} {address}: {service} does not answer ({error!r}).") from None
            if response.status_code != 503 or asyncio.get_running_loop().time() > deadline:
                return response
            await asyncio.sleep(RETRY_PAUSE_S)

    def _remember(self, at: str) -> None:
        source, _, sequence = at.partition("=")
        self._marks[source] = sequence

    def _address(self, service: str, path: str) -> str:
        return f"{self._endpoints.http[service]}/{self._scenario.about.partnership}{path}"

    def _headers(self, actor: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._token(actor)}"}
        if self._marks:
            headers["Folkmoot-After"] = ", ".join(f"{source}={number}" for source, number in self._marks.items())
        return headers

    def _token(self, actor: str) -> str:
        if actor not in self._tokens:
            role, _, organisation = actor.partition(":")
            self._tokens[actor] = self._issuer.issue(
                roles=[Role(role)],
                subject=organisation or role,
                partnership=self._scenario.about.partnership,
                organisation=organisation or None,
                lifetime=dt.timedelta(hours=1),
            )
        return self._tokens[actor]


def _read(response: httpx2.Response) -> httpx2.Response:
    if response.status_code >= 400:
        raise ScenarioFailed(
            f"{response.request.method} {response.request.url}: {response.status_code} {response.text[:400]}"
        )
    return response
