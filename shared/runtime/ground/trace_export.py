"""Sends spans to an OTLP receiver, without what may be personal. Loaded only when there is a receiver."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes


def discreet_exporter(endpoint: str) -> SpanExporter:
    """An exporter to an OTLP receiver's gRPC address: ``http://host:4317`` (plain) or ``https://…``."""
    plain = True if endpoint.startswith("http://") else None
    return _DiscreetExporter(OTLPSpanExporter(endpoint=endpoint, insecure=plain))


def provider_of(service: str, exporter: SpanExporter) -> TracerProvider:
    """The provider of a service's tracers. Its spans go to the exporter in batches."""
    resource = Resource.create({"service.name": service, "service.namespace": "folkmoot"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


class _DiscreetExporter(SpanExporter):
    """Forwards spans without attributes that may be personal. Safe to shut down twice, from two threads."""

    def __init__(self, receiver: SpanExporter) -> None:
        self._receiver = receiver
        self._lock = threading.Lock()
        self._open = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._receiver.export([_discreet(span) for span in spans]) if self._open else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        with self._lock:
            if self._open:
                self._open = False
                self._receiver.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._receiver.force_flush(timeout_millis)


_PERSONAL = frozenset(
    {
        *("http.url", "url.full", "url.query"),  # may contain a search; the path stays, in http.target and url.path
        *("net.peer.ip", "net.peer.port", "client.address", "client.port", "network.peer.address", "network.peer.port"),
        *("exception.message", "exception.stacktrace"),  # a library's message may quote the body it could not take
    }
)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_impersonal(span.attributes),
        events=[Event(event.name, _impersonal(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),  # its description would be the exception's message
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _impersonal(attributes: Attributes) -> Attributes:
    return {name: value for name, value in (attributes or {}).items() if name not in _PERSONAL}
