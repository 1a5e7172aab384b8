"""Identifiers and texts in commands and events, with the limits every endpoint enforces.

The constraints are msgspec's ``Meta``; JSON Schema, OpenAPI and the endpoints' validation all come from them.
"""

from typing import Annotated

from msgspec import Meta

Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$(?!\n)",
        max_length=63,
        description="A short name for addresses: lower-case letters, digits and inner hyphens, at most 63.",
        examples=["strategic-board"],
    ),
]
"""The permanent name of a thing within its partnership, chosen by the caller who creates it."""

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^[^\s\u0000][^\u0000-\u001f]*$(?!\n)",
        description="A name or title of 1 to 200 characters.",
        examples=["Strategic Board"],
    ),
]
"""A thing's name for people: one line."""

Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=4000,
        pattern=r"^[^\s\u0000][^\u0000]*$",
        description="A text of 1 to 4,000 characters. Name posts and organisations here, not people.",
        examples=["Re-consider when the outcome of the community development project is known."],
    ),
]
"""The text of a minute, a reason or a purpose. Personal data has its own sealed fields and does not belong here."""


def subject_of(partnership: str, noun: str, *key: str) -> str:
    """The address of one thing's history: ``cannock-chase/meeting/board-2014-11-24``.

    ``key``: the thing's slug, after the slugs of what it is within.

    It is the event store's stream and the ``subject`` of the CloudEvents. The partnership comes first, so that a
    token of one partnership cannot name another's streams.
    """
    return "/".join((partnership, noun, *key))
