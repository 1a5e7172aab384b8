"""A partner's event: the CloudEvents 1.0 attributes that are used here, read from JSON, headers or a row."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from shared.contracts.misfit import explain
from shared.runtime.endpoints.problems import invalid
from shared.runtime.ground.problem import Problem
from shared.runtime.identity.sealing import keyed_digest
from shared.values.refusals import Refusal

MAX_EVENT_BYTES = 65_535
"""The largest event of a partner: an entry of the ledger."""
MAX_BATCH_EVENTS = 100
MAX_BATCH_BYTES = 1024 * 1024

_TEXT = r"^[^\u0000-\u001f\u007f-\u009f]+$(?!\n)"
_REFERENCE = r"^[\u0021-\u007e]+$(?!\n)"
"""RFC 3986: a reference has visible ASCII characters only. Together with the id it must fit into an index."""

_JSON = r"^[Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]/[Jj][Ss][Oo][Nn][ \t]*(;.*)?$(?!\n)"
"""RFC 9110 §8.3.1: a media type is the same in capitals, and may have parameters such as a charset."""


class PartnerEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a partner sends, with the CloudEvents attributes used here. Others are allowed and ignored."""

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=255, pattern=_TEXT, examples=["reading-2014-q4"])]
    """Chosen by the partner. Together with ``source`` it identifies this event permanently."""
    source: Annotated[str, Meta(min_length=1, max_length=1024, pattern=_REFERENCE, examples=["/county/performance"])]
    """The partner's system: a URI reference (CloudEvents 1.0.2, source)."""
    type: Annotated[str, Meta(min_length=1, max_length=255, pattern=_TEXT, examples=["projects.read_measure.v1"])]
    """The command that the event asks for."""
    data: dict[str, Any]
    """The command's fields, as its schema says."""
    time: Annotated[dt.datetime, Meta(tz=True, examples=["2015-01-08T09:00:00Z"])] | None = None
    """When it happened."""
    datacontenttype: Annotated[str, Meta(pattern=_JSON, examples=["application/json"])] | None = None

    def body(self) -> dict[str, Any]:
        """The command's fields. ``time`` becomes ``happened_at`` unless the data has one."""
        return self.data if self.time is None else {"happened_at": self.time.isoformat(), **self.data}

    def digest(self, secret: bytes) -> bytes:
        """A digest that is the same for equal events, whichever channel they came by and however they write a time.

        Keyed, because data may hold a name (design 10).
        """
        content = msgspec.json.encode([self.type, self.time, self.data], order="sorted")
        return keyed_digest(secret, _MOMENT.sub(_in_utc, content))


_MOMENT = re.compile(rb'(?<!\\)"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d))"')
"""A text in JSON that is an RFC 3339 moment and nothing else."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _in_utc(found: re.Match[bytes]) -> bytes:
    """09:00 in UTC is 10:00 in a British summer: in microseconds they are one."""
    try:
        moment = dt.datetime.fromisoformat(found[1].decode().upper())
    except ValueError:
        return found[0]
    return b'"%d"' % ((moment - _EPOCH) // dt.timedelta(microseconds=1))


class EventTooLarge(Refusal):
    """A partner's event fits into an entry of the ledger: 65,535 bytes."""

    clause = "design 9"
    remedy = "Shorten its texts, or send several events."
    status = 413


class BatchTooLarge(Refusal):
    """A batch has at most 100 events and 1 MiB."""

    clause = "design 12"
    remedy = "Send it in smaller batches. Each event has its own answer, in any batch."
    status = 413


class Unreadable(Exception):
    """An event that cannot be read. It has no final answer, because its source and id are unknown."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


_decoder = msgspec.json.Decoder(PartnerEvent)


def read_event(sent: bytes) -> PartnerEvent:
    """An event in structured mode (JSON format). Raises ``Unreadable``, ``EventTooLarge``."""
    if len(sent) > MAX_EVENT_BYTES:
        raise EventTooLarge(f"The event has {len(sent):,} bytes.")
    try:
        return _decoder.decode(sent)
    except msgspec.ValidationError as error:
        raise Unreadable(_misfit(explain(error, PartnerEvent))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(_not_json(str(error))) from None


def made_event(attributes: dict[str, Any], data: bytes) -> PartnerEvent:
    """An event from its attributes and its data's bytes (binary mode). Raises ``Unreadable``, ``EventTooLarge``."""
    if len(data) > MAX_EVENT_BYTES:
        raise EventTooLarge(f"The event's data has {len(data):,} bytes.")
    try:
        content = msgspec.json.decode(data) if data.strip() else {}
        # Strictly: a time of 41967, a day's number in a spreadsheet, is no moment in 1970.
        return msgspec.convert({**attributes, "data": content}, PartnerEvent)
    except msgspec.ValidationError as error:
        raise Unreadable(_misfit(explain(error, PartnerEvent))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(_not_json(str(error))) from None


def unreadable(attribute: str, detail: str) -> Unreadable:
    """What an attribute is that cannot be read, such as a time that is none."""
    return Unreadable(_misfit(msgspec.ValidationError(f"{attribute} {detail}. - at `$.{attribute}`")))


def _misfit(error: msgspec.ValidationError) -> Problem:
    return msgspec.structs.replace(
        invalid(error),
        type="/problems/invalid-event",
        title="A partner's event is a CloudEvent 1.0 with JSON data.",
        clause="CloudEvents 1.0.2",
        remedy="Compare the event with its schema, and send it again.",
        schema="/partners/schemas/partner-event.json",
    )


def _not_json(detail: str) -> Problem:
    return Problem(
        type="/problems/unreadable-event",
        title="A partner's event must be readable.",
        status=400,
        detail=f"It is not JSON: {detail[:300]}",
        clause="CloudEvents 1.0.2, JSON format",
        remedy="Send the event as JSON in UTF-8.",
        schema="/partners/schemas/partner-event.json",
    )
