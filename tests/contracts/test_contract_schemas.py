"""Schemas, AsyncAPI document and envelope, judged by programs that are not ours."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as ReferenceCloudEvent
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from shared.contracts import publish
from shared.contracts.envelope import CloudEvent, encode, nats_subject, open_envelope
from shared.contracts.event import EVENTS, UnknownEvent, decode
from shared.contracts.examples import example_data, example_entry
from shared.contracts.schemas import envelope_schema, event_schema

NAMES = publish.published()
ENTRY = (
    b'{"specversion":"1.0","id":"01936032-3a80-7000-8000-000000000001","source":"/membership",'
    b'"type":"membership.seat_filled.v1","subject":"cannock-chase/group/strategic-board","subjectversion":7,'
    b'"partnership":"cannock-chase","time":"2014-11-24T14:40:00Z","recordedtime":"2014-11-26T09:15:00Z",'
    b'"actor":"clerk","authority":"Terms of reference","correlationid":"01936032-3a80-7000-8000-000000000000",'
    b'"causationid":"01936032-3a80-7000-8000-000000000002",'
    b'"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","datacontenttype":"application/json",'
    b'"data":{"group":"strategic-board","seat":"police","person":"person-7f3a9c","in_force_from":"2014-04-01"}}'
)
"""An entry as the first release stored it."""


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sparse", [False, True], ids=["full", "sparse"])
def test_an_example_fits_its_schema(name: str, sparse: bool) -> None:
    validator(event_schema(name)).validate(example_data(name, sparse=sparse))


@pytest.mark.parametrize("name", NAMES)
def test_schema_and_endpoint_refuse_the_same(name: str) -> None:
    schema, data = validator(event_schema(name)), example_data(name)
    wrong = [data | {"surprise": True}, *({**data, field: 1.5} for field in data)]
    wrong += [{key: part for key, part in data.items() if key != field} for field in event_schema(name)["required"]]
    fields = event_schema(name)["properties"].items()
    # Without an optional package of its own, jsonschema takes any text for a date-time.
    wrong += [{**data, field: "x" * 10_000} for field, part in fields if part.get("format") != "date-time"]
    for refused in wrong:
        with pytest.raises(ValidationError):
            schema.validate(refused)
        with pytest.raises(msgspec.ValidationError):
            decode(name, json.dumps(refused).encode())


@pytest.mark.parametrize("name", NAMES)
def test_an_example_in_its_envelope_is_a_cloudevent(name: str) -> None:
    entry = example_entry(name)
    validator(envelope_schema()).validate(json.loads(entry))
    read = JSONFormat().read(ReferenceCloudEvent, entry)
    assert (read.get_type(), read.get_source()) == (name, f"/{name.partition('.')[0]}")
    assert read.get_data() == example_data(name)
    assert json.loads(JSONFormat().write(read)) == json.loads(entry)


@pytest.mark.parametrize("attribute", sorted(set(CloudEvent.__struct_fields__) - {"data"}))
def test_the_envelope_schema_asks_for_what_cloudevents_asks_for(attribute: str) -> None:
    whole = json.loads(example_entry("membership.seat_filled.v1"))
    whole.pop(attribute, None)
    if not _taken_by_the_reference(whole):
        assert not validator(envelope_schema()).is_valid(whole)


def test_an_entry_stored_by_the_first_release_reads_and_writes_the_same_bytes() -> None:
    entry = open_envelope(ENTRY)
    assert encode(entry) == ENTRY
    assert msgspec.json.encode(entry.event()) == bytes(entry.data)
    assert nats_subject(entry) == "events.cannock-chase.membership.seat_filled.v1"
    assert entry.service == "membership"


def test_an_undeclared_event_is_unknown() -> None:
    with pytest.raises(UnknownEvent, match="seat_painted"):
        decode("membership.seat_painted.v1", b"{}")


def test_asyncapi_has_the_subject_of_every_event() -> None:
    channels = publish.asyncapi(["projects.read_measure.v1"])["channels"].values()
    addresses = {
        channel["address"].replace("{partnership}", "cannock-chase")
        for channel in channels
        if (channel["address"] or "").startswith("events.")
    }
    assert addresses == {nats_subject(open_envelope(example_entry(name))) for name in NAMES}


def test_asyncapi_refers_only_to_existing_things() -> None:
    document = publish.asyncapi(["projects.read_measure.v1"])
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        path, _, inside = reference.partition("#/")
        if path:
            assert (publish.ROOT / "docs" / path).is_file(), reference
        else:
            found = document
            for step in inside.split("/"):
                found = found[step]


def test_generated_files_are_up_to_date() -> None:
    assert publish.stale(publish.ROOT) == {}


@pytest.fixture(scope="module")
def catalogue() -> str:
    return publish.catalogue()


@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_shows_every_event_and_field(name: str, catalogue: str) -> None:
    section = catalogue.split(f"\n### {name}\n")[1].split("\n### ")[0]
    for field in EVENTS[name].__struct_encode_fields__:
        assert f"| `{field}` | " in section


def _taken_by_the_reference(whole: dict[str, Any]) -> bool:
    try:
        JSONFormat().read(ReferenceCloudEvent, json.dumps(whole).encode())
    except CloudEventValidationError:
        return False
    return True
