"""A document that an organisation published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.command import Command
from shared.contracts.event import fact
from shared.contracts.nouns import DayOrMonth, DocumentSlug, OrganisationSlug, ProjectSlug
from shared.contracts.projects.documents import DocumentPublished, WebAddress
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.identifiers import Name
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.projects.project import Project


class Document(Aggregate):
    """What the partnership's work rests on: a needs assessment, a strategy, a survey (TSP-7, STK-5)."""

    noun = "document"


Document.ignores(DocumentPublished)


class PublishDocument(Command, frozen=True, kw_only=True):
    """Tell the partnership of a document that was published, and where it can be read."""

    document: DocumentSlug
    title: Name
    published_by: OrganisationSlug
    published_on: DayOrMonth
    address: WebAddress
    project: ProjectSlug | None = None


def publish_document(
    command: PublishDocument, document: Document, project: Project | None, at: Circumstances
) -> DocumentPublished:
    """Say where it can be read (TSP-7). Raises ``DatedAhead``."""
    nothing_is_recorded_before_its_day("published_on", command.published_on, at.today)
    return fact(DocumentPublished, command)
