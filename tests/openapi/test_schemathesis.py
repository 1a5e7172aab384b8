"""Schemathesis sends every service what its OpenAPI document allows, and what it does not: no service ever fails."""

from __future__ import annotations

import pytest
import schemathesis
from fixtures_platform import RunningPlatform
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

pytestmark = pytest.mark.slow

EXAMPLES = 12
"""Requests tried for each operation, so that ``make test`` ends within minutes; raise it for a long search."""

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "service", ["membership", "meetings", "funding", "projects", "partners", "ledger", "reporting"]
)
def test_no_request_makes_a_service_fail(platform: RunningPlatform, service: str) -> None:
    address = f"{platform.addresses.http}/{service}"
    document = schemathesis.openapi.from_url(f"{address}/openapi.json")
    headers = {"Authorization": f"Bearer {platform.token('service', None)}"}
    operations = [result.ok() for result in document.get_all_operations()]
    assert operations, "a service without operations has lost its document"
    for operation in operations:
        cases = st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=cases)
        def send(case: schemathesis.Case) -> None:
            # What it asks for may never come, and waiting for it is another test's.
            case.headers.pop("Folkmoot-After", None)
            case.call_and_validate(base_url=address, headers=headers, checks=CHECKS)

        send()
