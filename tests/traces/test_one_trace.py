"""One trace goes from the HTTP command through the event store, NATS and the ledger to the views."""

from __future__ import annotations

from pathlib import Path

from fixtures_otlp import OtlpReceiver
from fixtures_platform import running_platform

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_one_trace_from_the_command_to_the_report(tmp_path: Path, otlp: OtlpReceiver, partnership: str) -> None:
    with running_platform(tmp_path, otlp_endpoint=otlp.endpoint) as platform:
        clerk = platform.caller("clerk", partnership)
        clerk.does("membership", "/partnership", {"name": "An area", "area_code": "E07000192"})
        police = {"organisation": "police", "name": "The police", "sector": "police"}
        clerk.does("membership", "/organisations", police, traceparent=TRACEPARENT)
        assert clerk.get("membership", "/organisations").status_code == 200
    trace = [span for span in otlp.spans if span.trace_id == TRACEPARENT.split("-")[1]]
    stages = {(span.service, span.kind, span.name) for span in trace}
    for service, kind, words in (
        ("membership", "SERVER", "POST"),
        ("membership", "INTERNAL", "save membership.organisation_registered.v1"),
        ("membership", "PRODUCER", "publish membership.organisation_registered.v1"),
        ("ledger", "CONSUMER", "append"),
        ("membership", "CONSUMER", "project membership.organisation_registered.v1"),
        ("reporting", "CONSUMER", "project membership.organisation_registered.v1"),
    ):
        assert any(s == service and k == kind and words in name for s, k, name in stages), (service, words, stages)
