"""What every HTTP endpoint promises, shown with membership: one answer a key, one schema, problems name the rule."""

from __future__ import annotations

import datetime as dt

import httpx2
import pytest
from fixtures_platform import Caller, RunningPlatform

PARTNERSHIP = {"name": "An area's partnership", "area_code": "E07000192"}
POLICE = {"organisation": "police", "name": "The police", "sector": "police"}


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Caller:
    """The clerk of a partnership that has just been established."""
    clerk = platform.caller("clerk", partnership)
    clerk.does("membership", "/partnership", PARTNERSHIP)
    return clerk


def recorded(caller: Caller) -> int:
    """The number of events that membership has recorded."""
    return int(caller.get("membership", "/record").json()["sequence"])


def problem(response: httpx2.Response, status: int, slug: str) -> dict[str, str]:
    """The problem of a refusal (RFC 9457), with everything a person needs."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, str] = response.json()
    assert found["type"] == f"/problems/{slug}"
    assert all(found[member] for member in ("title", "detail", "remedy", "clause"))
    return found


def test_the_same_key_and_body_get_the_same_answer(clerk: Caller) -> None:
    first = clerk.does("membership", "/organisations", POLICE, Idempotency_Key="k-1")
    again = clerk.does("membership", "/organisations", POLICE, Idempotency_Key="k-1")
    assert again.json() == first.json()
    assert len(clerk.get("membership", "/organisations").json()) == 1


def test_the_same_key_with_another_body_is_refused(clerk: Caller) -> None:
    clerk.does("membership", "/organisations", POLICE, Idempotency_Key="k-1")
    other = clerk.post("membership", "/organisations", {**POLICE, "name": "Another"}, Idempotency_Key="k-1")
    problem(other, 422, "key-reused")


def test_two_callers_may_use_the_same_key(platform: RunningPlatform, clerk: Caller, partnership: str) -> None:
    clerk.does("membership", "/organisations", POLICE, Idempotency_Key="k-1")
    partner = platform.caller("partner", partnership, "police")
    partner.marks = clerk.marks
    person = {"person": "person-1", "name": "Robin Example", "organisation": "police"}
    assert partner.does("membership", "/people", person, Idempotency_Key="k-1").status_code == 201


def test_a_change_made_on_an_old_version_is_refused(clerk: Caller) -> None:
    formed = clerk.does("membership", "/groups", {"group": "board", "name": "Board", "kind": "strategic_board"})
    assert formed.headers["etag"] == '"1"'
    clerk.does("membership", "/organisations", POLICE)
    seat = {"seat": "s-1", "organisation": "police", "office": "Superintendent", "in_force_from": "2014-06-02"}
    seated = clerk.does("membership", "/groups/board/seats", seat, If_Match='"1"')
    assert seated.headers["etag"] == '"2"'
    stale = clerk.post("membership", "/groups/board/seats", {**seat, "seat": "s-2"}, If_Match='"1"')
    problem(stale, 412, "stale-version")
    history = clerk.get("membership", "/history/group/board")
    assert history.headers["etag"] == '"2"'
    assert [fact["type"] for fact in history.json()] == ["membership.group_formed.v1", "membership.seat_created.v1"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**POLICE, "nickname": "x"}, "$"),
        ({**POLICE, "name": 7}, "$.name"),
        ({**POLICE, "name": "x" * 10_000}, "$.name"),
        ({**POLICE, "name": ""}, "$.name"),
        ({**POLICE, "name": "nul\u0000"}, "$.name"),
        ({**POLICE, "sector": "space"}, "$.sector"),
        ({**POLICE, "organisation": "The Police"}, "$.organisation"),
        ({"organisation": "police", "name": "The police"}, "$"),
        ({**POLICE, "happened_at": "2014-11-31T10:00:00Z"}, "$.happened_at"),
        ({**POLICE, "happened_at": "2014-11-24T10:00:00"}, "$.happened_at"),
    ],
)
def test_what_does_not_fit_is_refused_by_field_and_not_recorded(clerk: Caller, body: object, field: str) -> None:
    before = recorded(clerk)
    found = problem(clerk.post("membership", "/organisations", body), 422, "invalid-body")
    assert found.get("field", "$") in (field, "")
    assert recorded(clerk) == before


@pytest.mark.parametrize("amount", [-1, 0, 130000.5, "130000", 10**14, None, True])
def test_money_is_whole_pence_and_more_than_nothing(clerk: Caller, amount: object) -> None:
    """CAN-3: no negative money, no fractions of a penny."""
    clerk.does("funding", "/reserves", {"reserve": "reserve", "name": "Reserve"})
    stream = {"stream": "grant", "name": "Grant", "kind": "external_grant", "source": "police", "amount_pence": amount}
    found = problem(clerk.post("funding", "/reserves/reserve/streams", stream), 422, "invalid-body")
    assert found["field"] == "$.amount_pence"
    assert clerk.get("funding", "/record").json()["sequence"] == int(clerk.marks["funding"])


def test_an_event_cannot_have_happened_in_the_future(clerk: Caller) -> None:
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    problem(clerk.post("membership", "/organisations", {**POLICE, "happened_at": tomorrow}), 422, "not-yet-happened")


@pytest.mark.parametrize("content", [b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 50_000])
def test_a_body_that_is_not_a_json_object_is_refused(clerk: Caller, content: bytes) -> None:
    response = clerk.client.post(f"/membership/{clerk.partnership}/organisations", content=content)
    problem(response, 400, "bad-request")


def test_a_body_larger_than_any_command_is_refused(clerk: Caller) -> None:
    response = clerk.client.post(f"/membership/{clerk.partnership}/organisations", content=b" " * 70_000)
    problem(response, 413, "body-too-large")


def test_a_token_of_another_partnership_is_refused(platform: RunningPlatform, clerk: Caller) -> None:
    stranger = platform.caller("clerk", "elsewhere")
    for response in (
        stranger.client.post(f"/membership/{clerk.partnership}/organisations", json=POLICE),
        stranger.client.get(f"/membership/{clerk.partnership}/organisations"),
        stranger.client.get(f"/membership/{clerk.partnership}/record"),
    ):
        problem(response, 403, "forbidden")


@pytest.mark.parametrize("role", ["reader", "auditor", "scrutiny", "member", "chair"])
def test_only_the_clerk_registers_organisations(
    platform: RunningPlatform, clerk: Caller, partnership: str, role: str
) -> None:
    found = problem(platform.caller(role, partnership).post("membership", "/organisations", POLICE), 403, "forbidden")
    assert "clerk" in found["detail"]


def test_a_partner_speaks_for_its_own_organisation_only(
    platform: RunningPlatform, clerk: Caller, partnership: str
) -> None:
    clerk.does("membership", "/organisations", POLICE)
    fire = platform.caller("partner", partnership, "fire")
    person = {"person": "person-1", "name": "Robin Example", "organisation": "police"}
    assert "'fire'" in problem(fire.post("membership", "/people", person), 403, "forbidden")["detail"]


@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer", "Bearer nonsense", "Bearer a.b.c"])
def test_without_a_valid_token_a_caller_is_refused(platform: RunningPlatform, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for method in ("GET", "POST"):
        address = f"{platform.addresses.http}/membership/an-area/organisations"
        response = httpx2.request(method, address, headers=headers, json={})
        problem(response, 401, "not-authenticated")
        assert response.headers["www-authenticate"].startswith("Bearer")


def test_lists_are_paged(clerk: Caller) -> None:
    for number in range(5):
        clerk.does("membership", "/organisations", {**POLICE, "organisation": f"o-{number}", "name": f"O {number}"})
    response = clerk.get("membership", "/organisations", limit="2")
    pages = [response.json()]
    while "next" in response.links:
        response = clerk.client.get(response.links["next"]["url"])
        pages.append(response.json())
    found = [[entry["organisation"] for entry in page] for page in pages]
    assert found == [["o-0", "o-1"], ["o-2", "o-3"], ["o-4"]]


def test_a_reader_who_asks_for_more_than_there_is_gets_a_clear_answer(clerk: Caller) -> None:
    response = clerk.client.get(
        f"/membership/{clerk.partnership}/organisations", headers={"Folkmoot-After": "membership=999999999"}
    )
    problem(response, 503, "not-yet-reached")
    assert response.headers["retry-after"]


@pytest.mark.parametrize("headers", [{"If-Match": "3"}, {"Idempotency-Key": "sp ace"}, {"Folkmoot-After": "meetings"}])
def test_a_header_that_cannot_be_read_is_refused(clerk: Caller, headers: dict[str, str]) -> None:
    response = clerk.client.post(f"/membership/{clerk.partnership}/organisations", json=POLICE, headers=headers)
    problem(response, 400, "bad-request")


def test_an_event_says_who_when_and_by_what_authority(clerk: Caller) -> None:
    body = {**POLICE, "happened_at": "2014-06-02T10:00:00Z", "authority": "Minute 7 of 2 June 2014"}
    clerk.does("membership", "/organisations", body)
    (fact,) = clerk.get("membership", "/history/organisation/police").json()
    assert fact["actor"] == "clerk:clerk"
    assert fact["authority"] == "Minute 7 of 2 June 2014"
    assert fact["happened_at"] == "2014-06-02T10:00:00Z"
    assert dt.datetime.fromisoformat(fact["recorded_at"]) > dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
