"""The matrix of users and subjects on the bus: what a server lets a user do, and what the user's rights say of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from nats.aio.client import Client

from services import catalogue
from shared.contracts.bus_users import USERS, commands_subject, resend_subject

STREAM_CALLS = ("CREATE", "UPDATE", "DELETE", "PURGE", "MSG.DELETE", "MSG.GET", "INFO", "SNAPSHOT", "RESTORE")
SUBJECTS = sorted(
    {
        *(f"events.area.{service}.something_happened.v1" for service in catalogue.NAMES),
        *(resend_subject(service) for service in catalogue.NAMES),
        *(commands_subject(service) for service in catalogue.NAMES),
        *(f"_INBOX_{user}.abc.1" for user in USERS),
        *(f"$JS.API.STREAM.{call}.{stream}" for call in STREAM_CALLS for stream in ("EVENTS", "PARTNERS", "MINE")),
        *(
            f"$JS.API.CONSUMER.{call}.{consumer}"
            for call in ("CREATE", "DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT", "RESET", "PAUSE")
            for consumer in ("EVENTS.ledger", "EVENTS.mine", "PARTNERS.area_police")
        ),
        "$JS.ACK.EVENTS.ledger.1.2.3.4.5",
        "$JS.ACK.EVENTS.mine.1.2.3.4.5",
        "$JS.ACK.PARTNERS.area_police.1.2.3.4.5",
        "$JS.API.INFO",
        "$JS.API.STREAM.NAMES",
        "$SYS.REQ.SERVER.PING",
        "partners.area.police.projects",
        "submissions.area.police.projects",
        "answers.area.police",
        "_INBOX.abc.1",
        "_R_.abc.1",
        "anything.else",
    }
)
WILDCARDS = (">", "events.>", "commands.*", "sources.>", "_INBOX_ledger.>", "_INBOX_partners.>", "$JS.>", "answers.>")


def allows(rights: Iterable[str], subject: str) -> bool:
    """Whether one of these rights covers a subject, which may have wildcards itself."""
    return any(covers(right.split("."), subject.split(".")) for right in rights)


def covers(right: list[str], subject: list[str]) -> bool:
    for mine, wanted in itertools.zip_longest(right, subject):
        if mine == ">":
            return wanted is not None
        if wanted is None or wanted == ">" or mine is None or (mine != wanted and mine != "*"):
            return False
    return True


class Tried:
    """A user's connection, and what the server has refused it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.refused: list[str] = []
        self.bus = Client()

    async def __aenter__(self) -> Tried:
        await self.bus.connect(self._url, error_cb=self._hear, allow_reconnect=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.bus.close()

    async def _hear(self, error: Exception) -> None:
        self.refused.append(str(error).lower())

    async def may_publish(self, subjects: Iterable[str]) -> set[str]:
        """Which of the subjects the server lets it publish to."""
        for subject in subjects:
            await self.bus.publish(subject, b"")
        return await self._not_refused(subjects)

    async def may_subscribe(self, subjects: Iterable[str]) -> set[str]:
        """Which of the subjects the server lets it listen to."""
        for subject in subjects:
            await self.bus.subscribe(subject)
        return await self._not_refused(subjects)

    async def _not_refused(self, subjects: Iterable[str]) -> set[str]:
        # nats-py sends its first ping before what it still holds back. The server answers the second one last.
        for _ in range(2):
            await self.bus.flush()
        refused, self.refused = set(self.refused), []
        return {subject for subject in subjects if not any(f'"{subject.lower()}"' in error for error in refused)}
