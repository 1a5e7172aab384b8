"""What clerks, chairs and partners ask of funding, and what it does when meetings have decided: what, where, who."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from services.funding.awards import domain as awards
from services.funding.awards.view import decided_view, decision_view
from services.funding.effects.domain import refuse_effect
from services.funding.requests import domain as requests
from services.funding.requests.domain import Request
from services.funding.reserve import Reserve
from services.funding.reserves import domain as reserves
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.roles import Role

CLERK = {Role.CLERK}
CLERK_OR_CHAIR = {Role.CLERK, Role.CHAIR}
CLERK_OR_PARTNER = {Role.CLERK, Role.PARTNER}
STREAM = "/reserves/{reserve}/streams/{stream}"
AWARD = "/reserves/{reserve}/awards/{award}"


def asked_for(unit: UnitOfWork, command: awards.AwardFunds, _: Any = None) -> awards.Asked:
    """The request that an award meets."""
    return awards.Asked(unit.load(Request, command.request) if command.request else None)


def decided_on(unit: UnitOfWork, command: awards.AwardFunds, _: Any = None) -> awards.Decided:
    """What the decision that an award names says, as far as funding has learnt."""
    key = {"partnership": unit.partnership, "decision": command.decision}
    outcomes = [row.outcome for row in unit.rows(select(decision_view).filter_by(**key))]
    decided = [dict(row._mapping) for row in unit.rows(select(decided_view).filter_by(**key))]
    # A decision may make several awards. One that it does not make differs from each of them: the first shows how.
    own = [terms for terms in decided if (terms["reserve"], terms["award"]) == (command.reserve, command.award)]
    terms = next(iter(own or decided), None)
    fields = awards.AwardFunds.__struct_fields__
    return awards.Decided(
        outcome=next(iter(outcomes), "") or "",
        terms=terms and {name: msgspec.to_builtins(value) for name, value in terms.items() if name in fields},
    )


commands = Commands("funding", Reserve, reserves.Contribution, Request, awards.Award)
commands.provides(awards.Asked, asked_for)
commands.provides(awards.Decided, decided_on)

commands.add(reserves.open_reserve, "/reserves", CLERK, creates=True)
commands.add(reserves.receive_stream, "/reserves/{reserve}/streams", CLERK)
commands.add(reserves.carry_funds_forward, f"{STREAM}/carry-forward", CLERK)
commands.add(reserves.claw_funds_back, f"{STREAM}/claw-back", CLERK)
commands.add(
    reserves.pay_contribution,
    "/reserves/{reserve}/contributions",
    CLERK_OR_PARTNER,
    creates=True,
    acts_for="organisation",
)

commands.add(requests.request_funds, "/requests", CLERK_OR_PARTNER, creates=True, acts_for="applicant")
commands.add(requests.reconsider_request, "/requests/{request}/reconsiderations", CLERK_OR_CHAIR)
commands.add(requests.pledge_match_funding, "/requests/{request}/match-funding", CLERK_OR_PARTNER, acts_for="funder")
commands.add(requests.defer_request)
commands.add(requests.note_request)
commands.add(requests.seek_other_funder)
commands.add(requests.decline_request)
commands.add(refuse_effect, creates=None)

commands.add(awards.award_funds, "/reserves/{reserve}/awards", CLERK_OR_CHAIR)
commands.add(awards.award_by_decision)
# An award's own history begins with what follows from it.
commands.add(awards.make_payment, f"{AWARD}/payments", CLERK, creates=None)
commands.add(awards.release_commitment, f"{AWARD}/releases", CLERK, creates=None)
commands.add(awards.estimate_return, f"{AWARD}/return-estimates", CLERK_OR_PARTNER, creates=None, acts_for="payee")
commands.add(awards.reconcile_return, f"{AWARD}/returns", CLERK, creates=None)
commands.add(awards.free_returned_funds, f"{AWARD}/freed-returns", CLERK_OR_CHAIR, creates=None)
