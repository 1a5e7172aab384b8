"""A document that an organisation published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.projects.documents import DocumentPublished
from shared.values.aggregate import Aggregate
from shared.values.circumstances import Circumstances
from shared.values.rules import nothing_is_recorded_before_its_day

if TYPE_CHECKING:
    from services.projects.project import Project


class Document(Aggregate):
    """What the partnership's work rests on: a needs assessment, a strategy, a survey (TSP-7, STK-5)."""

    noun = "document"


Document.ignores(DocumentPublished)


def publish_document(
    asked: DocumentPublished, document: Document, project: Project | None, at: Circumstances
) -> DocumentPublished:
    """Tell the partnership of a document that was published, and where it can be read (TSP-7).

    Raises ``DatedAhead``.
    """
    nothing_is_recorded_before_its_day("published_on", asked.published_on, at.today)
    return asked
