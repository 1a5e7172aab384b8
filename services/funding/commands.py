"""What clerks, chairs and partners ask funding to do. What meetings decided comes in by ``reactions.py``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from services.funding.domain.request import Request, total_over_the_term
from services.funding.domain.reserve import Reserve
from shared.contracts.command import Command
from shared.contracts.funding import (
    Basis,
    FundsRequested,
    Payee,
    ReserveOpened,
    Shares,
    StreamKind,
)
from shared.contracts.meetings.decisions import Deferral
from shared.contracts.meetings.effects import AwardTerms, FunderExploration
from shared.contracts.nouns import (
    AwardSlug,
    ContributionSlug,
    Day,
    DecisionSlug,
    FirstDay,
    LastDay,
    MeetingSlug,
    OrganisationSlug,
    PaymentSlug,
    PurposeSlug,
    Reason,
    RequestSlug,
    ReserveSlug,
    ReturnSlug,
    StreamSlug,
)
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.identifiers import Name, Text
from shared.values.money import Pence, PositivePence
from shared.values.periods import day_of
from shared.values.refusals import Refusal
from shared.values.roles import Role

CLERK = {Role.CLERK}
CLERK_OR_CHAIR = {Role.CLERK, Role.CHAIR}
CLERK_OR_PARTNER = {Role.CLERK, Role.PARTNER}

commands = Commands("funding")


class OpenReserve(Command, frozen=True, kw_only=True):
    """Open a reserve, empty until streams are received."""

    reserve: ReserveSlug
    name: Name


@commands.handles("/reserves", roles=CLERK)
def open_reserve(command: OpenReserve, unit: UnitOfWork) -> None:
    reserve = unit.new(Reserve, command.reserve)
    unit.record(reserve, ReserveOpened(reserve=command.reserve, name=command.name))


class ReceiveStream(Command, frozen=True, kw_only=True):
    """Receive a grant or a contribution into a reserve, as a stream of its own."""

    reserve: ReserveSlug
    stream: StreamSlug
    name: Name
    kind: StreamKind
    source: OrganisationSlug
    amount_pence: PositivePence
    purposes: Annotated[tuple[PurposeSlug, ...], Meta(max_length=50)] = ()
    """What it may be spent on; empty means on anything."""
    ends_on: LastDay | None = None


@commands.handles("/reserves/{reserve}/streams", roles=CLERK)
def receive_stream(command: ReceiveStream, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.reserve)
    fact = reserve.receive_stream(
        command.stream,
        name=command.name,
        kind=command.kind,
        source=command.source,
        amount_pence=command.amount_pence,
        purposes=command.purposes,
        ends_on=command.ends_on,
    )
    unit.record(reserve, fact)


class PayContribution(Command, frozen=True, kw_only=True):
    """Say that a contribution to a reserve was paid; it counts once the reserve has received it as a stream."""

    reserve: ReserveSlug
    contribution: ContributionSlug
    organisation: OrganisationSlug
    amount_pence: PositivePence
    paid_on: Day


@commands.handles("/reserves/{reserve}/contributions", roles=CLERK_OR_PARTNER, acts_for="organisation")
def pay_contribution(command: PayContribution, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.reserve)
    fact = reserve.pay_contribution(
        command.contribution, command.organisation, command.amount_pence, command.paid_on, _today(unit)
    )
    unit.record(reserve, fact)


class RequestFunds(Command, frozen=True, kw_only=True):
    """Ask a reserve for money: once, per month or per annum, for a term or open-ended."""

    request: RequestSlug
    reserve: ReserveSlug
    applicant: OrganisationSlug
    title: Name
    purpose: PurposeSlug
    purpose_text: Text
    basis: Basis
    amount_pence: PositivePence
    """For each time it falls due."""
    starts_on: FirstDay
    ends_on: LastDay | None = None
    """None means open-ended."""
    present_funding_ends_on: LastDay | None = None
    match_pence: Pence = 0
    """What others would add, as the applicant says."""


@commands.handles("/requests", roles=CLERK_OR_PARTNER, acts_for="applicant")
def request_funds(command: RequestFunds, unit: UnitOfWork) -> None:
    unit.existing(Reserve, command.reserve)
    total = total_over_the_term(command.basis, command.amount_pence, command.starts_on, command.ends_on)
    unit.record(
        unit.new(Request, command.request),
        FundsRequested(
            request=command.request,
            reserve=command.reserve,
            applicant=command.applicant,
            title=command.title,
            purpose=command.purpose,
            purpose_text=command.purpose_text,
            basis=command.basis,
            amount_pence=command.amount_pence,
            starts_on=command.starts_on,
            ends_on=command.ends_on,
            present_funding_ends_on=command.present_funding_ends_on,
            total_pence=total,
            match_pence=command.match_pence,
        ),
    )


class ReconsiderRequest(Command, frozen=True, kw_only=True):
    """Take up a deferred request again, so that it can be decided."""

    request: RequestSlug
    meeting: MeetingSlug | None = None
    """The meeting that takes it up, where one does."""
    reasons: Reason


@commands.handles("/requests/{request}/reconsiderations", roles=CLERK_OR_CHAIR)
def reconsider_request(command: ReconsiderRequest, unit: UnitOfWork) -> None:
    request, met_by = _request(unit, command.request)
    unit.record(request, request.reconsider(command.meeting, command.reasons, met_by))


class PledgeMatchFunding(Command, frozen=True, kw_only=True):
    """Pledge a funder's own money beside what is requested of the reserve."""

    request: RequestSlug
    funder: OrganisationSlug
    amount_pence: PositivePence


