"""Many writers on a platform whose servers are killed, and the proof that nothing they recorded is missing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import psycopg
from fixtures_platform import RunningPlatform
from psycopg import sql

from services.catalogue import DECIDING
from shared.contracts.envelope import open_envelope
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import CompactRange, leaf_hash
from shared.proofs.note import Note
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub
from shared.runtime.deciding.answers import Answer
from shared.runtime.deciding.application import TooBusy
from shared.runtime.deciding.event_store import events_table
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.following.follower import Follower
from shared.runtime.hosting.running_service import RunningCommandService
from shared.runtime.identity.principals import Principal
from shared.values.roles import Role

WRITERS = 8
"""For each service."""
TIMEOUT_S = 60.0
"""Seconds until what is awaited must have come."""
SHARED = 9
"""Every so many commands one goes to a subject that all writers of the service write to."""
LAST_YEAR = "2014-11-24T12:00:00Z"

Body = dict[str, Any]

GIVEN: Sequence[tuple[str, str, Body]] = (
    ("membership", "establish_partnership", {"name": "An area's partnership", "area_code": "E07000192"}),
    ("membership", "register_organisation", {"organisation": "council", "name": "The council", "sector": "council"}),
    ("membership", "form_group", {"group": "board", "name": "The board", "kind": "strategic_board"}),
    (
        "membership",
        "adopt_terms_of_reference",
        {
            "group": "board",
            "in_force_from": "2014-01-01",
            "terms": {
                "quorum": {"kind": "share", "numerator": 1, "denominator": 4},
                "rounding": "up",
                "deputies_count": True,
                "vacant_seats_count": True,
                "agenda_notice_days": 14,
                "papers_notice_days": 7,
                "meetings_a_year": 4,
            },
        },
    ),
    (
        "meetings",
        "schedule_meeting",
        {
            "meeting": "shared",
            "group": "board",
            "title": "The board",
            "starts_at": "2015-03-02T14:00:00Z",
            "place": "The hall",
        },
    ),
    ("funding", "open_reserve", {"reserve": "shared", "name": "The reserve"}),
    ("projects", "set_priority", {"priority": "shared", "title": "Safer", "outcome": "Fewer people are harmed."}),
)
"""What there is before the crowd comes."""

OF_THEIR_OWN: Mapping[str, tuple[str, Callable[[str], Body]]] = {
    "membership": (
        "register_organisation",
        lambda slug: {"organisation": slug, "name": f"Organisation {slug}", "sector": "voluntary"},
    ),
    "meetings": (
        "schedule_meeting",
        lambda slug: {
            "meeting": slug,
            "group": "board",
            "title": f"Meeting {slug}",
            "starts_at": "2015-03-02T14:00:00Z",
            "place": "The hall",
        },
    ),
    "funding": ("open_reserve", lambda slug: {"reserve": slug, "name": f"Reserve {slug}"}),
    "projects": ("set_priority", lambda slug: {"priority": slug, "title": slug, "outcome": "Something is better."}),
}
"""For each service the command that makes a new subject."""

OF_ALL: Mapping[str, tuple[str, Callable[[str], Body]]] = {
    "membership": (
        "create_seat",
        lambda slug: {
            "group": "board",
            "seat": slug,
            "organisation": "council",
            "office": "Officer",
            "in_force_from": "2014-01-01",
        },
    ),
    "meetings": (
        "add_agenda_item",
        lambda slug: {"meeting": "shared", "item": slug, "title": slug, "raised_by": "council"},
    ),
    "funding": (
        "receive_stream",
        lambda slug: {
            "reserve": "shared",
            "stream": slug,
            "name": slug,
            "kind": "external_grant",
            "source": "council",
            "amount_pence": 100,
        },
    ),
    "projects": ("set_objective", lambda slug: {"priority": "shared", "objective": slug, "title": slug}),
}
"""For each service the command that adds to the subject which all share."""


class WriterLoad:
    """Eight writers a service, who send each command until it is acknowledged, under one key."""

    def __init__(
        self, platform: RunningPlatform, partnership: str, each: int, unanswered: tuple[type[Exception], ...] = ()
    ) -> None:
        """``each``: how many commands a service gets. ``unanswered``: errors after which a command is sent again."""
        self._platform = platform
        self._principal = Principal("crowd", frozenset({Role.CLERK}), partnership, None)
        self.partnership = partnership
        self._each = each
        self._unanswered: tuple[type[Exception], ...] = (TooBusy, *unanswered)
        self._news = threading.Condition()
        self._writing: list[Future[None]] = []
        self.acknowledged: dict[str, list[str]] = {name: [] for name in DECIDING}
        """For each service the ids of the events it has answered with."""

    def prepare(self) -> None:
        """Record what the crowd's commands build on, and wait until every service has learnt it."""
        for number, (service, command, body) in enumerate(GIVEN):
            self._send(service, command, body, f"given-{number}")
            if command == "adopt_terms_of_reference":
                self.everything_followed()
        self.everything_followed()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run all writers. The end of the block waits for them, and raises their errors."""
        with ThreadPoolExecutor(WRITERS * len(DECIDING), "writer") as threads:
            self._writing = [
                threads.submit(self._write, service, range(first, self._each, WRITERS))
                for first in range(WRITERS)
                for service in DECIDING
            ]
            for future in self._writing:
                future.add_done_callback(self._tell)
            yield
            for future in self._writing:
                future.result(TIMEOUT_S)

    def wait_until_acknowledged(self, share: float) -> None:
        """Wait until this share of all commands is acknowledged."""
        wanted = int(share * self._each * len(DECIDING))
        with self._news:
            came = self._news.wait_for(lambda: self._count() >= wanted or self._failed(), TIMEOUT_S)
        for future in self._writing:
            if future.done():
                future.result()
        assert came, f"of {wanted} commands only {self._count()} are acknowledged after {TIMEOUT_S:.0f} s"

    def everything_followed(self) -> None:
        """Wait until every service's views have everything that every service has recorded."""
        marks = {name: self._service(name).application.sequence for name in DECIDING}
        for hosted in self._platform.process.services:
            follower = getattr(hosted, "follower", None)
            if isinstance(follower, Follower):
                asyncio.run_coroutine_threadsafe(follower.wait_for(marks, TIMEOUT_S), self._platform.loop).result()

    def assert_nothing_lost_nothing_twice(self, database_url: str) -> None:
        """The proof: the ledger has each source's record, byte for byte, and every acknowledged event in it once."""
        self.everything_followed()
        entries = self._replayed()
        assert [entry.position for entry in entries] == list(range(len(entries)))
        assert all(entry.leaf_hash == leaf_hash(entry.entry) for entry in entries)
        tree = CompactRange()
        for entry in entries:
            tree.add(entry.leaf_hash)
        published = Checkpoint.parse(Note.parse(self._checkpoint()).text)
        assert (published.size, published.root) == (tree.size, tree.root())
        ids = [open_envelope(entry.entry).id for entry in entries]
        assert len(ids) == len(set(ids))
        given = Counter(service for service, _, _ in GIVEN)
        for service, answered in self.acknowledged.items():
            record = _record(database_url, service)
            assert [sequence for sequence, _ in record] == list(range(1, len(record) + 1))
            held = [(entry.source_sequence, entry.entry) for entry in entries if entry.source == service]
            assert held == record, f"the ledger does not hold the record of {service}"
            assert len(answered) == len(set(answered)) == self._each + given[service]
            mine = {event.id for _, entry in record if (event := open_envelope(entry)).partnership == self.partnership}
            assert mine == set(answered), f"what {service} acknowledged is not what it recorded"

    def assert_seen_by_callers(self) -> None:
        """What membership acknowledged is in the views that callers read."""
        clerk = self._platform.caller("clerk", self.partnership)
        response = clerk.get("membership", "/organisations", limit="200")
        found = {entry["organisation"] for entry in response.json()}
        while "next" in response.links:
            response = clerk.client.get(response.links["next"]["url"])
            found |= {entry["organisation"] for entry in response.json()}
        assert len(found) == self._each - len(range(0, self._each, SHARED)) + 1
        (board,) = clerk.get("membership", "/groups").json()
        seats = clerk.get("membership", f"/groups/{board['group']}/roster", as_at="2014-12-01").json()["seats"]
        assert len(seats) == len(range(0, self._each, SHARED))

    def _write(self, service: str, numbers: range) -> None:
        for number in numbers:
            command, body = (OF_ALL if number % SHARED == 0 else OF_THEIR_OWN)[service]
            self._send(service, command, body(f"n-{number}"), f"crowd-{number}")

    def _send(self, service: str, command: str, body: Body, key: str) -> None:
        application = self._service(service).application
        declared = application.commands.by_name(f"{service}.{command}.v1")
        assert declared is not None
        typed, occasion = declared.build({"happened_at": LAST_YEAR, **body})
        request = Request(self._principal, self.partnership, key, occasion=occasion)
        deadline = time.monotonic() + TIMEOUT_S
        answer: Answer | None = None
        while answer is None:
            try:
                answer = application.execute(declared, typed, request)
            except self._unanswered:
                if time.monotonic() > deadline:
                    raise
        with self._news:
            self.acknowledged[service] += [event.id for event in answer.events]
            self._news.notify_all()

    def _service(self, name: str) -> RunningCommandService:
        (found,) = (hosted for hosted in self._platform.process.services if hosted.name == name)
        assert isinstance(found, RunningCommandService)
        return found

    def _tell(self, _: Future[None]) -> None:
        with self._news:
            self._news.notify_all()

    def _count(self) -> int:
        return sum(len(ids) for ids in self.acknowledged.values()) - len(GIVEN)

    def _failed(self) -> bool:
        return any(future.done() and future.exception() for future in self._writing)

    def _checkpoint(self) -> bytes:
        """The ledger's checkpoint, as it is published."""
        with self._ledger() as (stub, metadata):
            request = ledger_pb2.GetCheckpointRequest()
            return str(stub.GetCheckpoint(request, metadata=metadata, timeout=TIMEOUT_S).note).encode()

    def _replayed(self) -> list[ledger_pb2.Entry]:
        """The whole ledger, as an auditor gets it."""
        with self._ledger() as (stub, metadata):
            pages = stub.Replay(ledger_pb2.ReplayRequest(), metadata=metadata, timeout=TIMEOUT_S)
            return [entry for page in pages for entry in page.entries]

    @contextmanager
    def _ledger(self) -> Iterator[tuple[LedgerStub, tuple[tuple[str, str], ...]]]:
        token = self._platform.token("auditor", None)
        with grpc.insecure_channel(self._platform.addresses.grpc) as channel:
            yield LedgerStub(channel), (("authorization", f"Bearer {token}"),)


def until(true: Callable[[], bool], otherwise: str) -> None:
    """Check repeatedly until it is so. Fails with ``otherwise``, which says what is the case instead."""
    deadline = time.monotonic() + TIMEOUT_S
    while not true():
        assert time.monotonic() < deadline, f"{otherwise}, after {TIMEOUT_S:.0f} s"
        time.sleep(0.05)


def _record(database_url: str, service: str) -> list[tuple[int, bytes]]:
    """A service's own record, as PostgreSQL has it."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            sql.SQL("SELECT notification_id, state FROM {} ORDER BY notification_id").format(
                sql.Identifier(service, events_table(service))
            )
        )
        return [(int(sequence), bytes(state)) for sequence, state in rows]
