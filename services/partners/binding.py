"""CloudEvents over HTTP: structured, binary and batched mode (CloudEvents 1.0.2, HTTP Protocol Binding §3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

import msgspec

from services.partners.envelope import (
    MAX_BATCH_EVENTS,
    BatchTooLarge,
    PartnerEvent,
    Unreadable,
    made_event,
    read_event,
    unreadable,
)
from shared.runtime.endpoints.problems import BadRequest
from shared.values.refusals import Refusal

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"

_ATTRIBUTES = {"specversion", "id", "source", "type", "time"}


class UnknownMediaType(Refusal):
    """An event must be JSON: structured, binary, or in a batch."""

    clause = "CloudEvents 1.0.2, HTTP Protocol Binding §3"
    remedy = "Send application/cloudevents+json, application/cloudevents-batch+json, or JSON with ce- headers."
    status = 415


def media_type(header: str) -> str:
    """The bare media type of a Content-Type header."""
    return header.partition(";")[0].strip().lower()


def one_event(kind: str, headers: Mapping[str, str], body: bytes) -> PartnerEvent:
    """The event of a request in structured or binary mode. Raises ``Unreadable`` and refusals."""
    if kind == STRUCTURED:
        return read_event(body)
    if is_binary(headers):
        return binary_event(headers, body)
    raise UnknownMediaType(f"The request says {kind[:100] or 'nothing'!r}, and has no ce- headers.")


def header(headers: Mapping[str, str], name: str) -> str | None:
    """The header of that name, in capitals or not: NATS keeps them as they were sent."""
    return next((str(value) for found, value in headers.items() if found.lower() == name), None)


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether the headers are an event's attributes."""
    return header(headers, "ce-specversion") is not None


def binary_event(headers: Mapping[str, str], body: bytes) -> PartnerEvent:
    """The event whose attributes are headers and whose data is the body (§3.1). Raises ``Unreadable``."""
    attributes: dict[str, str] = {}
    for name, value in headers.items():
        attribute = name.lower().removeprefix("ce-")
        if name.lower().startswith("ce-") and attribute in _ATTRIBUTES:
            attributes[attribute] = _attribute(attribute, value)
        elif name.lower() == "content-type":
            attributes["datacontenttype"] = media_type(value)
    return made_event(attributes, body)


def _attribute(name: str, value: object) -> str:
    """An attribute as its header says it (§3.1.3.2): perhaps quoted, then percent-encoded UTF-8. Raises ``Unreadable``.

    Nothing is replaced: two ids that differ in what cannot be read would become one.
    """
    text = str(value)
    # What is no text at all is what NATS makes of bytes that are no ASCII.
    if not isinstance(value, str) or not text.isascii():
        raise unreadable(name, "must be percent-encoded: a header is ASCII")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise unreadable(name, "must be percent-encoded UTF-8") from None


def batch(body: bytes) -> list[PartnerEvent | Unreadable | Refusal]:
    """The events of a batch, with the error in place of an unreadable one. Raises ``BadRequest``, ``BatchTooLarge``."""
    try:
        parts = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"A batch is a JSON array of events: {error}.") from None
    if len(parts) > MAX_BATCH_EVENTS:
        raise BatchTooLarge(f"The batch has {len(parts):,} events.")
    return list(_each(parts))


def _each(parts: Iterable[msgspec.Raw]) -> Iterable[PartnerEvent | Unreadable | Refusal]:
    for part in parts:
        try:
            yield read_event(bytes(part))
        except (Unreadable, Refusal) as error:
            yield error
