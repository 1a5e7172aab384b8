"""Who may publish and receive what on the bus: each service has its own NATS user, with the rights in this table.

A right is a subject, perhaps with NATS's wildcards. A user has no other right than those listed. Only ``ADMIN`` may
create or change streams and consumers; ``folkmoot migrate`` uses it, and the embedded platform. Partners' systems have
accounts of their own (``folkmoot nats-config``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.envelope import STREAM

DECIDING = ("membership", "meetings", "funding", "projects")
"""The services that decide what happens in a partnership."""
SOURCES = (*DECIDING, "partners")
"""The services that record events."""
HANDS_OVER: Mapping[str, tuple[str, ...]] = {"partners": DECIDING, "reporting": ("meetings",)}
"""Which services hand commands over to which: what partners' systems send, and the issue of an update."""
ADMIN = "admin"
"""The user that makes streams and consumers."""
DEMO = "demo"
"""A user that may act for every partner organisation, for the demo and for trials. A token is still needed."""

CONSUMER = "ledger"
"""The ledger's consumer of the stream ``EVENTS``."""
SUBMISSIONS_STREAM = "PARTNERS"
REQUESTS = "partners.*.*.*"
"""Where partners' systems ask: partnership, organisation, service."""
SUBMISSIONS = "submissions.*.*.*"
"""Where they publish to the stream ``PARTNERS``."""
ANSWERS = "answers.*.*"
"""Where they hear the answers to what they published."""
PARTNERS_INBOXES = ("_INBOX.>", "_R_.>")
"""Where partners' systems wait for replies: in the platform's own account, and from an account of their own."""


@dataclass(frozen=True)
class Rights:
    """What a user may do."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()

    def as_permissions(self) -> dict[str, object]:
        """The same as nats-server reads it, in JSON."""
        # Without an allowed subject, nats-server allows all.
        return {
            "publish": {"allow": list(self.publish)} if self.publish else {"deny": [">"]},
            "subscribe": {"allow": list(self.subscribe)} if self.subscribe else {"deny": [">"]},
        }


def resend_subject(service: str) -> str:
    """Where a source answers requests to send its events again."""
    return f"sources.{service}.resend"


def commands_subject(service: str) -> str:
    """Where a service takes the commands that it is handed."""
    return f"commands.{service}"


def senders_to(service: str) -> tuple[str, ...]:
    """Who hands commands over to a service."""
    return tuple(sender for sender, services in HANDS_OVER.items() if service in services)


def inbox_prefix(user: str) -> str:
    """Where a user's replies arrive. Nobody else may listen there."""
    return f"_INBOX_{user}"


def _inboxes(user: str) -> str:
    return f"{inbox_prefix(user)}.>"


def _source(service: str) -> Rights:
    """Publish its own events; answer the ledger."""
    return Rights(
        publish=(f"events.*.{service}.>", _inboxes("ledger")),
        subscribe=(resend_subject(service), _inboxes(service)),
    )


def _deciding(service: str) -> Rights:
    """Answer those who hand commands over, as well."""
    source = _source(service)
    return Rights(
        publish=(*source.publish, *(_inboxes(sender) for sender in senders_to(service))),
        subscribe=(*source.subscribe, commands_subject(service)),
    )


def _handing_over(sender: str) -> tuple[str, ...]:
    return tuple(commands_subject(service) for service in HANDS_OVER[sender])


def _partners() -> Rights:
    """Serve partners' systems, hand their commands over, and read the stream of their submissions.

    It makes consumers of that stream, one for each organisation as it appears. They read, and change nothing.
    """
    source = _source("partners")
    api = "$JS.API"
    return Rights(
        publish=(
            *source.publish,
            *_handing_over("partners"),
            ANSWERS,
            *PARTNERS_INBOXES,
            f"{api}.STREAM.INFO.{SUBMISSIONS_STREAM}",
            f"{api}.CONSUMER.DURABLE.CREATE.{SUBMISSIONS_STREAM}.*",
            f"{api}.CONSUMER.MSG.NEXT.{SUBMISSIONS_STREAM}.*",
            f"$JS.ACK.{SUBMISSIONS_STREAM}.>",
        ),
        subscribe=(*source.subscribe, REQUESTS, SUBMISSIONS),
    )


def _ledger() -> Rights:
    """Read its consumer, and ask the sources."""
    return Rights(
        publish=(
            *(resend_subject(service) for service in SOURCES),
            f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{CONSUMER}",
            f"$JS.API.CONSUMER.INFO.{STREAM}.{CONSUMER}",
            f"$JS.API.CONSUMER.RESET.{STREAM}.{CONSUMER}",
            f"$JS.ACK.{STREAM}.{CONSUMER}.>",
        ),
        subscribe=(_inboxes("ledger"),),
    )


def _reporting() -> Rights:
    """Hand meetings the issue of an update."""
    return Rights(publish=_handing_over("reporting"), subscribe=(_inboxes("reporting"),))


SERVICES: Mapping[str, Rights] = {
    **{service: _deciding(service) for service in DECIDING},
    "partners": _partners(),
    "ledger": _ledger(),
    "reporting": _reporting(),
}
"""The services' users."""

TRIAL = Rights(publish=(REQUESTS, SUBMISSIONS), subscribe=(ANSWERS, "_INBOX.>"))
"""The rights of ``DEMO``."""


def partner_rights(partnership: str, organisation: str) -> Rights:
    """The rights of an organisation's user in its own account: ask and publish as itself, hear its own answers."""
    own = f"{partnership}.{organisation}"
    return Rights(publish=(f"partners.{own}.*", f"submissions.{own}.*"), subscribe=(f"answers.{own}", "_INBOX.>"))


USERS: Mapping[str, Rights] = {ADMIN: Rights((">",), (">",)), **SERVICES, DEMO: TRIAL}
"""All users of the platform's own account."""
