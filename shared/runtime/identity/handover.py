"""Requests that one service hands another over NATS: sealed for that service, for a minute, for one use.

A service that hands over and its recipient share a secret of their own (``handover/<sender>/<recipient>`` in the
secrets). A request is sealed with it (AES-256-GCM) and bound to both, so nobody else on the bus can read it, change it,
make one, or send it on to another service. It says when it was made and has a random number: a service refuses it after
a minute, and refuses a number that it has seen. The answer is sealed with the same secret and bound to the request.

A service that has just started, or another process of it, has not seen the earlier numbers. The idempotency key in the
command covers that: what is handed over twice is recorded once.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from cachetools import TTLCache
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.contracts.bus_users import HANDS_OVER, senders_to
from shared.runtime.ground.clock import Clock
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.secret_files import Randomness, UnusableSecret, read_secret

LIFETIME_S = 60.0
"""Seconds for which a request is good. The clocks of sender and recipient may differ by as much."""
MAX_REMEMBERED = 1_000_000
"""Requests remembered within their lifetime: more than a service decides in that time."""
KEY_BYTES = 32
NUMBER_BYTES = 16
_NONCE_BYTES = 12
_VERSION = b"\x01"


class NotHandedOver(Exception):
    """A message is not a request for this service, or not the answer to it. The text says why, for the log."""


class HandoverKey:
    """The secret that a sender shares with one recipient."""

    def __init__(self, sender: str, recipient: str, secret: bytes, random: Randomness = os.urandom) -> None:
        self.sender = sender
        self._recipient = recipient
        self._cipher = AESGCM(secret)
        self._random = random

    def seal_request(self, body: bytes, clock: Clock) -> tuple[bytes, bytes]:
        """A request with this body, sealed; and its number, which opens the answer."""
        number = self._random(NUMBER_BYTES)
        content = msgspec.msgpack.encode((number, clock().timestamp(), body))
        return self._seal(b"request", content), number

    def open_request(self, sealed: bytes) -> tuple[bytes, float, bytes]:
        """A request's number, when it was made, and its body. Raises ``NotHandedOver``."""
        return msgspec.msgpack.decode(self._open(b"request", sealed), type=tuple[bytes, float, bytes])

    def seal_answer(self, number: bytes, body: bytes) -> bytes:
        """The answer to the request with this number, sealed."""
        return self._seal(b"answer" + number, body)

    def open_answer(self, number: bytes, sealed: bytes) -> bytes:
        """The answer's body. Raises ``NotHandedOver``."""
        return self._open(b"answer" + number, sealed)

    def _seal(self, purpose: bytes, content: bytes) -> bytes:
        nonce = self._random(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, content, self._bound(purpose))

    def _open(self, purpose: bytes, sealed: bytes) -> bytes:
        version, nonce, content = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if version == _VERSION:
                return self._cipher.decrypt(nonce, content, self._bound(purpose))
        except (InvalidTag, ValueError):
            pass
        raise NotHandedOver(f"it was not sealed for {self._recipient} and this purpose, or it was changed")

    def _bound(self, purpose: bytes) -> bytes:
        return f"folkmoot handover v1\n{self.sender}\n{self._recipient}\n".encode() + purpose


class Taken(NamedTuple):
    """A request that a service has taken."""

    key: HandoverKey
    number: bytes
    body: bytes

    @property
    def sender(self) -> str:
        """The service that handed it over."""
        return self.key.sender

    def answer(self, body: bytes) -> bytes:
        """The answer to it, sealed."""
        return self.key.seal_answer(self.number, body)


class HandoverEndpoint:
    """Where a service takes what was handed over. Each process has one."""

    def __init__(self, keys: Sequence[HandoverKey], clock: Clock) -> None:
        """``keys``: the secret shared with each sender."""
        self._keys = keys
        self._clock = clock
        self._seen: TTLCache[bytes, None] = TTLCache(MAX_REMEMBERED, 2 * LIFETIME_S, timer=lambda: clock().timestamp())

    def take(self, sealed: bytes) -> Taken:
        """A request, once. Raises ``NotHandedOver``."""
        key, number, made, body = self._open(sealed)
        age = self._clock().timestamp() - made
        if abs(age) > LIFETIME_S:
            raise NotHandedOver(f"it was made {age:.0f} s ago and is good for {LIFETIME_S:.0f} s: check both clocks")
        if number in self._seen:
            raise NotHandedOver("it was used before")
        self._seen[number] = None
        return Taken(key, number, body)

    def _open(self, sealed: bytes) -> tuple[HandoverKey, bytes, float, bytes]:
        *others, last = self._keys
        for key in others:
            with contextlib.suppress(NotHandedOver):
                return key, *key.open_request(sealed)
        return last, *last.open_request(sealed)


def keys_to_hand_over(settings: Settings, sender: str) -> dict[str, HandoverKey]:
    """The secret that a sender shares with each of its recipients. Raises ``UnusableSecret``."""
    return {recipient: handover_key_of(settings, sender, recipient) for recipient in HANDS_OVER[sender]}


def keys_to_take(settings: Settings, recipient: str) -> list[HandoverKey]:
    """The secret that a recipient shares with each of those who hand over to it. Raises ``UnusableSecret``."""
    return [handover_key_of(settings, sender, recipient) for sender in senders_to(recipient)]


def handover_key_of(settings: Settings, sender: str, recipient: str) -> HandoverKey:
    """The secret that these two share, created at first use. Raises ``UnusableSecret``."""
    path = settings.secrets / "handover" / sender / recipient
    secret = read_secret(path, lambda: os.urandom(KEY_BYTES).hex().encode() + b"\n")
    try:
        found = bytes.fromhex(secret.decode())
    except ValueError:
        found = b""
    if len(found) != KEY_BYTES:
        raise UnusableSecret(f"{path} must hold {KEY_BYTES} bytes in hexadecimal, like `openssl rand -hex {KEY_BYTES}`")
    return HandoverKey(sender, recipient, found)