@commands.handles("/requests/{request}/match-funding", roles=CLERK_OR_PARTNER, acts_for="funder")
def pledge_match_funding(command: PledgeMatchFunding, unit: UnitOfWork) -> None:
    request = unit.existing(Request, command.request)
    unit.record(request, request.pledge_match_funding(command.funder, command.amount_pence))


class AwardFunds(Command, frozen=True, kw_only=True):
    """Award money by a decision that did not come from meetings, such as one made before this platform."""

    reserve: ReserveSlug
    award: AwardSlug
    request: RequestSlug | None = None
    """The request that is met, if one is."""
    shares: Shares
    payee: Payee
    purpose: PurposeSlug
    starts_on: FirstDay
    ends_on: LastDay | None = None
    """None means until it is spent."""
    decision: DecisionSlug


@commands.handles("/reserves/{reserve}/awards", roles=CLERK_OR_CHAIR)
def award_funds(command: AwardFunds, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.reserve)
    request = unit.existing(Request, command.request) if command.request else None
    terms = AwardTerms(
        reserve=command.reserve,
        award=command.award,
        shares=command.shares,
        payee=command.payee,
        purpose=command.purpose,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
    )
    unit.record(reserve, reserve.award(terms, command.decision, request))


class MakePayment(Command, frozen=True, kw_only=True):
    """Pay part or all of an award to its payee."""

    reserve: ReserveSlug
    award: AwardSlug
    payment: PaymentSlug
    shares: Shares
    paid_on: Day


@commands.handles("/reserves/{reserve}/awards/{award}/payments", roles=CLERK)
def make_payment(command: MakePayment, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.reserve)
    fact = reserve.pay(command.award, command.payment, command.shares, command.paid_on, _today(unit))
    unit.record(reserve, fact)


class ReleaseCommitment(Command, frozen=True, kw_only=True):
    """Release what was committed and will not be paid; it is free again."""

    reserve: ReserveSlug
    award: AwardSlug
    shares: Shares
    reason: Reason


@commands.handles("/reserves/{reserve}/awards/{award}/releases", roles=CLERK)
def release_commitment(command: ReleaseCommitment, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.reserve)
    unit.record(reserve, reserve.release(command.award, command.shares, command.reason))


