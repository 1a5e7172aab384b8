"""Acting: runs what a service's reactions say about events, and records what a rule refused."""

from __future__ import annotations

import structlog

from shared.contracts.command import Asked
from shared.contracts.envelope import CloudEvent
from shared.runtime.deciding.answers import KeyReused
from shared.runtime.deciding.application import Application, TooBusy
from shared.runtime.deciding.reactions import Reactions
from shared.runtime.deciding.unit_of_work import Request
from shared.runtime.following.set_aside import Entry
from shared.runtime.identity.principals import Principal
from shared.values.refusals import Refusal
from shared.values.roles import Role

log = structlog.get_logger()


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

    def act(self, entries: list[Entry]) -> dict[int, Exception]:
        """Run what these events call for. Returns the positions of those that do not fit, and why.

        What a rule refuses is recorded. Raises if a command could not run now. Then act on the same entries again.
        """
        misfits: dict[int, Exception] = {}
        if self._application is not None:
            for position, _, envelope in entries:
                try:
                    commands = self._reactions.to(envelope)
                except Exception as error:  # whatever the event does to the making of a command
                    misfits[position] = error
                    continue
                for key, command in commands:
                    self._run(self._application, key, command, envelope)
        return misfits

    def _run(self, application: Application, key: str, command: Asked, envelope: CloudEvent) -> None:
        principal = Principal(
            subject=self._service,
            roles=frozenset({Role.SERVICE}),
            partnership=envelope.partnership,
            organisation=None,
        )
        traceparent = envelope.traceparent or None
        request = Request(principal, envelope.partnership, key, cause=envelope, traceparent=traceparent)
        try:
            application.execute(application.commands.declared[type(command)], command, request)
        except TooBusy:
            raise  # not refused by a rule, so read the page again
        except KeyReused:
            pass  # refused when this page was read before, which is recorded under the same key
        except Refusal as refusal:
            log.warning("reaction refused", service=self._service, event_id=envelope.id, rule=refusal.slug())
            note = self._reactions.refusal_of(envelope, refusal)
            application.execute(application.commands.declared[type(note)], note, request)
