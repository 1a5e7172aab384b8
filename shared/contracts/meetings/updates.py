"""Updates to bodies outside the partnership, such as Cabinet."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.nouns import Day, LastDay, Names, Reason, Texts, UpdateSlug
from shared.values.identifiers import Name, Slug, Text

Body = Annotated[Name, Meta(description="A body outside the partnership that it reports to.", examples=["Cabinet"])]
Post = Annotated[Name, Meta(description="A post, not a person.", examples=["Chief Executive"])]
Telephone = Annotated[
    str,
    Meta(
        pattern=r"^\+?[0-9][0-9 ]{2,28}[0-9]$(?!\n)",
        max_length=30,
        description="The telephone number of a post, in digits and spaces.",
        examples=["01632 960 123"],
    ),
]
Recommendations = Annotated[Texts, Meta(min_length=1, examples=[["That Cabinet note the update."]])]
Topics = Annotated[tuple[Slug, ...], Meta(max_length=50, examples=[["perpetrators-programme"]])]


class Implication(enum.StrEnum):
    """The headings 6.1 to 6.9 of an update, in their order."""

    FINANCIAL = "financial"
    LEGAL = "legal"
    HUMAN_RESOURCES = "human_resources"
    SECTION_17 = "section_17"
    HUMAN_RIGHTS = "human_rights"
    DATA_PROTECTION = "data_protection"
    RISK_MANAGEMENT = "risk_management"
    EQUALITY_AND_DIVERSITY = "equality_and_diversity"
    BEST_VALUE = "best_value"


class UpdateHeading(Value, frozen=True, kw_only=True):
    """The heading of an update, as the council's reports bear it. Posts, not people."""

    report_of: Post
    contact_post: Annotated[Post, Meta(examples=["Partnerships Officer"])]
    """The post that answers questions about it."""
    contact_telephone: Telephone | None = None
    """The number of that post."""
    portfolio_leader: Annotated[Post, Meta(examples=["Crime and Partnerships"])]
    """The portfolio whose holder answers for it."""
    key_decision: bool
    report_track: Annotated[Name, Meta(examples=["Cabinet: 29/01/15"])]


@event("meetings.update_commissioned.v1", about="update", names="title")
class UpdateCommissioned(Event, frozen=True, kw_only=True):
    """A body outside the partnership is due an update on what happened since the last one. Clause CAN-1."""

    update: UpdateSlug
    body: Body
    title: Annotated[Name, Meta(examples=["Update on partnership activity"])]
    meets_on: Annotated[Day, Meta(examples=["2015-01-29"])]
    """The day the body meets."""
    since: Annotated[Day, Meta(examples=["2014-10-16"])] | None = None
    """The last day of the update before, after which this one begins; none for the first."""
    until: Annotated[LastDay, Meta(examples=["2015-01-16"])]
    """The last day it covers."""
    heading: UpdateHeading
    purpose: Annotated[Text, Meta(examples=["To brief Cabinet on the partnership's work since its last update."])]
    recommendations: Recommendations
    key_issues: Annotated[Text, Meta(examples=["Cabinet asked for a quarterly update after the board's meetings."])]
    topics: Topics = ()
    """The order of its topics: slugs of projects, or names of topics. Others follow in the order of their events."""
    appendices: Annotated[Names, Meta(examples=[["Delivery plan, third quarter"]])] = ()
    previous_consideration: Annotated[Names, Meta(examples=[["Cabinet, 16 October 2014"]])] = ()
    """Where the matter was considered before."""
    background_papers: Annotated[Names, Meta(examples=[["Minutes of the Strategic Board"]])] = ()


@event("meetings.update_changed.v1", about="update", names="title")
class UpdateChanged(UpdateCommissioned, frozen=True, kw_only=True):
    """An update was changed before it was issued: this is all of it as it is now. Clause CAN-1."""


@event("meetings.update_withdrawn.v1", about="update")
class UpdateWithdrawn(Event, frozen=True, kw_only=True):
    """An update was withdrawn before it was issued. Clause CAN-1."""

    update: UpdateSlug
    reason: Annotated[Reason, Meta(examples=["Cabinet no longer meets on that day."])]


@event("meetings.update_issued.v1", about="update", day="issued_on")
class UpdateIssued(Event, frozen=True, kw_only=True):
    """An update was issued to its body; it is neither changed nor withdrawn any more. Clause CAN-1."""

    update: UpdateSlug
    issued_on: Annotated[Day, Meta(examples=["2015-01-20"])]


@event("meetings.implication_stated.v1", about="update")
class ImplicationStated(Event, frozen=True, kw_only=True):
    """What an update means under one heading of its implications was stated; the others read None. Clause CAN-1."""

    update: UpdateSlug
    heading: Implication
    text: Annotated[Text, Meta(examples=["The reserve is finite and unlikely to be replenished."])]
