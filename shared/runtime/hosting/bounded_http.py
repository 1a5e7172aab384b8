"""HTTP as uvicorn reads it with httptools, with limits on what a connection may cost before it is known who calls.

A head has a largest size, a largest number of headers and a time in which it must be complete. A process has a largest
number of connections; the one that has waited longest without a request gives way to a new one. A reader who takes
nothing of an answer for a while is disconnected.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from shared.runtime.ground.problem import Problem

MAX_HEAD_BYTES = 64 * 1024
"""The most bytes of a request line and its headers together."""
MAX_HEADERS = 100
"""The most headers of a request."""
HEAD_TIMEOUT_S = 10.0
"""Seconds from a connection, or from the first byte of a further request on it, until its head is complete."""
SEND_TIMEOUT_S = 60.0
"""Seconds after which a reader is disconnected who takes nothing of an answer that waits for it."""
MAX_CONNECTIONS = 1000
"""The most connections of a process."""

_Waiting = dict["BoundedHttp", None]
_WAITING: WeakKeyDictionary[ServerState, _Waiting] = WeakKeyDictionary()
"""For each server its connections without a request, the one that has waited longest first."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. httptools would keep a head of any length in memory, and wait for it without end."""

    max_connections: ClassVar[int] = MAX_CONNECTIONS
    head_timeout_s: ClassVar[float] = HEAD_TIMEOUT_S
    send_timeout_s: ClassVar[float] = SEND_TIMEOUT_S

    _head: int | None = 0
    """Bytes received of a request's head; None while its body is read."""
    _came = 0
    _refused: tuple[int, str] | None = None
    _until_head: TimerHandle | None = None
    _until_sent: TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting = _WAITING.setdefault(self.server_state, {})

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for a request. If there are too many connections, the longest wait ends."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            oldest = next(iter(self._waiting), None)
            if oldest is None:
                self._refuse(503, "There are too many connections. Try again shortly.")
                return
            del self._waiting[oldest]
            oldest.transport.abort()
        self._waiting[self] = None
        self._until_head = self.loop.call_later(self.head_timeout_s, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._waiting.pop(self, None)
        self._stop(self._until_head)
        self._stop(self._until_sent)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process received data. Ends the connection when a head is too long."""
        if self.transport.is_closing():
            return
        self._came = len(data)
        super().data_received(data)
        if self._head is not None:
            self._head += self._came
            if self._head > MAX_HEAD_BYTES and not self.transport.is_closing():
                self._refuse(431, f"The request's headers are longer than {MAX_HEAD_BYTES:,} bytes.")
            elif self._head and self._until_head is None:
                self._until_head = self.loop.call_later(self.head_timeout_s, self._head_is_late)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. Ends the connection when there are too many."""
        if b"\\" in value and name.lower() == b"cookie":
            # No cookie may hold one (RFC 6265 §4.1.1), and Python's parser takes the square of their number
            # (CVE-2024-7592). A browser may send cookies of others, so the request is taken without them.
            value = b";".join(each for each in value.split(b";") if b"\\" not in each)
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._refused = 431, f"The request has more than {MAX_HEADERS} headers."
            raise ValueError(self._refused[1])  # stops the parser, which reports it to ``send_400_response``

    def on_headers_complete(self) -> None:
        """Stop counting: the body follows."""
        self._head = None
        self._stop(self._until_head)
        self._until_head = None
        self._waiting.pop(self, None)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Count the next request's head. Data that came together with this request's end does not count."""
        self._head = -self._came
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of one that was answered before its end."""
        if not self.pipeline and not self.transport.is_closing():
            self._waiting[self] = None
            if self._head is None and self._until_head is None:
                self._until_head = self.loop.call_later(self.head_timeout_s, self._head_is_late)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The reader lags: give it a while."""
        super().pause_writing()
        self._until_sent = self.loop.call_later(self.send_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The reader has taken what was waiting."""
        self._stop(self._until_sent)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that cannot be read."""
        self._refuse(*(self._refused or (400, msg)))

    def _head_is_late(self) -> None:
        self._until_head = None
        if self.cycle is None or self.cycle.response_complete:
            self._refuse(408, f"The request's head did not arrive within {self.head_timeout_s:g} seconds.")
        else:  # an earlier request is still being answered
            self._until_head = self.loop.call_later(self.head_timeout_s, self._head_is_late)

    def _refuse(self, status: int, detail: str) -> None:
        """Answer with a problem, and end the connection."""
        if self.transport.is_closing():
            return
        problem = Problem(
            f"/problems/http-{status}",
            "A request must be readable, short and complete.",
            status,
            detail,
            clause="RFC 9110 §15, RFC 6585 §5",
            remedy="Correct it, and send it again on a new connection.",
        )
        body = msgspec.json.encode(problem)
        head = b"content-type: application/problem+json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    @staticmethod
    def _stop(timer: TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
