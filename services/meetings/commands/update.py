"""Commands about updates to outside bodies and the areas of interest these bodies name."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services.meetings.commands.declared import CLERK_OR_CHAIR, commands
from services.meetings.domain.update import AreaOfInterest, Update
from shared.contracts.command import Command
from shared.contracts.meetings import About, Body, Implication, UpdateCommissioned, UpdateHeading
from shared.contracts.nouns import AreaOfInterestSlug, Day, LastDay, Names, Texts, UpdateSlug
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name, Text


class CommissionUpdate(Command, frozen=True, kw_only=True):
    """Ask for an update to a body on what happened since the last one."""

    update: UpdateSlug
    body: Body
    title: Name
    meets_on: Day
    since: Day | None = None
    until: LastDay
    heading: UpdateHeading
    purpose: Text
    recommendations: Annotated[Texts, Meta(min_length=1)]
    key_issues: Text
    appendices: Names = ()
    previous_consideration: Names = ()
    background_papers: Names = ()


@commands.handles("/updates", roles=CLERK_OR_CHAIR)
def commission_update(command: CommissionUpdate, unit: UnitOfWork) -> None:
    update = unit.new(Update, command.update)
    commissioned = UpdateCommissioned(
        update=command.update,
        body=command.body,
        title=command.title,
        meets_on=command.meets_on,
        since=command.since,
        until=command.until,
        heading=command.heading,
        purpose=command.purpose,
        recommendations=command.recommendations,
        key_issues=command.key_issues,
        appendices=command.appendices,
        previous_consideration=command.previous_consideration,
        background_papers=command.background_papers,
    )
    unit.record(update, update.commission(commissioned))


class StateImplication(Command, frozen=True, kw_only=True):
    """Say what an update means under one heading of its implications; stated anew, it replaces the former."""

    update: UpdateSlug
    heading: Implication
    text: Text


@commands.handles("/updates/{update}/implications", roles=CLERK_OR_CHAIR)
def state_implication(command: StateImplication, unit: UnitOfWork) -> None:
    update = unit.existing(Update, command.update)
    unit.record(update, update.state(command.heading, command.text))


class NameAreaOfInterest(Command, frozen=True, kw_only=True):
    """Note what a body wants its next update to answer; the day is that of ``happened_at``."""

    area_of_interest: AreaOfInterestSlug
    body: Body
    text: Text
    about: About | None = None


@commands.handles("/areas-of-interest", roles=CLERK_OR_CHAIR)
def name_area_of_interest(command: NameAreaOfInterest, unit: UnitOfWork) -> None:
    area = unit.new(AreaOfInterest, command.area_of_interest)
    unit.record(area, area.name(command.body, command.text, command.about, today=unit.at.today))


class AnswerAreaOfInterest(Command, frozen=True, kw_only=True):
    """Answer an area of interest in an update to the body that named it.

    Answered anew in the same update, it takes the place of the former answer.
    """

    area_of_interest: AreaOfInterestSlug
    update: UpdateSlug
    text: Text
    about: About | None = None


@commands.handles("/areas-of-interest/{area_of_interest}/answers", roles=CLERK_OR_CHAIR)
def answer_area_of_interest(command: AnswerAreaOfInterest, unit: UnitOfWork) -> None:
    area = unit.existing(AreaOfInterest, command.area_of_interest)
    update = unit.existing(Update, command.update)
    unit.record(area, area.answer(update, command.text, command.about))
