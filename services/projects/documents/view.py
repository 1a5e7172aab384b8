"""Documents that organisations published."""

from __future__ import annotations

from services.projects.views import queries, views
from shared.contracts.projects.documents import DocumentPublished
from shared.runtime.following.entries import entry

document = views.keeps("document", DocumentPublished, key=("document",))


@entry(document)
class PublishedDocument:
    """A document that an organisation published (TSP-7)."""


documents = queries.lists(
    "/documents",
    PublishedDocument,
    summary="Documents that organisations published, the latest first",
    order=(document.c.published_on.desc(),),
    filters=("project", "published_by"),
)
