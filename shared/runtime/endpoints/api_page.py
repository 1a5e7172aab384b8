"""The API page of a service: Swagger UI, from the platform itself, so that the page loads nothing from another host."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles


def add_api_page(application: FastAPI) -> None:
    """Serve the page at ``/docs``, and what it loads below ``/swagger``.

    The page's addresses are relative: they hold wherever the application is mounted, behind any proxy.
    """
    # The package's own set-up writes absolute addresses and lets the browser keep tokens; its files are what we use.
    application.mount("/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))

    @application.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            title=application.title,
            openapi_url="openapi.json",
            swagger_js_url="swagger/swagger-ui-bundle.js",
            swagger_css_url="swagger/swagger-ui.css",
            swagger_favicon_url="swagger/favicon-32x32.png",
            # By default the page sends the document's address to validator.swagger.io, which shows a badge for it.
            swagger_ui_parameters={"validatorUrl": None},
        )
