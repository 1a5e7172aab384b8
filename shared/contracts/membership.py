"""What membership publishes: the partnership, its organisations and people, its groups, their seats and their terms."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from shared.contracts.event import Event, Value, event
from shared.contracts.nouns import Day, GroupSlug, OrganisationSlug, PersonSlug, Reason, SeatSlug
from shared.values.identifiers import Name, Slug

Days = Annotated[int, Meta(ge=0, le=366, description="Days before the day of the meeting.", examples=[7])]
Members = Annotated[int, Meta(ge=1, le=1000, description="A number of members.", examples=[4])]


class Sector(enum.StrEnum):
    """The part of public life an organisation belongs to."""

    COUNCIL = "council"
    POLICE = "police"
    HEALTH = "health"
    FIRE = "fire"
    EDUCATION = "education"
    BUSINESS = "business"
    VOLUNTARY = "voluntary"
    FAITH = "faith"
    OTHER = "other"


class GroupKind(enum.StrEnum):
    """What sort of body a group is."""

    STRATEGIC_BOARD = "strategic_board"
    EXECUTIVE_BOARD = "executive_board"
    THEMATIC_PARTNERSHIP = "thematic_partnership"
    STATUTORY_BOARD = "statutory_board"
    LOCALITY_FORUM = "locality_forum"
    TASK_AND_FINISH_GROUP = "task_and_finish_group"
    COMMUNITY_OF_INTEREST = "community_of_interest"
    STEERING_GROUP = "steering_group"


class Rounding(enum.StrEnum):
    """What becomes of the fraction when a share of the membership is no whole number."""

    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"


class Office(enum.StrEnum):
    """An office of a group, held by the seat elected to it."""

    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"


class Identifier(Value, frozen=True, kw_only=True):
    """An organisation's identifier in a register outside the partnership."""

    scheme: Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9-]{1,39}$(?!\n)", max_length=40, examples=["GB-LAE"])]
    """The register's code in the org-id.guide list, such as ``GB-LAE`` for local authorities in England."""
    id: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^\S+$(?!\n)", examples=["STS"])]
    """The organisation's entry there."""


class Sealed(Value, frozen=True, kw_only=True):
    """Personal data, encrypted with the person's own key; the clear text is never in an event."""

    ciphertext: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9+/]+={0,2}$(?!\n)",
            min_length=4,
            max_length=4096,
            description="Base64 (RFC 4648 §4) of what was sealed.",
            examples=["q83vEjRWeJASNFZ4kKvN7w=="],
        ),
    ]


class QuorumShare(Value, frozen=True, kw_only=True, tag_field="kind", tag="share"):
    """A quorum that is a share of the counted membership, such as one quarter."""

    numerator: Annotated[int, Meta(ge=1, le=1000, examples=[1])]
    denominator: Annotated[int, Meta(ge=1, le=1000, examples=[4])]
    minimum: Annotated[Members, Meta(examples=[3])] | None = None
    """How many it needs at least, however small the share is."""


class QuorumNumber(Value, frozen=True, kw_only=True, tag_field="kind", tag="number"):
    """A quorum that is a fixed number of members."""

    members: Members


class TermsOfReference(Value, frozen=True, kw_only=True):
    """How a group meets: the terms a meeting is held to."""

    quorum: QuorumShare | QuorumNumber
    rounding: Rounding
    """What becomes of a fraction; of no effect where the quorum is a number."""
    deputies_count: bool
    """Whether a deputy who stands in counts as present."""
    vacant_seats_count: bool
    """Whether the quorum is a share of all seats, or of the filled seats only."""
    agenda_notice_days: Annotated[Days, Meta(examples=[14])]
    """How long before a meeting agenda items must reach the chair."""
    papers_notice_days: Days
    """How long before a meeting agenda and papers must go out."""
    meetings_a_year: Annotated[int, Meta(ge=0, le=366, examples=[4])]
    """The cadence: 4 is quarterly, 0 is when needed."""


@event("membership.partnership_established.v1", about="partnership", names="name")
class PartnershipEstablished(Event, frozen=True, kw_only=True):
    """A partnership of an area's organisations was established here. Clause CAN-1."""

    name: Annotated[Name, Meta(examples=["Chase Community Partnership"])]
    area_code: Annotated[str, Meta(pattern=r"^[A-Z][0-9]{8}$(?!\n)", max_length=9, examples=["E07000192"])]
    """The area's nine-character code of the Office for National Statistics."""


