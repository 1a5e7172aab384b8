"""Documents for partners' developers: schemas at stable addresses, the AsyncAPI document, examples of every type."""

from __future__ import annotations

from typing import Any

import msgspec

from services.partners.answers import SubmissionAnswer
from services.partners.envelope import PartnerEvent
from services.partners.intake import Offer, Offers
from shared.contracts import publish
from shared.contracts.examples import example_of
from shared.contracts.schemas import Json, envelope_schema, event_schema, schema_of

EVENT, ANSWER, ENVELOPE = "partner-event", "partner-answer", "envelope"


def address_of(name: str) -> str:
    """The permanent address of a schema."""
    return f"/partners/schemas/{name}.json"


def command_schema(offer: Offer) -> Json:
    """The schema of ``data`` in an event for this command."""
    name = offer.declared.name
    schema = schema_of(offer.declared.body, name, name)
    return {**schema, "$id": address_of(name), "description": " ".join(offer.declared.meaning.split())}


def command_example(offer: Offer) -> dict[str, Any]:
    """An example with the required fields and the field that names the sender's organisation."""
    command, own = offer.declared.command, offer.declared.acts_for
    full, sparse = example_of(command), example_of(command, sparse=True)
    return sparse if own is None else {**sparse, own: full[own]}


def example_event(offer: Offer) -> dict[str, Any]:
    """A complete event of a partner, ready to send to a platform where the things it names exist."""
    return {
        "specversion": "1.0",
        "id": f"example-{offer.declared.name.split('.')[1].replace('_', '-')}",
        "source": "/county/performance",
        "type": offer.declared.name,
        "time": "2015-01-08T09:00:00Z",
        "data": command_example(offer),
    }


def schemas(offers: Offers) -> dict[str, Json]:
    """Every schema by its name: partners' events, their answers, and the platform's events."""
    return {
        EVENT: {**schema_of(PartnerEvent, EVENT, "An event that a partner sends"), "$id": address_of(EVENT)},
        ANSWER: {**schema_of(SubmissionAnswer, ANSWER, "The answer to a partner's event"), "$id": address_of(ANSWER)},
        **{name: command_schema(offer) for name, offer in sorted(offers.items())},
        ENVELOPE: {**envelope_schema(), "$id": address_of(ENVELOPE)},
        **{name: {**event_schema(name), "$id": address_of(name)} for name in publish.published()},
    }


def asyncapi(offers: Offers) -> Json:
    """The AsyncAPI 3.0 document as served: every reference is an address on this server."""
    text = msgspec.json.encode(publish.asyncapi(sorted(offers))).decode()
    served = text.replace('"./schemas/partners/', '"/partners/schemas/').replace('"./schemas/', '"/partners/schemas/')
    found: Json = msgspec.json.decode(served)
    return found
