"""The HTTP application of one service, with its OpenAPI document."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from shared.runtime.deciding.answers import Answer
from shared.runtime.endpoints.api_page import add_api_page
from shared.runtime.endpoints.problems import PROBLEMS, install
from shared.runtime.ground.problem import Problem


def service_app(name: str, summary: str, *routers: APIRouter) -> FastAPI:
    """The FastAPI application of one service, with its OpenAPI page at ``/docs`` below where it is mounted."""
    application = FastAPI(
        title=f"Folkmoot {name}",
        summary=summary,
        version="0.1.0",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        # Spans are made in ``ground.telemetry``, without what may be personal.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    install(application)
    add_api_page(application)
    for router in routers:
        # Not ``include_router``: looking a route up in an included router takes several times as long.
        application.router.routes += router.routes

    def openapi() -> dict[str, Any]:
        application.openapi_schema = application.openapi_schema or _openapi(application)
        return application.openapi_schema

    # FastAPI documents assigning ``openapi`` as the way to extend the document.
    application.openapi = openapi  # type: ignore[method-assign]
    return application


def _openapi(application: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=application.title,
        version=application.version,
        summary=application.summary,
        routes=application.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _, found = msgspec.json.schema_components([Problem, Answer], ref_template="#/components/schemas/{name}")
    schemas.update(found)
    own: dict[str, Any] = {}
    for operations in document["paths"].values():
        for operation in operations.values():
            for name, schema in operation.pop("x-definitions", {}).items():
                if own.setdefault(name, schema) != schema:
                    raise ValueError(f"{application.title} shows two different things as {name}: rename one")
            for status, answer in PROBLEMS.items():
                content = operation["responses"].get(str(status), {}).get("content", {})
                if "HTTPValidationError" in str(content.get("application/json")):
                    operation["responses"][str(status)] = answer
                operation["responses"].setdefault(str(status), answer)
    schemas.update(own)
    return document