class EstimateReturn(Command, frozen=True, kw_only=True):
    """Say that paid money will come back, and about how much; said again, it replaces what was said."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    payee: Payee
    """Who was paid, and says so."""
    estimate_pence: PositivePence
    wording: Annotated[Name, Meta(examples=["most of"])]
    """How the payee put it, for reports to repeat."""
    reason: Reason


@commands.handles("/reserves/{reserve}/awards/{award}/return-estimates", roles=CLERK_OR_PARTNER, acts_for="payee")
def estimate_return(command: EstimateReturn, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.reserve)
    fact = reserve.estimate_return(
        command.award,
        command.return_,
        payee=command.payee,
        estimate_pence=command.estimate_pence,
        wording=command.wording,
        reason=command.reason,
    )
    unit.record(reserve, fact)


class ReconcileReturn(Command, frozen=True, kw_only=True):
    """Record money that came back, to the penny; it lies apart until it is freed."""

    reserve: ReserveSlug
    award: AwardSlug
    return_: ReturnSlug = msgspec.field(name="return")
    shares: Shares
    """The exact amounts, back to the streams they came from."""
    returned_on: Day


@commands.handles("/reserves/{reserve}/awards/{award}/returns", roles=CLERK)
def reconcile_return(command: ReconcileReturn, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.reserve)
    fact = reserve.reconcile_return(command.award, command.return_, command.shares, command.returned_on, _today(unit))
    unit.record(reserve, fact)


class FreeReturnedFunds(Command, frozen=True, kw_only=True):
    """Free all money of a return for new use, by a decision."""

    reserve: ReserveSlug
    return_: ReturnSlug = msgspec.field(name="return")
    decision: DecisionSlug


@commands.handles("/reserves/{reserve}/freed-returns", roles=CLERK_OR_CHAIR)
def free_returned_funds(command: FreeReturnedFunds, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.reserve)
    unit.record(reserve, reserve.free_returned_funds(command.return_, command.decision))


class AwardByDecision(Command, frozen=True, kw_only=True):
    """Award what a meeting decided; where a rule forbids it, that is recorded instead, so that it shows."""

    terms: AwardTerms
    request: RequestSlug | None = None
    """The request the decision was about, if it was about one."""
    decision: DecisionSlug


@commands.handles(None)
def award_by_decision(command: AwardByDecision, unit: UnitOfWork) -> None:
    reserve = unit.existing(Reserve, command.terms.reserve)
    try:
        request = unit.existing(Request, command.request) if command.request else None
        awarded = reserve.award(command.terms, command.decision, request)
    except Refusal as refusal:
        unit.record(reserve, reserve.refuse_award(command.terms, command.decision, command.request, refusal))
    else:
        unit.record(reserve, awarded)


class DeferRequest(Command, frozen=True, kw_only=True):
    """Put a request off, as a meeting decided."""

    request: RequestSlug
    decision: DecisionSlug
    deferral: Deferral


@commands.handles(None)
def defer_request(command: DeferRequest, unit: UnitOfWork) -> None:
    request, met_by = _request(unit, command.request)
    unit.record(request, request.defer(command.decision, command.deferral, met_by))


class NoteRequest(Command, frozen=True, kw_only=True):
    """Note a request, as a meeting decided."""

    request: RequestSlug
    decision: DecisionSlug


@commands.handles(None)
def note_request(command: NoteRequest, unit: UnitOfWork) -> None:
    request, met_by = _request(unit, command.request)
    unit.record(request, request.note(command.decision, met_by))


class SeekOtherFunder(Command, frozen=True, kw_only=True):
    """Ask whether another funder can pay, as a meeting decided."""

    request: RequestSlug
    decision: DecisionSlug
    exploration: FunderExploration


@commands.handles(None)
def seek_other_funder(command: SeekOtherFunder, unit: UnitOfWork) -> None:
    request, met_by = _request(unit, command.request)
    unit.record(request, request.seek_other_funder(command.decision, command.exploration, met_by))


class DeclineRequest(Command, frozen=True, kw_only=True):
    """Decline a request, as a meeting decided."""

    request: RequestSlug
    decision: DecisionSlug
    reasons: Reason


@commands.handles(None)
def decline_request(command: DeclineRequest, unit: UnitOfWork) -> None:
    request, met_by = _request(unit, command.request)
    unit.record(request, request.decline(command.decision, command.reasons, met_by))


def _request(unit: UnitOfWork, slug: str) -> tuple[Request, str | None]:
    """A request and the award that met it, if one did. Raises ``Unknown``."""
    request = unit.existing(Request, slug)
    return request, unit.existing(Reserve, request.reserve).award_for(slug)


def _today(unit: UnitOfWork) -> dt.date:
    return day_of(unit.at.recorded_at)
