"""Reporting's HTTP endpoints: updates, editions, scrutiny, the events behind a statement, and the lag."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx2
import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import msgspec
import pytest
from reporting.chronicle import PARTNERSHIP, Chronicle
from reporting.quarter import UPDATE, record_quarter
from tokens import HOUR

from services.reporting.api import routes
from services.reporting.archive import ProvenEvent
from services.reporting.issue import AskedIssue
from services.reporting.issuing import Issuing
from services.reporting.ledger import ledger_size
from services.reporting.reports.published import Report
from services.reporting.views import views
from services.reporting.views.sources import keep_sources
from shared.contracts.membership.partnership import PartnershipEstablished
from shared.rpc.ledger.v1.ledger_pb2 import FollowRequest, Page
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.limits import Callers
from shared.runtime.endpoints.own_writes import OwnWrites
from shared.runtime.endpoints.service_app import service_app
from shared.runtime.following.follower import Also, Follower
from shared.runtime.ground.settings import Settings
from shared.runtime.ground.telemetry import Telemetry
from shared.runtime.identity.local_issuer import LocalIssuer
from shared.runtime.identity.principals import Verifier
from shared.runtime.identity.sealing import PeopleKey
from shared.values.roles import Role

pytestmark = pytest.mark.anyio
NOW = dt.datetime(2015, 1, 20, 9, 30, tzinfo=dt.UTC)
U = f"/{PARTNERSHIP}/updates/{UPDATE}"
PAGE = {"Accept": "text/html"}


@dataclass
class Endpoints:
    """Reporting's endpoints on a separate record. The test sets the length of ``ledger``."""

    client: httpx2.AsyncClient
    chronicle: Chronicle
    issuer: LocalIssuer
    asked_for: list[str] = field(default_factory=list)
    unread: int = 0
    """Events in the ledger that reporting has not followed."""

    def as_(self, role: str, partnership: str | None = PARTNERSHIP) -> dict[str, str]:
        organisation = "police" if role == "partner" else None
        token = self.issuer.issue(
            roles={Role(role)}, subject="c-1", partnership=partnership, organisation=organisation, lifetime=HOUR
        )
        return {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, role: str = "reader", **headers: str) -> httpx2.Response:
        return await self.client.get(path, headers={**self.as_(role), **headers})

    async def issue(self, role: str = "clerk", **headers: str) -> httpx2.Response:
        body = {"not_yet_answered": ["young-people"]}
        return await self.client.post(f"{U}/issue", json=body, headers={**self.as_(role), **headers})


