"""The channels of partners' systems, for the AsyncAPI document: what they send over NATS, and how they are answered."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts.envelope import CONTENT_TYPE
from shared.contracts.schemas import Json


def channels() -> Json:
    """Where partners send, and where they are answered."""

    def channel(address: str, title: str, description: str, *messages: str) -> Json:
        named = [part[1:-1] for part in address.split(".") if part.startswith("{")]
        return {
            "address": address,
            "title": title,
            "description": description,
            "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in named},
            "messages": {name: {"$ref": f"#/components/messages/partner-{name}"} for name in messages},
        }

    tail = "{partnership}.{organisation}"
    return {
        "partner-request": channel(
            f"partners.{tail}.{{service}}",
            "Request",
            "A partner's event as a request: the reply is its answer.",
            "event",
        ),
        "partner-submission": channel(
            f"submissions.{tail}.{{service}}",
            "Submission",
            "A partner's event published to JetStream stream PARTNERS, taken in the order it was sent.",
            "event",
        ),
        "partner-reply": {
            "address": None,
            "title": "Reply",
            "description": "The inbox that a request names.",
            "messages": {"answer": {"$ref": "#/components/messages/partner-answer"}},
        },
        "partner-answer": channel(
            f"answers.{tail}", "Answer", "What became of what was published, for its organisation alone.", "answer"
        ),
    }


def operations() -> Json:
    """What the platform does on those channels."""

    def operation(action: str, channel: str, message: str, summary: str) -> Json:
        return {
            "action": action,
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": summary,
            "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
        }

    return {
        "receive-partner-request": {
            **operation("receive", "partner-request", "event", "Take a partner's event, and reply."),
            "reply": {
                "channel": {"$ref": "#/channels/partner-reply"},
                "messages": [{"$ref": "#/channels/partner-reply/messages/answer"}],
            },
        },
        "receive-partner-submission": operation(
            "receive", "partner-submission", "event", "Take what a partner published."
        ),
        "send-partner-answer": operation("send", "partner-answer", "answer", "Say what became of it."),
    }


def messages(commands: Sequence[str]) -> Json:
    """What partners send and are told. ``commands``: the types of events that partners send."""
    kinds = [
        {"properties": {"type": {"const": name}, "data": {"$ref": f"./schemas/partners/{name}.json"}}}
        for name in commands
    ]
    return {
        "partner-event": {
            "name": "partner-event",
            "title": "An event of a partner",
            "summary": "A CloudEvent whose type names what it asks to record.",
            "contentType": CONTENT_TYPE,
            "headers": {"$ref": "#/components/schemas/partnersHeaders"},
            "payload": {"allOf": [{"$ref": "./schemas/partners/partner-event.json"}, {"oneOf": kinds}]},
        },
        "partner-answer": {
            "name": "partner-answer",
            "title": "The answer to an event of a partner",
            "summary": "Accepted, with what was recorded, or not, with the problem; the same for the same event.",
            "contentType": "application/json",
            "payload": {"$ref": "./schemas/partners/partner-answer.json"},
        },
    }


def headers() -> Json:
    """The headers of a partner's event."""
    return {
        "type": "object",
        "properties": {
            "Authorization": {"type": "string", "pattern": "^Bearer ", "description": "The organisation's own token."}
        },
        "required": ["Authorization"],
    }
