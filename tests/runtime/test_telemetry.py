"""Traces: one trace across services in one process, received by a real OTLP receiver, without bodies or names."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx2
import opentelemetry.trace
import pytest
import structlog
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from shared.runtime.ground.logs import configure_logging
from shared.runtime.ground.telemetry import Telemetry

if TYPE_CHECKING:
    from fixtures_otlp import OtlpReceiver

pytest_plugins = ["fixtures_otlp"]

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@contextlib.contextmanager
def telemetry(service: str, otlp: OtlpReceiver) -> Iterator[Telemetry]:
    traces = Telemetry(service, otlp.endpoint)
    yield traces
    traces.shutdown()


def ask(app: FastAPI, method: str, path: str, **options: object) -> httpx2.Response:
    async def request() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://meetings.example") as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type]  # passed on as they are

    return asyncio.run(request())


def meetings(traces: Telemetry) -> FastAPI:
    app = FastAPI()

    @app.post("/{partnership}/meetings")
    async def schedule(partnership: str) -> str | None:
        with traces.span("decide", attributes={"folkmoot.partnership": partnership}):
            return traces.inject()

    @app.post("/broken")
    async def broken() -> None:
        raise ValueError("Robin Example lives at 7 High Street")

    traces.instrument(app)
    return app


def test_one_trace_from_the_endpoint_to_a_reader_in_another_service(otlp: OtlpReceiver) -> None:
    with telemetry("meetings", otlp) as writer, telemetry("reporting", otlp) as reader:
        stored = ask(meetings(writer), "POST", "/cannock-chase/meetings").json()
        with reader.span("project", stored, {"folkmoot.position": 7}, SpanKind.CONSUMER):
            pass
    server, decide, project = (otlp.span(name) for name in ("POST /{partnership}/meetings", "decide", "project"))
    assert server.trace_id == decide.trace_id == project.trace_id == stored.split("-")[1]
    assert (server.parent_id, decide.parent_id, project.parent_id) == ("", server.span_id, decide.span_id)
    assert (server.service, decide.service, project.service) == ("meetings", "meetings", "reporting")
    assert (server.kind, decide.kind, project.kind) == ("SERVER", "INTERNAL", "CONSUMER")
    assert decide.attributes == {"folkmoot.partnership": "cannock-chase"}
    assert project.attributes == {"folkmoot.position": "7"}
    assert len(otlp.spans) == 3, "no spans for the parts of a request"


def test_the_callers_trace_is_continued(otlp: OtlpReceiver) -> None:
    with telemetry("meetings", otlp) as traces:
        ask(meetings(traces), "POST", "/cannock-chase/meetings", headers={"traceparent": CALLER})
    server = otlp.span("POST /{partnership}/meetings")
    assert (server.trace_id, server.parent_id) == tuple(CALLER.split("-")[1:3])


def test_a_trace_the_caller_does_not_record_is_not_recorded(otlp: OtlpReceiver) -> None:
    with telemetry("meetings", otlp) as traces, traces.span("unseen", CALLER[:-1] + "0"):
        assert (traces.inject() or "").split("-")[1] == CALLER.split("-")[1]
    assert otlp.spans == []


@pytest.mark.parametrize("traceparent", ["", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_a_malformed_parent_starts_a_new_trace(otlp: OtlpReceiver, traceparent: str) -> None:
    with telemetry("meetings", otlp) as traces, traces.span("outer"), traces.span("inner", traceparent):
        pass
    assert otlp.span("inner").parent_id == ""
    assert otlp.span("inner").trace_id != otlp.span("outer").trace_id


def test_nothing_personal_leaves_with_a_span(otlp: OtlpReceiver) -> None:
    with telemetry("membership", otlp) as traces:
        app = meetings(traces)
        ask(app, "POST", "/cannock-chase/meetings?name=Robin", json={"name": "Robin Example"})
        assert ask(app, "POST", "/broken?name=Robin", json={"name": "Robin Example"}).status_code == 500
        with contextlib.suppress(ValueError), traces.span("fails"):
            raise ValueError("Robin Example lives at 7 High Street")
    broken, fails = otlp.span("POST /broken"), otlp.span("fails")
    assert broken.failed
    assert fails.failed
    assert b"ValueError" in fails.wire
    for span in otlp.spans:
        for word in (b"Robin", b"High Street", b"127.0.0.1"):
            assert word not in span.wire, span.name
    assert otlp.span("POST /{partnership}/meetings").attributes["http.target"] == "/cannock-chase/meetings"


def test_without_an_endpoint_nothing_is_traced_and_a_span_is_free() -> None:
    off = Telemetry("meetings")
    assert not off.enabled
    with off.span("decide", CALLER, {"folkmoot.position": 1}) as span:
        assert not span.is_recording()
        assert off.inject() is None
    assert off.span("one") is off.span("another")
    app = meetings(off)
    assert ask(app, "POST", "/cannock-chase/meetings", headers={"traceparent": CALLER}).json() is None
    off.shutdown()


def test_no_global_provider_is_set(otlp: OtlpReceiver) -> None:
    with telemetry("meetings", otlp) as traces:
        meetings(traces)
        assert traces.enabled
        assert not isinstance(opentelemetry.trace.get_tracer_provider(), TracerProvider)


def test_the_sampler_of_the_environment_holds(otlp: OtlpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    with telemetry("meetings", otlp) as traces, traces.span("decide"):
        pass
    assert otlp.spans == []


def test_a_receiver_that_is_not_there_does_not_hold_up_the_end(
    otlp: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.ground.telemetry.LAST_SPANS_TIMEOUT_S", 0.5)
    otlp.close()
    traces = Telemetry("meetings", otlp.endpoint)
    with traces.span("lost"):
        pass
    began = time.monotonic()
    traces.shutdown()
    traces.shutdown()
    assert time.monotonic() - began < 2.5


# --- logs


@pytest.fixture
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def written(logging_restored: None) -> io.StringIO:
    stream = io.StringIO()
    configure_logging(json=True, level="INFO", to=stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_carries_service_and_trace(written: io.StringIO, otlp: OtlpReceiver) -> None:
    log = structlog.get_logger(service="meetings")
    with telemetry("meetings", otlp) as traces, traces.span("decide"):
        log.info("decided", subject="cannock-chase/meeting/board-2014-11-24")
    log.info("idle")
    log.debug("not wanted")
    decided, idle = lines(written)
    assert decided["event"] == "decided"
    assert decided["service"] == "meetings"
    assert decided["level"] == "info"
    assert decided["subject"] == "cannock-chase/meeting/board-2014-11-24"
    assert (decided["trace_id"], decided["span_id"]) == (otlp.span("decide").trace_id, otlp.span("decide").span_id)
    assert decided["timestamp"].endswith("Z")
    assert "trace_id" not in idle


def test_libraries_log_in_the_same_form(written: io.StringIO) -> None:
    logging.getLogger("nats").warning("lost %s", "connection")
    logging.getLogger("uvicorn.access").info("GET /people?name=Robin")
    logging.getLogger("httpx2").info("GET /people?name=Robin")
    (line,) = lines(written)
    assert (line["event"], line["service"], line["logger"], line["level"]) == (
        "lost connection",
        "folkmoot",
        "nats",
        "warning",
    )


def fail_with(body: str) -> None:
    try:
        int(body[:0])
    except ValueError as error:
        raise RuntimeError(f"1 validation error for Person\n  input_value={body!r}") from error


@pytest.mark.parametrize("library", [True, False])
def test_a_logged_exception_has_place_and_message_but_no_body(written: io.StringIO, library: bool) -> None:
    log = logging.getLogger("uvicorn.error") if library else structlog.get_logger()
    try:
        fail_with("Robin Example")
    except RuntimeError:
        log.exception("failed")
    (line,) = lines(written)
    assert "Robin" not in written.getvalue()
    story = line["exception"].splitlines()
    assert story[-1] == "RuntimeError: 1 validation error for Person"
    assert any(step.startswith("  test_telemetry.py:") and step.endswith("in fail_with") for step in story)
    assert any(step.startswith("ValueError: invalid literal") for step in story), "the cause is logged too"


def test_the_parts_of_an_exception_group_are_logged(written: io.StringIO) -> None:
    error = ExceptionGroup("two tasks failed", [ValueError("one\nRobin Example"), KeyError("other")])
    structlog.get_logger().error("failed", exc_info=error)
    (line,) = lines(written)
    assert line["exception"].splitlines() == [
        "ExceptionGroup: two tasks failed (2 sub-exceptions)",
        "ValueError: one",
        "KeyError: 'other'",
    ]


def test_people_read_plain_lines(logging_restored: None) -> None:
    stream = io.StringIO()
    configure_logging(json=False, to=stream)
    structlog.get_logger(service="ledger").warning("gap", source="meetings", first=7)
    try:
        fail_with("Robin Example")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    text = stream.getvalue()
    assert "gap" in text
    assert "service=ledger" in text
    assert "RuntimeError: 1 validation error for Person" in text
    assert "Robin" not in text
    assert "\x1b" not in text
