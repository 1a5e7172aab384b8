"""What every declared list offers over HTTP: typed filters, pages, and its OpenAPI entry."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from fastapi import APIRouter
from fixtures_platform import Caller, RunningPlatform

from shared.runtime.endpoints.service_app import service_app


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Caller:
    """The clerk of a partnership with two projects and seven questions."""
    clerk = platform.caller("clerk", partnership)
    for project in ("one", "two"):
        body = {"project": project, "title": project.capitalize(), "purpose": "To help.", "lead": "council"}
        clerk.does("projects", "/projects", body)
    for number in range(7):
        ask(clerk, f"q-{number}", "one" if number % 2 else "two", "legal" if number < 3 else "financial")
    return clerk


def ask(clerk: Caller, question: str, project: str, kind: str) -> None:
    body = {"question": question, "kind": kind, "text": "May it?", "raised_by": "council"}
    clerk.does("projects", f"/projects/{project}/questions", body)


def names(response: httpx2.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [entry["question"] for entry in response.json()]


def problem(response: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    assert found["type"] == f"/problems/{slug}"
    return found


def test_the_link_leads_from_page_to_page_until_there_is_no_more(clerk: Caller) -> None:
    """RFC 8288"""
    response = clerk.get("projects", "/questions", limit="3", project="two")
    found = names(response)
    while "next" in response.links:
        ask(clerk, f"late-{len(found)}", "two", "other")
        assert response.links["next"]["url"].startswith(f"/projects/{clerk.partnership}/questions?")
        response = clerk.client.get(response.links["next"]["url"])
        found += names(response)
    assert [name for name in found if name.startswith("q")] == ["q-0", "q-2", "q-4", "q-6"]
    assert len(found) == len(set(found))
    assert response.headers["folkmoot-at"].startswith("ledger=")


def test_filters_are_columns_and_may_be_combined(clerk: Caller) -> None:
    assert names(clerk.get("projects", "/questions", kind="legal")) == ["q-1", "q-0", "q-2"]
    assert names(clerk.get("projects", "/questions", kind="legal", project="two")) == ["q-0", "q-2"]
    assert names(clerk.get("projects", "/questions", project="three")) == []


def test_what_a_list_is_within_exists(clerk: Caller) -> None:
    assert clerk.get("projects", "/projects/one/progress").json() == []
    problem(clerk.get("projects", "/projects/three/progress"), 404, "unknown")


@pytest.mark.parametrize(
    ("parameters", "field", "detail"),
    [
        ({"kind": "moral"}, "kind", "kind must be one of: legal"),
        ({"project": "Not a slug"}, "project", "project must be the slug of a project"),
        ({"limit": "0"}, "limit", "limit must be a whole number, 1 to 200"),
        ({"limit": "201"}, "limit", "limit must be a whole number, 1 to 200"),
        ({"limit": "many"}, "limit", "limit must be a whole number"),
        ({"offset": "50"}, "offset", "These are: project, kind, limit, after."),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(
    clerk: Caller, parameters: dict[str, str], field: str, detail: str
) -> None:
    found = problem(clerk.get("projects", "/questions", **parameters), 422, "invalid-parameter")
    assert found["field"] == field
    assert detail in found["detail"]


def test_a_cursor_that_cannot_be_read_is_a_problem_that_says_what_to_do(clerk: Caller) -> None:
    found = problem(clerk.get("projects", "/questions", after="nonsense"), 400, "bad-request")
    assert "Take it from the Link header" in found["detail"]
    link = clerk.get("projects", "/questions", limit="1").links["next"]["url"]
    other = link.replace("/questions?", "/documents?")
    problem(clerk.client.get(other), 400, "bad-request")


def test_two_things_of_one_name_are_no_openapi_page() -> None:
    router = APIRouter()
    for path, schema in (("/one", {"type": "string"}), ("/two", {"type": "integer"})):
        router.add_api_route(path, lambda: None, openapi_extra={"x-definitions": {"Thing": schema}})
    with pytest.raises(ValueError, match="shows two different things as Thing"):
        service_app("test", "A test.", router).openapi()


def test_the_openapi_page_has_parameters_and_schema_of_a_list(platform: RunningPlatform) -> None:
    document = httpx2.get(f"{platform.addresses.http}/projects/openapi.json").json()
    asked = document["paths"]["/{partnership}/questions"]["get"]
    assert asked["summary"] == "The partnership's open questions, the oldest first"
    parameters = {parameter["name"]: parameter for parameter in asked["parameters"]}
    assert set(parameters) == {"partnership", "folkmoot-after", "project", "kind", "limit", "after"}
    assert (parameters["limit"]["schema"]["maximum"], parameters["limit"]["schema"]["default"]) == (200, 50)
    assert parameters["kind"]["schema"] == {"$ref": "#/components/schemas/QuestionKind"}
    assert parameters["project"]["schema"]["description"] == "A project."
    answer = asked["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["items"] == {"$ref": "#/components/schemas/OpenQuestion"}
    assert "Link" in answer["headers"]
    schema = document["components"]["schemas"]["OpenQuestion"]
    assert schema["description"].startswith("A question that is carried")
    assert list(schema["properties"]) == schema["required"]
    assert set(schema["required"]) == {"project", "question", "kind", "text", "raised_by", "raised_on", "sources"}
    of_one = document["paths"]["/{partnership}/projects/{project}"]["get"]["parameters"]
    assert [(p["name"], p["in"], p["required"]) for p in of_one if p["name"] == "project"] == [
        ("project", "path", True)
    ]
