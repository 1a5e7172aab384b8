"""The API page of every service works on a machine that reaches no other host."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import httpx2
import pytest
from fixtures_platform import RunningPlatform
from playwright.sync_api import Page

from services import catalogue


@pytest.mark.parametrize("service", catalogue.NAMES)
def test_an_api_page_names_no_other_host_and_all_it_loads_is_there(platform: RunningPlatform, service: str) -> None:
    address = f"{platform.addresses.http}/{service}/docs"
    page = httpx2.get(address)
    assert page.status_code == 200
    assert "//" not in re.sub(r"<!--.*?-->", "", page.text), "an address with a host in it"
    loaded = re.findall(r"""(?:src|href)="([^"]+)"|url: '([^']+)'""", page.text)
    assert len(loaded) == 4, "script, style, icon and the OpenAPI document"
    for quoted, document in loaded:
        found = httpx2.get(urljoin(address, quoted or document))
        assert found.status_code == 200
        assert found.content


@pytest.mark.browser
def test_an_api_page_shows_the_commands_and_asks_only_the_platform(page: Page, platform: RunningPlatform) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{platform.addresses.http}/meetings/docs")
    page.wait_for_selector(".opblock-post")
    assert [url for url in asked if not url.startswith((platform.addresses.http, "data:"))] == []
    assert page.evaluate("JSON.stringify(ui.getConfigs().validatorUrl)") == "null"
