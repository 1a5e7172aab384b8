"""The whole platform in this process, on real servers, for the tests that call its endpoints."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvloop

from services import catalogue
from services.command_line.addresses import Addresses
from services.command_line.serving import serving
from shared.runtime.ground.clock import Clock, now
from shared.runtime.ground.settings import Settings
from shared.runtime.hosting.process import Process
from shared.runtime.identity.bus_passwords import bus_password_of
from shared.runtime.identity.local_issuer import issuer_of
from shared.values.roles import Role


@dataclass
class RunningPlatform:
    """A platform served from a thread of this process."""

    settings: Settings
    process: Process
    addresses: Addresses
    loop: asyncio.AbstractEventLoop

    def token(self, role: str, partnership: str | None, organisation: str | None = None) -> str:
        return issuer_of(self.settings).issue(
            roles=[Role(role)],
            subject=organisation or role,
            partnership=partnership,
            organisation=organisation,
            lifetime=dt.timedelta(hours=1),
        )

    def nats_as(self, user: str) -> str:
        """The address of NATS with a user and its password."""
        host = self.addresses.nats.rpartition("@")[2]
        return f"nats://{user}:{bus_password_of(self.settings, user)}@{host}"

    def caller(self, role: str, partnership: str, organisation: str | None = None) -> Caller:
        """An HTTP caller with a role in a partnership."""
        client = httpx2.Client(
            base_url=self.addresses.http,
            headers={"Authorization": f"Bearer {self.token(role, partnership, organisation)}"},
            timeout=30,
            verify=False,  # plain HTTP; reading every authority's certificate would take longer than most requests
        )
        return Caller(client, partnership)


@dataclass
class Caller:
    """Calls the endpoints of one partnership, and sees at least what it has recorded itself."""

    client: httpx2.Client
    partnership: str
    marks: dict[str, str] = field(default_factory=dict)

    def post(self, service: str, path: str, body: object = None, **headers: str) -> httpx2.Response:
        """Send a command, and remember the position of its facts."""
        response = self.client.post(
            f"/{service}/{self.partnership}{path}", json=body if body is not None else {}, headers=self._after(headers)
        )
        if response.status_code < 300:
            source, _, number = response.headers["folkmoot-at"].partition("=")
            self.marks[source] = number
        return response

    def does(self, service: str, path: str, body: object = None, **headers: str) -> httpx2.Response:
        """Send a command that must be accepted."""
        response = self.post(service, path, body, **headers)
        assert response.status_code in (200, 201), response.text
        return response

    def get(self, service: str, path: str, **parameters: str) -> httpx2.Response:
        """Read a page that includes everything this caller recorded."""
        return self.client.get(f"/{service}/{self.partnership}{path}", params=parameters, headers=self._after({}))

    def _after(self, headers: dict[str, str]) -> dict[str, str]:
        renamed = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.marks:
            renamed.setdefault("Folkmoot-After", ", ".join(f"{s}={n}" for s, n in self.marks.items()))
        return renamed


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """The platform of this test run. Tests are separate because each has its own partnership."""
    with running_platform(tmp_path_factory.mktemp("platform")) as found:
        yield found


@pytest.fixture
def partnership() -> str:
    """A partnership that no other test uses."""
    return f"area-{uuid.uuid4().hex[:12]}"


class running_platform:
    """Serve a platform from a thread for as long as the block lasts."""

    def __init__(
        self, data: Path, names: Collection[str] = catalogue.NAMES, clock: Clock = now, **settings: Any
    ) -> None:
        """``names``: the services it hosts. ``settings``: the fields of ``Settings`` that differ from the default."""
        self._settings = Settings(data=data, http="127.0.0.1:0", grpc="127.0.0.1:0", **settings)
        self._names = names
        self._clock = clock
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._end: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._run, name="platform")

    def __enter__(self) -> RunningPlatform:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self._found

    def __exit__(self, *_: object) -> None:
        self._end()
        self._thread.join()

    def _run(self) -> None:
        try:
            uvloop.run(self._serve())  # as the commands do
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        ending = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with serving(self._settings, self._names, self._clock) as (process, addresses):
            self._found = RunningPlatform(self._settings, process, addresses, loop)
            self._end = lambda: loop.call_soon_threadsafe(ending.set)
            self._ready.set()
            await ending.wait()
