"""The passwords of the bus's users: random, and each in a file of its own, so that a service can be given only its own.

``folkmoot nats-config`` makes the files (``nats/<user>`` in the secrets) and puts the same passwords into the server's
configuration. The embedded platform makes them at its first start.
"""

from __future__ import annotations

import secrets

from shared.runtime.ground.settings import Settings
from shared.runtime.identity.secret_files import UnusableSecret, read_secret


def bus_password_of(settings: Settings, user: str, *, create: bool = False) -> str:
    """A user's password. ``create`` makes a missing one. Raises ``UnusableSecret``."""

    def make() -> bytes:
        return f"{secrets.token_urlsafe(24)}\n".encode()

    path = settings.secrets / "nats" / user
    if not create and not path.exists():
        raise UnusableSecret(
            f"there is no password of the NATS user {user} at {path}: `folkmoot nats-config` makes it, together with"
            " the server's configuration"
        )
    return read_secret(path, make).decode().strip()
