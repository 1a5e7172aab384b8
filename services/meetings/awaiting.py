"""What waits for whom: everything that someone has to see to before it goes on, the longest waiting first.

Each kind is a query over the views of its noun, with what is said of it in ``SAID``. A row is gone as soon as what it
waits for is recorded.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Date, Select, Table, Text, and_, cast, exists, literal, null, select, union_all

from services.meetings.actions.view import action, is_overdue
from services.meetings.areas_of_interest.view import area, is_answered
from services.meetings.decisions.view import award, decision, deferrals, refused_effect
from services.meetings.meetings.view import meeting
from services.meetings.updates.view import update
from services.meetings.views import queries
from shared.contracts.nouns import Day
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.entries import Sources, as_entry
from shared.values.identifiers import Slug
from shared.values.roles import Role


class AwaitedKind(enum.StrEnum):
    """Why something waits."""

    AWARD_NOT_CHECKED = "award_not_checked"
    AWARD_NOT_ANSWERED = "award_not_answered"
    AWARD_REFUSED = "award_refused"
    EFFECT_REFUSED = "effect_refused"
    DEFERRAL_OVERDUE = "deferral_overdue"
    AREA_NOT_ANSWERED = "area_not_answered"
    ACTION_OVERDUE = "action_overdue"
    UPDATE_DUE = "update_due"


class WhoIs(enum.StrEnum):
    """What the slug under ``who`` names."""

    ORGANISATION = "organisation"
    GROUP = "group"
    ROLE = "role"


Kind = AwaitedKind
SAID: dict[Kind, tuple[str, str]] = {
    Kind.AWARD_NOT_CHECKED: (
        "Decision {named} makes the award. Funding could not be asked first whether it can be made, and has not said"
        " so since.",
        "Wait until funding answers. Tell the operator if it does not.",
    ),
    Kind.AWARD_NOT_ANSWERED: (
        "Decision {named} makes the award. Funding could make it at that time, and has not answered since.",
        "Wait until funding answers. Tell the operator if it does not.",
    ),
    Kind.AWARD_REFUSED: (
        "Decision {named} makes the award, and funding refused it: {said}",
        "Put right what funding names, or take the award to the group's next meeting.",
    ),
    Kind.EFFECT_REFUSED: (
        "What followed from the decision ({named}) was refused: {said}",
        "Put right what is named, and take the matter to the group's next meeting.",
    ),
    Kind.DEFERRAL_OVERDUE: (
        "It was deferred until {named}, and no meeting has decided it since: {said}",
        "Put it on the agenda of the group's next meeting.",
    ),
    Kind.AREA_NOT_ANSWERED: ("{named} asked, and no update has answered: {said}", "Answer it in the next update."),
    Kind.ACTION_OVERDUE: ("It was due {named} and is not done: {said}", "Do it, and have its outcome recorded."),
    Kind.UPDATE_DUE: (
        "It is for {said}, which meets on {named}. The time it covers is over, and it is not issued.",
        "Issue it, or withdraw it.",
    ),
}
"""Of each kind why it waits, and what to do. ``named`` and ``said`` are columns of its query."""


class Awaited(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for someone."""

    kind: AwaitedKind
    who: Slug
    """The organisation, group or role that it waits for."""
    who_is: WhoIs
    what: str
    """The kind of thing that waits: a noun, such as ``action``."""
    within: Slug | None
    """The meeting of an action, the reserve of an award."""
    slug: Slug
    """The name of the thing."""
    since: Day
    """The day since which it waits."""
    why: str
    to_do: str
    sources: Sources


@queries.gets("/awaiting")
def awaiting(
    reading: ReadContext, page: Page, who: Slug | None = None, kind: AwaitedKind | None = None
) -> list[Awaited]:
    """What waits for whom today, the longest waiting first; for an organisation, group or role, or of a kind."""
    every = union_all(*_each_kind(reading)).subquery()
    found = select(every)
    if who is not None:
        found = found.where(every.c.who == who)
    if kind is not None:
        found = found.where(every.c.kind == kind.value)
    order = (every.c[name] for name in ("since", "kind", "within", "slug", "named"))
    return [_awaited(row) for row in page.rows(reading, found, *order)]


