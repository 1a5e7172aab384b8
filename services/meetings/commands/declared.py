"""Where the commands of meetings are declared, and who may send most of them."""

from __future__ import annotations

from shared.runtime.deciding.commands import Commands
from shared.values.roles import Role

commands = Commands("meetings")

CLERK_OR_CHAIR = {Role.CLERK, Role.CHAIR}
ANY_ORGANISATION = {Role.CLERK, Role.CHAIR, Role.PARTNER}
