"""What partners' developers rely on: schemas at permanent addresses, examples that fit them, types that only grow."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fixtures_browser import sticks_out, unfold, violations
from fixtures_platform import RunningPlatform
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from playwright.sync_api import Page
from referencing import Registry, Resource

from services.command_line import contracts
from services.command_line.contracts import GOLDENS, OFFERS
from services.partners.published import asyncapi, command_schema, example_event, schemas
from shared.contracts import publish
from shared.contracts.examples import example_data
from shared.contracts.publish import ROOT
from shared.contracts.schemas import event_schema, shape

EVENT_GOLDENS = sorted((ROOT / publish.GOLDENS).glob("*.json"))
COMMAND_GOLDENS = sorted((ROOT / GOLDENS).glob("*.json"))
MAY_FALL = {"minLength", "minimum", "minItems", "exclusiveMinimum"}
MAY_RISE = {"maxLength", "maximum", "maxItems", "exclusiveMaximum"}


@pytest.fixture
def public(platform: RunningPlatform) -> httpx2.Client:
    """A client without a token."""
    return httpx2.Client(base_url=platform.addresses.http, timeout=30)


def test_every_schema_is_public_at_its_address(public: httpx2.Client) -> None:
    index = public.get("/partners/schemas").json()
    assert set(index) >= {*OFFERS, *publish.published(), "partner-event", "partner-answer", "envelope"}
    for name, address in index.items():
        response = public.get(address)
        assert response.status_code == 200, address
        schema = response.json()
        assert schema["$id"] == address == f"/partners/schemas/{name}.json"
        validator_for(schema).check_schema(schema)
    missing = public.get("/partners/schemas/projects.no_such_event.v1.json")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/unknown")


@pytest.mark.parametrize("name", sorted(OFFERS))
def test_the_example_of_what_partners_send_fits_its_schema_and_the_declaration(name: str) -> None:
    example = example_event(OFFERS[name])
    Draft202012Validator(schemas(OFFERS)["partner-event"]).validate(example)
    Draft202012Validator(command_schema(OFFERS[name])).validate(example["data"])
    OFFERS[name].declared.build(example["data"])


@pytest.mark.parametrize("name", publish.published())
def test_the_example_of_what_is_published_fits_its_schema(name: str) -> None:
    Draft202012Validator(event_schema(name)).validate(example_data(name))


def grows(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """The places where a schema has become narrower, so that a value that fitted might no longer fit."""
    if isinstance(old, dict) and isinstance(new, dict) and path.endswith(("/properties", "/$defs")):
        # Keys are names here, such as that of a field called "minimum", and no limits.
        for name, was in old.items():
            yield from grows(was, new[name], f"{path}/{name}") if name in new else [f"{path}/{name}: gone"]
    elif isinstance(old, dict) and isinstance(new, dict):
        for key, was in old.items():
            here = f"{path}/{key}"
            if key == "required":
                if added := set(new.get(key, ())) - set(was):
                    yield f"{here}: now also {', '.join(sorted(added))}"
            elif (key in MAY_RISE and key in new and new[key] >= was) or (
                key in MAY_FALL and key in new and new[key] <= was
            ):
                continue
            elif key == "enum":
                if lost := set(was) - set(new.get(key, ())):
                    yield f"{here}: no longer {', '.join(sorted(map(str, lost)))}"
            elif key not in new:
                if key not in MAY_RISE | MAY_FALL | {"pattern", "format"}:
                    yield f"{here}: gone"
            else:
                yield from grows(was, new[key], here)
        for key in new.keys() - old.keys():
            if key in MAY_RISE | MAY_FALL | {"pattern", "format", "enum", "required"} and new[key]:
                yield f"{path}/{key}: new limit"
    elif isinstance(old, list) and isinstance(new, list) and len(new) >= len(old):
        for number, (was, now) in enumerate(zip(old, new, strict=False)):
            yield from grows(was, now, f"{path}/{number}")
    elif old != new:
        yield f"{path}: {old!r} became {new!r}"


@pytest.mark.parametrize("golden", COMMAND_GOLDENS, ids=lambda path: path.stem)
def test_what_partners_may_send_only_grows(golden: Path) -> None:
    first = json.loads(golden.read_text())
    assert golden.stem in OFFERS, "what a partner could send, it still can"
    schema = command_schema(OFFERS[golden.stem])
    assert list(grows(first["schema"], shape(schema))) == []
    Draft202012Validator(schema).validate(first["data"])


@pytest.mark.parametrize("golden", EVENT_GOLDENS, ids=lambda path: path.stem)
def test_what_is_published_only_grows(golden: Path) -> None:
    first = json.loads(golden.read_text())
    assert first["name"] in publish.published()
    assert list(grows(first["schema"], shape(event_schema(first["name"])))) == []


def test_a_narrower_schema_is_noticed() -> None:
    old = shape(command_schema(OFFERS["projects.read_measure.v1"]))
    assert list(grows(old, old)) == []

    def changed(change: Any) -> list[str]:
        new = copy.deepcopy(old)
        change(new)
        return list(grows(old, new))

    assert changed(lambda new: new["properties"].update(extra={"type": "string"})) == []
    assert changed(lambda new: new["properties"].pop("note"))
    assert changed(lambda new: new["required"].append("note"))
    assert changed(lambda new: new["properties"]["measure"].update(maxLength=10))
    assert changed(lambda new: new["properties"]["measure"].update(maxLength=100)) == []
    assert changed(lambda new: new["properties"]["value"].update(type="string"))
    assert changed(lambda new: new["properties"]["project"].pop("maxLength")) == []


def test_the_committed_schemas_are_what_is_declared() -> None:
    assert contracts.stale() == {}
    assert {path.stem for path in COMMAND_GOLDENS} == set(OFFERS)


def test_asyncapi_lists_the_partners_channels(public: httpx2.Client) -> None:
    served = public.get("/partners/asyncapi.json").json()
    assert served == asyncapi(OFFERS)
    addresses = {channel["address"] for channel in served["channels"].values()}
    assert {
        "partners.{partnership}.{organisation}.{service}",
        "submissions.{partnership}.{organisation}.{service}",
        "answers.{partnership}.{organisation}",
    } <= addresses
    kinds = served["components"]["messages"]["partner-event"]["payload"]["allOf"][1]["oneOf"]
    assert [kind["properties"]["type"]["const"] for kind in kinds] == sorted(OFFERS)
    for kind in kinds:
        assert public.get(kind["properties"]["data"]["$ref"]).status_code == 200
    committed = json.loads((ROOT / "docs/asyncapi.json").read_text())
    assert set(committed["channels"]) == set(served["channels"])


def test_the_asyncapi_message_takes_every_example_and_no_other_type() -> None:
    resources = [(schema["$id"], Resource.from_contents(schema)) for schema in schemas(OFFERS).values()]
    payload = asyncapi(OFFERS)["components"]["messages"]["partner-event"]["payload"]
    validator = Draft202012Validator(payload, registry=Registry().with_resources(resources))
    for offer in OFFERS.values():
        validator.validate(example_event(offer))
    assert not validator.is_valid(example_event(OFFERS["projects.read_measure.v1"]) | {"type": "projects.nothing.v1"})
    assert not validator.is_valid(example_event(OFFERS["projects.read_measure.v1"]) | {"data": {}})


@pytest.mark.browser
def test_everybody_can_read_the_catalogue_on_a_desk_and_on_a_phone(
    page: Page, public: httpx2.Client, tmp_path: Path
) -> None:
    response = public.get("/partners/catalogue")
    assert response.status_code == 200
    for name in OFFERS:
        assert f'id="{name}"' in response.text
    saved = tmp_path / "catalogue.html"
    saved.write_text(response.text)
    page.goto(saved.as_uri())
    assert violations(page) == []
    page.locator("summary").first.click()
    assert page.locator("details").first.get_attribute("open") is not None
    unfold(page)
    assert violations(page) == []
    assert not sticks_out(page)
