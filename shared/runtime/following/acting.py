"""Acting: runs what a service's reactions say about events, and keeps what a rule refused."""

from __future__ import annotations

import structlog
from sqlalchemy import BigInteger, Column, Table, Text

from shared.contracts.command import Asked
from shared.contracts.envelope import CloudEvent
from shared.runtime.deciding.application import Application, TooBusy
from shared.runtime.deciding.reactions import Reactions
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.following.set_aside import Entry
from shared.runtime.following.views import Views
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Refusal
from shared.values.roles import Role

log = structlog.get_logger()

Refused = dict[str, object]
"""A row of the table of refused reactions."""


def refused_reactions_table(views: Views) -> Table:
    """The table of reactions that a rule refused. They are never lost, and the service lists them for the clerk."""
    return Table(
        "refused_reaction",
        views.metadata,
        Column("key", Text, primary_key=True),
        Column("partnership", Text, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("event_id", Text, nullable=False),
        Column("command", Text, nullable=False),
        Column("rule", Text, nullable=False),
        Column("detail", Text, nullable=False),
    )


class Acting:
    """The reactions of one service. Without an application there are none."""

    def __init__(self, service: str, application: Application | None, reactions: Reactions) -> None:
        self._service = service
        self._application = application
        self._reactions = reactions

    @property
    def types(self) -> set[str]:
        """The types of the events that are acted on."""
        return set() if self._application is None else self._reactions.event_types

    def act(self, entries: list[Entry]) -> tuple[list[Refused], dict[int, Exception]]:
        """Run what these events call for. Returns what was refused, and the positions that do not fit, and why.

        Raises if a command could not run now. Then act on the same entries again.
        """
        refused: list[Refused] = []
        misfits: dict[int, Exception] = {}
        if self._application is not None:
            for position, _, envelope in entries:
                try:
                    commands = self._reactions.to(envelope)
                except Exception as error:  # whatever the event does to the making of a command
                    misfits[position] = error
                    continue
                for key, command in commands:
                    refusal = self._run(self._application, key, command, envelope)
                    if refusal:
                        refused.append({"position": position, **refusal})
        return refused, misfits

    def _run(self, application: Application, key: str, command: Asked, envelope: CloudEvent) -> Refused | None:
        principal = Principal(
            subject=self._service,
            roles=frozenset({Role.SERVICE}),
            partnership=envelope.partnership,
            organisation=None,
        )
        traceparent = envelope.traceparent or None
        request = Request(principal, envelope.partnership, key, cause=envelope, traceparent=traceparent)
        declared = application.commands.declared[type(command)]
        try:
            application.execute(declared, command, request)
        except TooBusy:
            raise  # not refused by a rule, so read the page again
        except Refusal as refusal:
            log.warning("reaction refused", service=self._service, event_id=envelope.id, rule=refusal.slug())
            return {
                "key": key,
                "partnership": envelope.partnership,
                "event_id": envelope.id,
                "command": declared.name,
                "rule": refusal.rule(),
                "detail": refusal.detail,
            }
        return None
