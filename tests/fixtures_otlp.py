"""A pytest plugin: ``otlp``, a real OTLP receiver that keeps the spans it is sent.

A test module asks for it with ``pytest_plugins = ["fixtures_otlp"]``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


@dataclass(frozen=True)
class ReceivedSpan:
    """One span as it came over the wire."""

    service: str
    name: str
    kind: str
    """``SERVER``, ``PRODUCER``, …"""
    trace_id: str
    span_id: str
    parent_id: str
    """Empty for the first span of a trace."""
    failed: bool
    attributes: dict[str, str]
    wire: bytes
    """All that was sent about it, for looking whether something is in it that should not be."""


class OtlpReceiver(TraceServiceServicer):
    """The receiving end of OTLP over gRPC, on a free port of this machine."""

    def __init__(self) -> None:
        self._spans: list[ReceivedSpan] = []
        self._more = threading.Condition()
        self._server = grpc.server(ThreadPoolExecutor(4))
        # The generated registration has no types.
        add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.endpoint = f"http://127.0.0.1:{port}"

    def Export(self, request: ExportTraceServiceRequest, context: grpc.ServicerContext) -> ExportTraceServiceResponse:
        received = []
        for resource_spans in request.resource_spans:
            resource = {each.key: each.value.string_value for each in resource_spans.resource.attributes}
            for scope_spans in resource_spans.scope_spans:
                received += [_received(resource["service.name"], span) for span in scope_spans.spans]
        with self._more:
            self._spans += received
            self._more.notify_all()
        return ExportTraceServiceResponse()

    @property
    def spans(self) -> list[ReceivedSpan]:
        """All spans received so far."""
        with self._more:
            return list(self._spans)

    def wait_for(self, wanted: Callable[[list[ReceivedSpan]], bool], seconds: float = 20) -> list[ReceivedSpan]:
        """All spans, once the wanted ones have arrived. Raises ``AssertionError`` with those that did."""
        end = time.monotonic() + seconds
        with self._more:
            while not wanted(self._spans):
                came = sorted(f"{span.service}: {span.name}" for span in self._spans)
                assert self._more.wait(end - time.monotonic()), f"not received in {seconds} s; what came: {came}"
            return list(self._spans)

    def span(self, name: str, service: str | None = None) -> ReceivedSpan:
        """The first span of a name, waited for."""

        def fits(span: ReceivedSpan) -> bool:
            return span.name == name and service in (None, span.service)

        return next(span for span in self.wait_for(lambda spans: any(map(fits, spans))) if fits(span))

    def close(self) -> None:
        self._server.stop(None).wait()


def _received(service: str, span: Span) -> ReceivedSpan:
    return ReceivedSpan(
        service=service,
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes={each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes},
        wire=span.SerializeToString(),
    )


@pytest.fixture
def otlp() -> Iterator[OtlpReceiver]:
    """A receiver for one test; pass ``otlp.endpoint`` to ``Telemetry`` or as ``OTEL_EXPORTER_OTLP_ENDPOINT``."""
    receiver = OtlpReceiver()
    yield receiver
    receiver.close()
