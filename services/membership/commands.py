"""What may be asked of membership: the decision, where, and who may ask."""

from __future__ import annotations

from services.membership.groups.domain import Group, form_group
from services.membership.officers.domain import elect_officer
from services.membership.organisations.domain import register_organisation
from services.membership.partnership.domain import establish_partnership
from services.membership.people.domain import RegisterPerson, SealedDetails, erase_person, register_person
from services.membership.people.keys import destroy_key, seal_new
from services.membership.seats.domain import create_seat, fill_seat, name_deputy, vacate_seat, withdraw_deputy
from services.membership.terms_of_reference.domain import adopt_terms_of_reference
from shared.runtime.deciding.commands import Commands
from shared.runtime.deciding.unit_of_work import UnitOfWork
from shared.values.roles import Role

CLERK = {Role.CLERK}
CLERK_OR_PARTNER = {Role.CLERK, Role.PARTNER}


def _sealed(unit: UnitOfWork, command: RegisterPerson, person: object) -> SealedDetails:
    return SealedDetails(*seal_new(unit, command.person, command.name, command.contact))


commands = Commands("membership", Group)
commands.provides(SealedDetails, _sealed)

commands.add(establish_partnership, "/partnership", CLERK, creates=True)
commands.add(register_organisation, "/organisations", CLERK, creates=True)
commands.add(register_person, "/people", CLERK_OR_PARTNER, creates=True, acts_for="organisation")
commands.add(
    erase_person, "/people/{person}/erasure", CLERK, also=lambda unit, command: destroy_key(unit, command.person)
)

commands.add(form_group, "/groups", CLERK, creates=True)
commands.add(adopt_terms_of_reference, "/groups/{group}/terms-of-reference", CLERK)
commands.add(elect_officer, "/groups/{group}/officers", CLERK)

SEAT = "/groups/{group}/seats/{seat}"
commands.add(create_seat, "/groups/{group}/seats", CLERK)
commands.add(fill_seat, SEAT + "/representative", CLERK_OR_PARTNER, acts_for="organisation")
commands.add(vacate_seat, SEAT + "/vacancy", CLERK)
commands.add(name_deputy, SEAT + "/deputies", CLERK_OR_PARTNER, acts_for="organisation")
commands.add(withdraw_deputy, SEAT + "/deputies/{person}/withdrawal", CLERK_OR_PARTNER, acts_for="organisation")
