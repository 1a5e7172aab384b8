"""Traces: each goes from the command's request to the page that shows it, across services, NATS and the ledger.

OpenTelemetry's global provider can be set only once in a process, and the embedded platform hosts all services in one.
So each service has its own ``Telemetry`` with its own provider, whose spans have its ``service.name``. Nothing global
is set. The current span is a context variable and crosses services freely. Without an endpoint nothing is recorded and
a span costs nothing.

No bodies and no names leave the process: see ``trace_export.py``. Logs are in ``logs.py``.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, NoOpTracer, Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

if TYPE_CHECKING:
    from fastapi import FastAPI
    from opentelemetry.sdk.trace import TracerProvider

LAST_SPANS_TIMEOUT_S = 3.0
"""Seconds ``shutdown`` tries to send the last spans when the receiver does not answer."""

_PROPAGATOR = TraceContextTextMapPropagator()
_NO_SPAN = contextlib.nullcontext(INVALID_SPAN)


class Telemetry:
    """The traces of one service."""

    def __init__(self, service: str, endpoint: str | None = None) -> None:
        """``endpoint``: an OTLP receiver's gRPC address, ``http://host:4317`` (plain) or ``https://…``; None for off.

        OpenTelemetry's own settings apply to the rest, such as ``OTEL_TRACES_SAMPLER``, ``OTEL_RESOURCE_ATTRIBUTES``,
        ``OTEL_BSP_SCHEDULE_DELAY`` and ``OTEL_EXPORTER_OTLP_HEADERS``.
        """
        self._provider: TracerProvider | None = None
        self.tracer: Tracer = NoOpTracer()
        if endpoint is not None:
            # Only now, because OpenTelemetry's SDK takes a while to load and most processes send no traces.
            from shared.runtime.ground.trace_export import discreet_exporter, provider_of

            self._exporter = discreet_exporter(endpoint)
            self._provider = provider_of(service, self._exporter)
            self.tracer = self._provider.get_tracer("folkmoot")

    @property
    def enabled(self) -> bool:
        """Whether spans are recorded."""
        return self._provider is not None

    def span(
        self,
        name: str,
        parent_traceparent: str | None = None,
        attributes: Mapping[str, AttributeValue] | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> AbstractContextManager[Span]:
        """A span for work that is part of a trace, current while the block runs.

        Its parent is ``parent_traceparent`` if given (if that is malformed, a new trace starts), else the current span.
        Use identifiers and figures as attributes, never people's texts or names.
        """
        if self._provider is None:
            return _NO_SPAN
        context = None if parent_traceparent is None else self.context_from(parent_traceparent)
        return self.tracer.start_as_current_span(name, context=context, kind=kind, attributes=attributes)

    def inject(self) -> str | None:
        """The current span as W3C ``traceparent``, to pass on; None when there is none."""
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent")

    def context_from(self, traceparent: str | None) -> Context:
        """The context of a remote span; empty when the text is missing or malformed (W3C Trace Context §3.2)."""
        return _PROPAGATOR.extract({"traceparent": traceparent or ""}, Context())

    def instrument(self, app: FastAPI) -> None:
        """Make a span for every request to an application, a child of the caller's ``traceparent`` if it sent one."""
        if self._provider is not None:
            from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
            from opentelemetry.metrics import NoOpMeterProvider

            # In the whole process this also makes spans for Starlette's background tasks; we start none.
            FastAPIInstrumentor.instrument_app(
                app,
                tracer_provider=self._provider,
                meter_provider=NoOpMeterProvider(),
                exclude_spans=["send", "receive"],
            )

    def shutdown(self) -> None:
        """Send the last spans and stop. Blocks for at most ``LAST_SPANS_TIMEOUT_S``; unsent spans are then lost."""
        if self._provider is None:
            return
        # The provider would retry each batch for ten seconds; an exporter that is shut down gives up at once.
        timeout = threading.Timer(LAST_SPANS_TIMEOUT_S, self._exporter.shutdown)
        timeout.start()
        self._provider.shutdown()
        timeout.cancel()
