"""A configuration for nats-server: a user for each service, and an account for each partner organisation.

The services' users are in the platform's account, with the rights of ``shared.contracts.bus_users`` and no others.

An account is a separate space of subjects: messages in one account do not reach another, unless one exports a subject
and the other imports it. The platform's account has JetStream. It exports three things to each organisation: subjects
for requests (``partners.<partnership>.<organisation>.*``), for submissions (``submissions.…``) and for answers
(``answers.…``). So an organisation cannot act as another or hear another's answers, and its account has no JetStream
that it could purge, change or delete. None of this depends on a prohibition. The permissions of its user repeat it.

Passwords are random. The services' are in the secrets, a file for each (``nats/<service>``). The configuration includes
a separate file that has all of them; writing it again keeps them.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from services.command_line.environment import CommandFailed
from shared.contracts.bus_users import ADMIN, DEMO, SERVICES, USERS, Rights, partner_rights
from shared.runtime.embedded.nats import MAX_FILE_STORE, MAX_PAYLOAD
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.bus_passwords import bus_password_of
from shared.values.identifiers import Slug

PLATFORM = "PLATFORM"
"""The platform's own account."""


class NoSuchPartner(CommandFailed):
    """The text does not name an organisation of a partnership."""


@dataclass(frozen=True, order=True)
class Partner:
    """An organisation whose system may connect."""

    partnership: str
    organisation: str

    @property
    def name(self) -> str:
        """The name of its account and its user. Slugs have no dots, so names are unique."""
        return f"{self.partnership}.{self.organisation}"

    @classmethod
    def parse(cls, text: str) -> Partner:
        """``cannock-chase/police``. Raises ``NoSuchPartner``."""
        parts = text.strip().split("/")
        try:
            partnership, organisation = (msgspec.convert(part, Slug) for part in parts)
        except ValueError:  # msgspec's errors are ValueErrors too
            raise NoSuchPartner(f"{text!r} does not have the form partnership/organisation, with two slugs.") from None
        return cls(partnership, organisation)


@dataclass(frozen=True)
class Server:
    """The server settings that the operator chooses."""

    listen: str = "0.0.0.0:4222"
    monitor: str = "0.0.0.0:8222"
    store: str = "/data"
    certificate: str = ""
    """Path of its TLS certificate on the server; empty for no TLS."""
    key: str = ""
    """Path of that certificate's key on the server."""
    demo: bool = False
    """Whether there is a user that plays partners' systems."""
    name: str = "folkmoot"

    @property
    def users(self) -> list[str]:
        """The users of the platform's account."""
        return [ADMIN, *SERVICES, *([DEMO] if self.demo else [])]


def listed(lines: Iterable[str]) -> list[Partner]:
    """The partners in a file: one on each line. Skips empty lines and lines that begin with #."""
    return [Partner.parse(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def write(settings: Settings, partners: Sequence[Partner], path: Path, passwords: Path, server: Server) -> None:
    """Write both files, and the services' passwords among the secrets. Existing passwords stay."""
    known = read_passwords(passwords)
    kept = {user: bus_password_of(settings, user, create=True) for user in server.users}
    for partner in sorted(set(partners)):
        kept[partner.name] = known.get(partner.name) or secrets.token_urlsafe(24)
    text = "".join(f'{_variable(name)}: "{password}" # {name}\n' for name, password in kept.items())
    for directory in (path.parent, passwords.parent):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_secret(passwords, "# Secret. Give each organisation only its own line.\n" + text)
    included = os.path.relpath(passwords, path.parent)
    path.write_text(configuration(sorted(set(partners)), included, server), encoding="utf-8")


def read_passwords(path: Path) -> Mapping[str, str]:
    """The passwords of a file, by user."""
    if not path.exists():
        return {}
    return {
        found[2]: found[1]
        for line in path.read_text(encoding="utf-8").splitlines()
        if (found := re.fullmatch(r'\w+: "([^"]*)" # (.+)', line))
    }


def configuration(partners: Sequence[Partner], passwords: str, server: Server) -> str:
    """The text of the configuration. ``passwords`` is the path of the file it includes, relative to itself."""
    lines = [
        "# NATS for Folkmoot and its partners, written by `folkmoot nats-config`. Do not edit it: write it again.",
        *_warning(server),
        "",
        f'include "{passwords}"',
        "",
        f'server_name: "{server.name}"',
        f'listen: "{server.listen}"',
        "# Monitoring: for the platform's own network.",
        f'http: "{server.monitor}"',
        f"max_payload: {MAX_PAYLOAD}",
        *_tls(server),
        "",
        "jetstream {",
        f'  store_dir: "{server.store}"',
        "  # Write to disk before acknowledging. With the default, a power cut loses acknowledged messages.",
        "  sync_interval: always",
        f"  max_file_store: {MAX_FILE_STORE}",
        "}",
        "",
        "accounts {",
        f"  {PLATFORM} {{",
        "    jetstream: enabled",
        "    users: [",
        *(_user(user, USERS[user]) for user in server.users),
        "    ]",
        "    exports: [",
        *(line for partner in partners for line in _exports(partner)),
        "    ]",
        "  }",
        *(line for partner in partners for line in _account(partner)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _warning(server: Server) -> list[str]:
    if server.certificate:
        return []
    return [
        "# It has no TLS, so passwords, partners' tokens and partners' events cross the network unencrypted. If any",
        "# partner connects from outside your own network, write it again with --tls-certificate and --tls-key.",
    ]


def _tls(server: Server) -> list[str]:
    if not server.certificate:
        return []
    return ["tls {", f'  cert_file: "{server.certificate}"', f'  key_file: "{server.key}"', "}"]


def _user(user: str, rights: Rights) -> str:
    permissions = json.dumps(rights.as_permissions())
    return f'      {{ user: "{user}", password: ${_variable(user)}, permissions: {permissions} }}'


def _subjects(partner: Partner) -> tuple[str, str, str]:
    """The subjects for its requests, its submissions and its answers."""
    rights = partner_rights(partner.partnership, partner.organisation)
    requests, submissions = rights.publish
    answers, _ = rights.subscribe
    return requests, submissions, answers


def _exports(partner: Partner) -> list[str]:
    requests, submissions, answers = _subjects(partner)
    only = f'accounts: ["{partner.name}"]'
    return [
        f'      {{ service: "{requests}", {only} }}',
        f'      {{ service: "{submissions}", {only} }}',
        f'      {{ stream: "{answers}", {only} }}',
    ]


def _account(partner: Partner) -> list[str]:
    requests, submissions, answers = _subjects(partner)
    return [
        f'  "{partner.name}" {{',
        "    users: [",
        _user(partner.name, partner_rights(partner.partnership, partner.organisation)),
        "    ]",
        "    imports: [",
        f'      {{ service: {{ account: {PLATFORM}, subject: "{requests}" }} }}',
        f'      {{ service: {{ account: {PLATFORM}, subject: "{submissions}" }} }}',
        f'      {{ stream: {{ account: {PLATFORM}, subject: "{answers}" }} }}',
        "    ]",
        "  }",
    ]


def _variable(name: str) -> str:
    # Slugs are in lower case, so X can stand for the dot.
    return "password_of_" + name.replace(".", "X").replace("-", "_")


def _write_secret(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