def _awaited(row: Any) -> Awaited:
    why, to_do = (text.format_map(row) for text in SAID[AwaitedKind(row["kind"])])
    return as_entry(Awaited, row, why=why, to_do=to_do)


def _each_kind(reading: ReadContext) -> list[Select[Any]]:
    today, clerk = reading.today, literal(Role.CLERK.value)
    unanswered = and_(award.c.made_on.is_(None), award.c.refused_on.is_(None))
    awards = [
        (Kind.AWARD_NOT_CHECKED, and_(unanswered, award.c.award_checked.is_(False))),
        (Kind.AWARD_NOT_ANSWERED, and_(unanswered, award.c.award_checked)),
        (Kind.AWARD_REFUSED, and_(award.c.made_on.is_(None), award.c.refused_on.is_not(None), ~_decided_since)),
    ]
    open_deferrals = [slug for slug, later in deferrals(reading, today).items() if later is None]
    is_due = and_(update.c.until < today, update.c.issued_on.is_(None), update.c.withdrawn_because.is_(None))
    return [
        *(
            _rows(reading, kind, award, clerk, WhoIs.ROLE, award.c.award, meeting.c.day)
            .add_columns(award.c.reserve.label("within"), award.c.decision.label("named"), award.c.reason.label("said"))
            .join(decision, _same(decision, award, "decision"))
            .join(meeting, _same(meeting, decision, "meeting"))
            .where(waits)
            for kind, waits in awards
        ),
        _rows(reading, Kind.EFFECT_REFUSED, refused_effect, clerk, WhoIs.ROLE, refused_effect.c.decision, meeting.c.day)
        .add_columns(_none("within"), refused_effect.c.effect.label("named"), refused_effect.c.reason.label("said"))
        .join(decision, _same(decision, refused_effect, "decision"))
        .join(meeting, _same(meeting, decision, "meeting"))
        .where(~_decided_since),
        _rows(
            reading,
            Kind.DEFERRAL_OVERDUE,
            decision,
            decision.c.group,
            WhoIs.GROUP,
            decision.c.decision,
            decision.c.returns_by,
        )
        .add_columns(_none("within"), decision.c.returns_on.label("named"), decision.c.text.label("said"))
        .where(decision.c.decision.in_(open_deferrals), decision.c.returns_by < today),
        _rows(reading, Kind.AREA_NOT_ANSWERED, area, clerk, WhoIs.ROLE, area.c.area_of_interest, area.c.asked_by)
        .add_columns(_none("within"), area.c.body.label("named"), area.c.text.label("said"))
        .where(~is_answered),
        _rows(
            reading, Kind.ACTION_OVERDUE, action, action.c.owner, WhoIs.ORGANISATION, action.c.action, action.c.due_by
        )
        .add_columns(action.c.meeting.label("within"), action.c.due_on.label("named"), action.c.text.label("said"))
        .where(is_overdue(today)),
        _rows(reading, Kind.UPDATE_DUE, update, clerk, WhoIs.ROLE, update.c.update, update.c.until)
        .add_columns(_none("within"), cast(update.c.meets_on, Text).label("named"), update.c.body.label("said"))
        .where(is_due),
    ]


_later = decision.alias("later")
_decided_since = exists().where(
    _later.c.partnership == decision.c.partnership,
    _later.c.about == decision.c.about,
    _later.c.position > decision.c.position,
)
"""Whether the same matter was decided again after a decision."""


def _rows(
    reading: ReadContext,
    kind: Kind,
    table: Table,
    who: ColumnElement[Any],
    who_is: WhoIs,
    slug: ColumnElement[Any],
    since: ColumnElement[Any],
) -> Select[Any]:
    """The partnership's rows of a kind that are about things of one table."""
    return select(
        cast(literal(kind.value), Text).label("kind"),
        cast(who, Text).label("who"),
        cast(literal(who_is.value), Text).label("who_is"),
        cast(literal("decision" if table is refused_effect else table.name), Text).label("what"),
        cast(slug, Text).label("slug"),
        cast(since, Date).label("since"),
        table.c.sources,
    ).where(table.c.partnership == reading.partnership)


def _none(name: str) -> ColumnElement[Any]:
    return cast(null(), Text).label(name)


def _same(one: Table, other: Table, column: str) -> ColumnElement[bool]:
    return and_(one.c.partnership == other.c.partnership, one.c[column] == other.c[column])
