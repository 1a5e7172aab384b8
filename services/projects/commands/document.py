"""What partners publish."""

from __future__ import annotations

from services.projects.commands.declared import CLERK_OR_PARTNER, commands
from services.projects.domain.document import Document
from services.projects.domain.project import Project
from shared.contracts.command import Command
from shared.contracts.nouns import (
    Day,
    DocumentSlug,
    OrganisationSlug,
    ProjectSlug,
)
from shared.contracts.projects import WebAddress
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name


class PublishDocument(Command, frozen=True, kw_only=True):
    """Tell the partnership of a document that was published, and where it can be read."""

    document: DocumentSlug
    title: Name
    published_by: OrganisationSlug
    published_on: Day
    address: WebAddress
    project: ProjectSlug | None = None


@commands.handles("/documents", roles=CLERK_OR_PARTNER, acts_for="published_by")
def publish_document(command: PublishDocument, unit: UnitOfWork) -> None:
    if command.project is not None:
        unit.existing(Project, command.project)
    document = unit.new(Document, command.document)
    fact = document.publish(
        command.title, command.published_by, command.published_on, command.address, command.project, unit.at.today
    )
    unit.record(document, fact)