def problem(answer: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/problems/{slug}"
    return found


async def nothing_proven(positions: Sequence[int]) -> ProvenEvent:
    raise AssertionError("dossiers are asked for where there is a ledger")


async def recorded_elsewhere(asked: AskedIssue) -> dict[str, int]:
    """Meetings' part, for endpoints on their own; tests/reporting/test_issuing.py has both parts."""
    return {}


@pytest.fixture
def recorded(chronicle: Chronicle) -> Chronicle:
    record_quarter(chronicle)
    chronicle.happened(
        "2014-01-01", PartnershipEstablished(name="Another", area_code="E07000199"), partnership="tamworth"
    )
    return chronicle


@pytest.fixture
async def endpoints(recorded: Chronicle, tmp_path: Path) -> AsyncIterator[Endpoints]:
    issuer = LocalIssuer.open(tmp_path / "issuer.jwk", lambda: NOW)

    def unused(request: FollowRequest) -> AsyncGenerator[Page, None]:
        raise AssertionError("the chronicle fills the views")

    follower = Follower(views, recorded.engine, unused, Telemetry("reporting"), also=Also(keep_sources, types=None))
    found: Endpoints

    async def size() -> int:
        return len(recorded.events) + found.unread

    def names(partnership: str, people: set[str]) -> dict[str, str]:
        found.asked_for.extend(people)
        return {person: f"Name of {person}" for person in people}

    verifier = Verifier([issuer], lambda: NOW)
    key = PeopleKey.open(tmp_path / "people.key")
    access = HttpAccess(recorded.engine, follower, Callers(verifier, Settings()), key, OwnWrites(), lambda: NOW)
    issuing = Issuing(recorded.engine, follower, recorded_elsewhere)
    app = service_app(
        "reporting", "Tells.", routes(access, names, size, nothing_proven, issuing, lambda: NOW, patience=0.01)
    )
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://reporting") as client:
        found = Endpoints(client, recorded, issuer)
        yield found


async def test_an_update_is_json_unless_a_page_is_asked_for(endpoints: Endpoints) -> None:
    as_json = await endpoints.get(U)
    assert as_json.headers["content-type"] == "application/json"
    assert msgspec.json.decode(as_json.content, type=Report) == endpoints.chronicle.update(UPDATE)
    assert as_json.content == (await endpoints.get(f"{U}.json")).content
    page = await endpoints.get(U, **PAGE)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.content == (await endpoints.get(f"{U}.html")).content
    assert page.content == (await endpoints.get(U, Accept="Text/HTML")).content
    assert page.headers["folkmoot-at"] == f"ledger={len(endpoints.chronicle.events)}"


async def test_a_page_may_fetch_and_run_nothing(endpoints: Endpoints) -> None:
    page = await endpoints.get(f"{U}.html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")


@pytest.mark.parametrize("path", [U, f"/{PARTNERSHIP}/scrutiny", f"/{PARTNERSHIP}/positions/3"])
async def test_json_is_as_the_openapi_page_says(endpoints: Endpoints, path: str) -> None:
    document = (await endpoints.client.get("/openapi.json")).json()
    route = path.replace(PARTNERSHIP, "{partnership}").replace(UPDATE, "{update}").replace("/3", "/{position}")
    schema = document["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate((await endpoints.get(path)).json(), {**schema, "components": document["components"]})


async def test_a_clerk_issues_and_everybody_reads_the_very_bytes(endpoints: Endpoints) -> None:
    answer = await endpoints.issue()
    assert answer.status_code == 201
    assert answer.headers["location"] == "editions/1"
    assert answer.json()["edition"] == 1
    assert answer.json()["issued_at"] == "2015-01-20T09:30:00Z"
    kept = await endpoints.get(f"{U}/editions/1")
    assert kept.content == answer.content
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert kept.headers["repr-digest"] == f"sha-256=:{digest}:"
    page = await endpoints.get(f"{U}/editions/1.html")
    assert "Edition 1" in page.text
    (listed,) = (await endpoints.get(f"{U}/editions")).json()
    assert listed["issued_by"] == "clerk:c-1"
    assert listed["json_sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert listed["html_sha256"] == hashlib.sha256(page.content).hexdigest()


async def test_editions_issued_meanwhile_come_on_a_later_page_and_none_comes_twice(endpoints: Endpoints) -> None:
    """RFC 8288"""
    for _ in range(3):
        await endpoints.issue()
    page = await endpoints.get(f"{U}/editions?limit=2")
    found = [edition["edition"] for edition in page.json()]
    assert found == [1, 2]
    await endpoints.issue()
    while "next" in page.links:
        page = await endpoints.get(page.links["next"]["url"])
        found += [edition["edition"] for edition in page.json()]
    assert found == [1, 2, 3, 4]
    problem(await endpoints.get(f"{U}/editions?offset=2"), 422, "invalid-parameter")
    for cursor in (b"nonsense", b'[%d, "%s"]' % (2**63, UPDATE.encode())):
        after = base64.urlsafe_b64encode(cursor).decode()
        problem(await endpoints.get(f"{U}/editions?after={after}"), 400, "bad-request")


async def test_issuing_with_the_same_key_issues_once(endpoints: Endpoints) -> None:
    first = await endpoints.issue(**{"Idempotency-Key": "k-1"})
    assert (await endpoints.issue(**{"Idempotency-Key": "k-1"})).content == first.content
    assert len((await endpoints.get(f"{U}/editions")).json()) == 1
    problem(await endpoints.issue(**{"Idempotency-Key": "a b"}), 400, "bad-request")


@pytest.mark.parametrize("role", ["reader", "scrutiny", "partner", "chair", "auditor"])
async def test_only_a_clerk_issues(endpoints: Endpoints, role: str) -> None:
    problem(await endpoints.issue(role), 403, "forbidden")


async def test_issuing_without_an_answer_is_refused_and_says_what_is_missing(endpoints: Endpoints) -> None:
    """CAN-8"""
    for body in (None, {}):
        answer = await endpoints.client.post(f"{U}/issue", json=body, headers=endpoints.as_("clerk"))
        found = problem(answer, 409, "area-not-answered")
        assert (found["clause"], found["members"]) == ("CAN-8", {"areas": ["young-people"]})
        assert "not_yet_answered" in found["remedy"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"not_yet_answered": "young-people"}, "$.not_yet_answered"),
        ({"not_yet_answered": ["Young people"]}, "$.not_yet_answered[0]"),
        ({"accept": []}, "$"),
    ],
)
async def test_what_is_said_at_issuing_fits_its_schema(endpoints: Endpoints, body: object, field: str) -> None:
    answer = await endpoints.client.post(f"{U}/issue", json=body, headers=endpoints.as_("clerk"))
    assert problem(answer, 422, "invalid-body").get("field", "$") == field


