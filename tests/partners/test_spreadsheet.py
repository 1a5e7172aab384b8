"""What becomes of the cells of a spreadsheet, before any of it is sent on."""

from __future__ import annotations

import hashlib
import os

import msgspec

from services import catalogue
from services.partners.envelope import PartnerEvent, Unreadable
from services.partners.intake import offers_of
from services.partners.spreadsheet import rows
from shared.values.refusals import Refusal

OFFERS = offers_of({name: service.commands for name, service in catalogue.DECIDING.items()})
SECRET = os.urandom(32)


def read(name: str, *lines: str, secret: bytes = SECRET) -> list[PartnerEvent | Unreadable | Refusal]:
    body = "\n".join(lines).encode()
    return [event for _, event in rows(body, OFFERS[name].declared, "county-council", lambda e: e.digest(secret))]


def one(name: str, *lines: str, secret: bytes = SECRET) -> PartnerEvent:
    (event,) = read(name, *lines, secret=secret)
    assert isinstance(event, PartnerEvent), event
    return event


def test_nobody_can_try_names_against_a_rows_id() -> None:
    """Design 10: after an erasure, a bare hash would still say whose row it was."""
    name, lines = "membership.register_person.v1", ("person,name,organisation", "p-1,Ida Brook,county-council")
    event = one(name, *lines)
    assert event.id == one(name, *lines).id
    assert event.id != one(name, *lines, secret=os.urandom(32)).id
    guess = [name, None, {"name": "Ida Brook", "organisation": "county-council", "person": "p-1"}]
    assert hashlib.sha256(msgspec.json.encode(guess)).hexdigest()[:40] not in event.id
