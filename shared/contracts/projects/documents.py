"""Documents that the partnership's work rests on."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, event
from shared.contracts.nouns import DayOrMonth, DocumentSlug, OrganisationSlug, ProjectSlug
from shared.values.identifiers import Name

WebAddress = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=r"^https?://[^\s\u0000-\u001f]+$(?!\n)",
        description="Where it can be read.",
        examples=["https://council.example/needs-assessment-2015.pdf"],
    ),
]


@event("projects.document_published.v1", about="document", day="published_on", names="title")
class DocumentPublished(Event, frozen=True, kw_only=True):
    """An organisation published a document that the partnership's work rests on. Clauses TSP-7, STK-5."""

    document: DocumentSlug
    title: Annotated[Name, Meta(examples=["Strategic Needs Assessment 2015"])]
    published_by: OrganisationSlug
    published_on: Annotated[DayOrMonth, Meta(examples=["2015-01-12"])]
    address: WebAddress
    project: ProjectSlug | None = None
    """The project it is about, where it is about one."""