async def test_issuing_is_refused_while_reporting_lags(endpoints: Endpoints) -> None:
    endpoints.unread = 2
    found = problem(await endpoints.issue(), 503, "report-lags")
    assert found["members"]["behind"] == 2
    assert found["remedy"]
    behind = (await endpoints.get(f"/{PARTNERSHIP}/position")).json()
    followed = len(endpoints.chronicle.events)
    assert behind == {"followed": followed, "ledger_size": followed + 2, "behind": 2}


async def test_scrutiny_reads_names_and_a_partner_s_system_reads_posts(endpoints: Endpoints) -> None:
    span = "since=2014-10-16&until=2015-01-16"
    named = await endpoints.get(f"/{PARTNERSHIP}/scrutiny.html?{span}", "scrutiny")
    assert "Name of person-leader" in named.text
    assert "[name erased]" in named.text
    endpoints.asked_for.clear()
    posts = await endpoints.get(f"/{PARTNERSHIP}/scrutiny?{span}", "partner")
    assert "Name of" not in posts.text
    assert "Leader of the Council" in posts.text
    assert endpoints.asked_for == []


async def test_scrutiny_without_days_is_the_financial_year_so_far(endpoints: Endpoints) -> None:
    view = (await endpoints.get(f"/{PARTNERSHIP}/scrutiny")).json()
    assert (view["period"], view["as_at"]) == ({"since": "2014-03-31", "until": "2015-01-20"}, "2015-01-20")


async def test_the_event_behind_a_statement_is_shown_by_id_and_by_position(endpoints: Endpoints) -> None:
    report = (await endpoints.get(U)).json()
    source = next(
        said["sources"][1]
        for part in report["sections"]
        for said in part["statements"]
        if "was deferred" in said["text"]
    )
    event = (await endpoints.get(f"/{PARTNERSHIP}/events/{source['event_id']}")).json()
    assert event == (await endpoints.get(f"/{PARTNERSHIP}/positions/{source['position']}")).json()
    assert (event["name"], event["actor"], event["authority"]) == (
        "Decision recorded",
        "clerk:c-1",
        "Minutes of the Strategic Board",
    )
    assert event["happened_at"] == "2014-11-24T14:40:00Z"
    assert event["recorded_at"] == "2014-11-26T12:00:00Z"
    assert event["data"]["outcome"] == "deferred"
    page = (await endpoints.get(f"/{PARTNERSHIP}/events/{source['event_id']}", **PAGE)).text
    assert "<h1>Decision recorded</h1>" in page
    assert '<th scope="row">Deferral: returns to</th><td>A future meeting of the Strategic Board</td>' in page


async def test_another_partnership_s_events_are_not_shown(endpoints: Endpoints) -> None:
    last = len(endpoints.chronicle.events) - 1
    found = problem(await endpoints.get(f"/{PARTNERSHIP}/positions/{last}"), 404, "unknown")
    assert str(last) in found["detail"]
    elsewhere = await endpoints.client.get("/tamworth/position", headers=endpoints.as_("clerk"))
    problem(elsewhere, 403, "forbidden")
    problem(await endpoints.client.get(U), 401, "not-authenticated")


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/updates/cabinet-1999-01-01", 404, "unknown"),
        ("/updates/cabinet-1999-01-01.html", 404, "unknown"),
        (f"/updates/{UPDATE}/editions/1", 404, "unknown"),
        (f"/updates/{UPDATE}/editions/0", 422, "invalid-parameter"),
        ("/updates/Not-A-Slug", 422, "invalid-parameter"),
        ("/events/%00", 422, "invalid-parameter"),
        ("/events/nobody-knows-it", 404, "unknown"),
        ("/positions/-1", 422, "invalid-parameter"),
        ("/positions/99999999999999999999", 422, "invalid-parameter"),
        ("/scrutiny?until=2015-02-30", 422, "invalid-parameter"),
        ("/scrutiny?since=1815-06-18", 422, "invalid-parameter"),
        ("/scrutiny?since=2015-01-17&until=2015-01-16", 422, "period-reversed"),
    ],
)
async def test_what_does_not_exist_or_fit_is_a_problem(endpoints: Endpoints, path: str, status: int, slug: str) -> None:
    problem(await endpoints.get(f"/{PARTNERSHIP}{path}"), status, slug)


async def test_a_ledger_that_does_not_answer_is_a_problem_and_nothing_is_issued(endpoints: Endpoints) -> None:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as nobody:
        ask = ledger_size(lambda: nobody, lambda: "token")
        with pytest.raises(Exception, match="The ledger did not say how long it is: UNAVAILABLE") as silence:
            await ask()
    assert getattr(silence.value, "status", None) == 503
