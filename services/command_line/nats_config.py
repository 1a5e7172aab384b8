"""A configuration of nats-server in which every partner's organisation has an account of its own.

An account is a world of subjects: what is published in one is not heard in another, unless one exports it and the other
imports it. The platform's account has JetStream and exports to each organisation three things: the subjects on which it
may ask (``partners.<partnership>.<organisation>.*``), those to which it may publish (``submissions.…``), and those on
which it is answered (``answers.…``). So an organisation cannot speak as another, cannot hear another's answers, and has
no JetStream in its world that it could purge, change or delete: nothing of that rests on its being forbidden. Its
user's permissions say the same a second time.

Passwords are random and lie in a file of their own that the configuration includes; making it again keeps them.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shared.runtime.embedded.nats import MAX_PAYLOAD, USER
from shared.values.identifiers import Slug

PLATFORM = "PLATFORM"
"""How many organisations membership lists at once."""


class NoSuchPartner(Exception):
    """What was named is no organisation of a partnership."""


@dataclass(frozen=True, order=True)
class Partner:
    """An organisation whose system may connect."""

    partnership: str
    organisation: str

    @property
    def name(self) -> str:
        """Its account and its user: slugs have no dots, so that no two are alike."""
        return f"{self.partnership}.{self.organisation}"

    @classmethod
    def parse(cls, text: str) -> Partner:
        """``cannock-chase/police``. Raises ``NoSuchPartner``."""
        parts = text.strip().split("/")
        try:
            partnership, organisation = (msgspec.convert(part, Slug) for part in parts)
        except ValueError:  # msgspec's refusals are of this kind, too
            raise NoSuchPartner(f"{text!r} is not of the form partnership/organisation, in slugs.") from None
        return cls(partnership, organisation)


@dataclass(frozen=True)
class Server:
    """What of the server is the operator's to choose."""

    listen: str = "0.0.0.0:4222"
    monitor: str = "0.0.0.0:8222"
    store: str = "/data"
    name: str = "folkmoot"


def listed(lines: Iterable[str]) -> list[Partner]:
    """The partners of a file: one a line, empty lines and those that begin with # left out."""
    return [Partner.parse(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def write(partners: Sequence[Partner], path: Path, passwords: Path, server: Server) -> None:
    """Write both files; passwords that are there stay."""
    wanted = [USER, *(partner.name for partner in sorted(set(partners)))]
    known = read_passwords(passwords)
    kept = {name: known.get(name) or secrets.token_urlsafe(24) for name in wanted}
    text = "".join(f'{_variable(name)}: "{password}" # {name}\n' for name, password in kept.items())
    _write_secret(passwords, "# Secret. Give each organisation its own line, and nobody another's.\n" + text)
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
    """The text of the configuration; ``passwords`` is the file it includes, from where it lies itself."""
    lines = [
        "# NATS for Folkmoot and its partners, made by `folkmoot nats-config`. Make it again rather than edit it.",
        "# Passwords and tokens cross the network in clear: it has no TLS. Beyond a network of your own, lay a",
        "# tunnel, or include this file in one of yours that has a `tls` block.",
        "",
        f'include "{passwords}"',
        "",
        f'server_name: "{server.name}"',
        f'listen: "{server.listen}"',
        "# Monitoring: for the platform's own network.",
        f'http: "{server.monitor}"',
        f"max_payload: {MAX_PAYLOAD}",
        "",
        "jetstream {",
        f'  store_dir: "{server.store}"',
        "  # Written to disk before it is acknowledged. At the default, a power cut loses what was acknowledged.",
        "  sync_interval: always",
        "}",
        "",
        "accounts {",
        f"  {PLATFORM} {{",
        "    jetstream: enabled",
        f'    users: [{{ user: "{USER}", password: ${_variable(USER)} }}]',
        "    exports: [",
        *(line for partner in partners for line in _exports(partner)),
        "    ]",
        "  }",
        *(line for partner in partners for line in _account(partner)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _subjects(partner: Partner) -> tuple[str, str, str]:
    """Where it asks, where it publishes, where it is answered."""
    tail = f"{partner.partnership}.{partner.organisation}"
    return f"partners.{tail}.*", f"submissions.{tail}.>", f"answers.{tail}"


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
        "    users: [{",
        f'      user: "{partner.name}", password: ${_variable(partner.name)}',
        "      permissions: {",
        f'        publish: {{ allow: ["{requests}", "{submissions}"] }}',
        f'        subscribe: {{ allow: ["{answers}", "_INBOX.>"] }}',
        "      }",
        "    }]",
        "    imports: [",
        f'      {{ service: {{ account: {PLATFORM}, subject: "{requests}" }} }}',
        f'      {{ service: {{ account: {PLATFORM}, subject: "{submissions}" }} }}',
        f'      {{ stream: {{ account: {PLATFORM}, subject: "{answers}" }} }}',
        "    ]",
        "  }",
    ]


def _variable(name: str) -> str:
    # Slugs are in lower case, so that the dot's letter cannot be one of theirs.
    return "password_of_" + name.replace(".", "X").replace("-", "_")


def _write_secret(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