@event("membership.organisation_registered.v1", about="organisation", names="name")
class OrganisationRegistered(Event, frozen=True, kw_only=True):
    """An organisation was registered as one that takes part in the partnership's work. Clause TSP-2."""

    organisation: OrganisationSlug
    name: Annotated[Name, Meta(examples=["Staffordshire County Council"])]
    sector: Sector
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=20)] = ()
    """Where else the organisation is registered."""


@event("membership.person_registered.v1", about="person")
class PersonRegistered(Event, frozen=True, kw_only=True):
    """A person who may fill seats was registered, name and contact sealed. Clauses TSP-2, design 10."""

    person: PersonSlug
    name: Sealed
    contact: Sealed | None = None
    organisation: OrganisationSlug
    """Whom the person works or speaks for."""


@event("membership.person_erased.v1", about="person")
class PersonErased(Event, frozen=True, kw_only=True):
    """A person's key was destroyed, so that nobody can read name or contact again. Clause design 10."""

    person: PersonSlug
    reason: Annotated[Reason, Meta(examples=["The person asked for it on leaving the partnership."])]


@event("membership.group_formed.v1", about="group", names="name")
class GroupFormed(Event, frozen=True, kw_only=True):
    """A group of the partnership was formed. Clauses STK-1, CAN-5."""

    group: GroupSlug
    name: Annotated[Name, Meta(examples=["Strategic Board"])]
    kind: GroupKind
    accountable_to: Annotated[Slug, Meta(examples=["executive-board"])] | None = None
    """The group it answers to; none for the group at the top."""


@event("membership.terms_of_reference_adopted.v1", about="group")
class TermsOfReferenceAdopted(Event, frozen=True, kw_only=True):
    """A group's terms of reference were adopted and replace its earlier ones from a day on. Clause TSP-1."""

    group: GroupSlug
    terms: TermsOfReference
    in_force_from: Annotated[Day, Meta(examples=["2014-04-01"])]
    """The first day on which meetings are held to these terms."""


@event("membership.seat_created.v1", about="group", names="office", of="seat")
class SeatCreated(Event, frozen=True, kw_only=True):
    """A group got a seat, vacant until it is filled. Clause TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    organisation: OrganisationSlug
    """Whose seat it is."""
    office: Annotated[Name, Meta(examples=["Superintendent"])]
    """The post in that organisation the seat is for."""
    in_force_from: Annotated[Day, Meta(examples=["2014-04-01"])]
    """The first day on which the seat belongs to the whole membership."""


@event("membership.seat_filled.v1", about="group")
class SeatFilled(Event, frozen=True, kw_only=True):
    """A person became the representative in a seat. Clause TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    in_force_from: Annotated[Day, Meta(examples=["2014-04-01"])]
    """The first day on which the person represents the organisation there."""


@event("membership.seat_vacated.v1", about="group")
class SeatVacated(Event, frozen=True, kw_only=True):
    """A seat's representative left it; the seat stays and is vacant. Clauses TSP-1, TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    vacant_from: Annotated[Day, Meta(examples=["2015-01-05"])]
    """The first day on which nobody represents the organisation there."""
    reason: Annotated[Reason, Meta(examples=["The post is being recruited to."])]


@event("membership.deputy_named.v1", about="group")
class DeputyNamed(Event, frozen=True, kw_only=True):
    """A person was named who may stand in for a seat's representative. Clause TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    in_force_from: Annotated[Day, Meta(examples=["2014-04-01"])]


@event("membership.deputy_withdrawn.v1", about="group")
class DeputyWithdrawn(Event, frozen=True, kw_only=True):
    """A deputy may no longer stand in for a seat. Clause TSP-2."""

    group: GroupSlug
    seat: SeatSlug
    person: PersonSlug
    withdrawn_from: Annotated[Day, Meta(examples=["2015-01-05"])]
    """The first day on which the person is no deputy."""


@event("membership.officer_elected.v1", about="group", day="elected_on")
class OfficerElected(Event, frozen=True, kw_only=True):
    """A group elected a seat to an office, in place of the seat that held it. Clause TSP-3."""

    group: GroupSlug
    office: Office
    seat: SeatSlug
    elected_on: Annotated[Day, Meta(examples=["2014-06-02"])]
