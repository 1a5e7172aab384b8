"""HTTP callers of a platform in another process. They ask again until they get an answer."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import httpx2
from faults.writers import TIMEOUT_S

from shared.contracts.envelope import open_envelope
from shared.rpc.ledger.v1 import ledger_pb2
from shared.rpc.ledger.v1.ledger_pb2_grpc import LedgerStub

COMMANDS: dict[str, tuple[str, Callable[[str], dict[str, str]]]] = {
    "membership": ("/organisations", lambda slug: {"organisation": slug, "name": slug, "sector": "voluntary"}),
    "funding": ("/reserves", lambda slug: {"reserve": slug, "name": slug}),
    "projects": ("/priorities", lambda slug: {"priority": slug, "title": slug, "outcome": "Better. " * 100}),
}
EACH_SERVICE = 4
"""Callers."""
RETRY_PAUSE_S = 0.05
"""Seconds before an unanswered command is sent again."""


class Callers:
    """Several callers a service. Each sends a command under one key until it is answered, then the next."""

    def __init__(self, http: str, token: str, partnership: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._partnership = partnership
        self._ended = threading.Event()
        self._news = threading.Condition()
        self.acknowledged: list[str] = []
        """The ids of all acknowledged events."""
        self._send_until_answered(self._client(), "membership", "/partnership", {"name": "A", "area_code": "E07000192"})

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Run all of them. At the end of the block they have their answers, or give up: see ``end``."""
        with ThreadPoolExecutor(EACH_SERVICE * len(COMMANDS), "caller") as threads:
            calling = [threads.submit(self._call, s, n) for s in COMMANDS for n in range(EACH_SERVICE)]
            try:
                yield
            finally:
                self._ended.set()
            for future in calling:
                future.result(TIMEOUT_S)

    def wait_until_told(self, more: int) -> None:
        """Wait until this many more events are acknowledged."""
        with self._news:
            wanted = len(self.acknowledged) + more
            assert self._news.wait_for(lambda: len(self.acknowledged) >= wanted, TIMEOUT_S), "no caller gets an answer"

    def end(self) -> None:
        """Stop sending, and stop repeating."""
        self._ended.set()

    def assert_all_recorded_once(self, grpc_address: str, auditor: str) -> None:
        """The proof: the ledger has every acknowledged event once, without a gap, each source in its order."""
        deadline = time.monotonic() + TIMEOUT_S
        with grpc.insecure_channel(grpc_address) as channel:
            while True:
                pages = LedgerStub(channel).Replay(
                    ledger_pb2.ReplayRequest(),
                    metadata=(("authorization", f"Bearer {auditor}"),),
                    timeout=TIMEOUT_S,
                    wait_for_ready=True,
                )
                entries = [entry for page in pages for entry in page.entries]
                ids = Counter(open_envelope(entry.entry).id for entry in entries)
                if set(self.acknowledged) <= set(ids):
                    break
                lost = len(set(self.acknowledged) - set(ids))
                assert time.monotonic() < deadline, (
                    f"{lost} of {len(self.acknowledged)} acknowledged events are missing"
                )
        assert [entry.position for entry in entries] == list(range(len(entries)))
        assert set(ids.values()) == {1}
        numbers: dict[str, list[int]] = {}
        for entry in entries:
            numbers.setdefault(entry.source, []).append(entry.source_sequence)
        assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())

    def _call(self, service: str, caller: int) -> None:
        client = self._client()
        path, body = COMMANDS[service]
        number = 0
        while not self._ended.is_set():
            self._send_until_answered(client, service, path, body(f"n-{caller}-{number}"))
            number += 1

    def _send_until_answered(self, client: httpx2.Client, service: str, path: str, body: dict[str, str]) -> None:
        key = {"Idempotency-Key": f"{service}-{next(iter(body.values()))}"}
        while not self._ended.is_set():
            try:
                answer = client.post(f"/{service}/{self._partnership}{path}", json=body, headers=key)
            except httpx2.HTTPError:
                time.sleep(RETRY_PAUSE_S)
                continue
            if answer.status_code == 503:
                time.sleep(RETRY_PAUSE_S)
                continue
            assert answer.status_code == 201, answer.text
            with self._news:
                self.acknowledged += [event["id"] for event in answer.json()["events"]]
                self._news.notify_all()
            return

    def _client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self._http, headers=self._headers, timeout=TIMEOUT_S / 2, verify=False)
