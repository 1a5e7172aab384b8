"""Where the commands of projects are declared, and who may send most of them."""

from __future__ import annotations

from shared.runtime.deciding.commands import Commands
from shared.values.roles import Role

commands = Commands("projects")

CLERK = {Role.CLERK}
CLERK_OR_PARTNER = {Role.CLERK, Role.PARTNER}
