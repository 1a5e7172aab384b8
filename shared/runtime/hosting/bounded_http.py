"""HTTP as uvicorn reads it with httptools, with a limit on a request's head."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
"""The most bytes of a request line and its headers together."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. httptools would keep a head of any length in memory; this refuses one that is too long."""

    _head: int | None = 0
    """Bytes received of a request's head; None while its body is read."""
    _came = 0

    def data_received(self, data: bytes) -> None:
        """Process received data. Ends the connection when a head is too long."""
        self._came = len(data)
        super().data_received(data)
        if self._head is not None:
            self._head += self._came
            if self._head > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response(f"The request's headers are longer than {MAX_HEAD_BYTES:,} bytes.")

    def on_headers_complete(self) -> None:
        """Stop counting: the body follows."""
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Count the next request's head. Data that came together with this request's end does not count."""
        self._head = -self._came
        super().on_message_complete()
