"""The register of organisations."""

from __future__ import annotations

from services.membership.views import queries, roster
from shared.runtime.following.entries import entry


@entry(roster.organisation)
class OrganisationEntry:
    """An organisation in the partnership's register."""


queries.lists(
    "/organisations",
    OrganisationEntry,
    summary="The organisations that take part, by name",
    order=(roster.organisation.c.name,),
    filters=("sector",),
)
