"""What membership's facts say."""

from __future__ import annotations

from services.reporting.english import as_words, clause, count, day, the
from services.reporting.views.names import Names
from shared.contracts.event import Event
from shared.contracts.membership import (
    DeputyNamed,
    DeputyWithdrawn,
    GroupFormed,
    OfficerElected,
    OrganisationRegistered,
    PartnershipEstablished,
    PersonErased,
    PersonRegistered,
    QuorumShare,
    SeatCreated,
    SeatFilled,
    SeatVacated,
    TermsOfReference,
    TermsOfReferenceAdopted,
)


def told(fact: Event, names: Names) -> str | None:
    """What a fact says; None for one of another service, or one that is not told here yet."""
    match fact:
        case PartnershipEstablished():
            return f"the partnership {fact.name} was established, for the area {fact.area_code}."
        case OrganisationRegistered():
            return f"{the(fact.name)} was registered as an organisation of the sector {fact.sector.value}."
        case PersonRegistered():
            return (
                f"a person of {names.organisation(fact.organisation)} was registered, {fact.person} by alias;"
                " the name is sealed."
            )
        case PersonErased():
            return f"the person {fact.person} was erased: nobody can read the name any more. {_why(fact.reason)}"
        case GroupFormed():
            answers = f", accountable to {names.the_group(fact.accountable_to)}" if fact.accountable_to else ""
            return f"{the(fact.name)} was formed as a {as_words(fact.kind.value)}{answers}."
        case TermsOfReferenceAdopted():
            since = day(fact.in_force_from)
            return (
                f"{names.the_group(fact.group)} adopted terms of reference, in force from {since}:"
                f" {_terms(fact.terms)}."
            )
        case SeatCreated():
            whose = names.organisation(fact.organisation)
            return (
                f"{names.the_group(fact.group)} got a seat for {whose}, held by its {fact.office},"
                f" from {day(fact.in_force_from)}."
            )
        case SeatFilled():
            return f"{_seat(fact, names)} was filled from {day(fact.in_force_from)} (by {fact.person})."
        case SeatVacated():
            return f"{_seat(fact, names)} became vacant from {day(fact.vacant_from)}. {_why(fact.reason)}"
        case DeputyNamed():
            return f"a deputy for {_seat(fact, names)} was named from {day(fact.in_force_from)} ({fact.person})."
        case DeputyWithdrawn():
            return f"{fact.person} is no longer deputy for {_seat(fact, names)} from {day(fact.withdrawn_from)}."
        case OfficerElected():
            office = as_words(fact.office.value).replace(" ", "-")
            who = f"the {names.office(fact.group, fact.seat)}"
            return f"{names.the_group(fact.group)} elected {who} as its {office} on {day(fact.elected_on)}."
    return None


def _seat(fact: SeatFilled | SeatVacated | DeputyNamed | DeputyWithdrawn, names: Names) -> str:
    return f"the seat of the {names.office(fact.group, fact.seat)} on {names.the_group(fact.group)}"


def _why(reason: str) -> str:
    return f"The reason: {clause(reason)}."


def _terms(terms: TermsOfReference) -> str:
    if isinstance(terms.quorum, QuorumShare):
        of = "all seats" if terms.vacant_seats_count else "the filled seats"
        quorum = (
            f"a quorum of {terms.quorum.numerator}/{terms.quorum.denominator} of {of}, rounded {terms.rounding.value}"
        )
    else:
        quorum = f"a quorum of {count(terms.quorum.members, 'member')}"
    deputies = "deputies count" if terms.deputies_count else "deputies do not count"
    meets = f"{count(terms.meetings_a_year, 'meeting')} a year" if terms.meetings_a_year else "meetings when needed"
    agenda, papers = count(terms.agenda_notice_days, "day"), count(terms.papers_notice_days, "day")
    return f"{quorum}; {deputies}; agenda items {agenda} and papers {papers} before; {meets}"
