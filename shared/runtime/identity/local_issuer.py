"""The platform's own issuer of tokens, for the embedded platform, the demo, and calls between services."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, OKPKey
from joserfc.jws import JWSRegistry

from shared.runtime.ground.clock import Clock, now
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.principals import AUDIENCE, ClaimNames, NotAuthenticated, Principal, Reason
from shared.runtime.identity.secret_files import Randomness, UnusableSecret, read_secret
from shared.values.roles import Role

NAME = "folkmoot-local"
ALGORITHM = "Ed25519"
"""EdDSA on Ed25519, by its name in RFC 9864. The older name ``EdDSA`` leaves the curve open and is deprecated."""

_REGISTRY = JWSRegistry(algorithms=[ALGORITHM])


class LocalIssuer:
    """Signs tokens with its own key, and is the ``Issuer`` by which a ``Verifier`` checks them."""

    name = NAME
    audience = AUDIENCE
    algorithms = frozenset({ALGORITHM})
    claims = ClaimNames()

    def __init__(self, key: OKPKey, clock: Clock, random: Randomness = os.urandom) -> None:
        """``key``: a private key, or a public one to check tokens without issuing them."""
        key.ensure_kid()
        self._key = key
        self._public = OKPKey.import_key(key.as_dict(private=False))
        self._clock = clock
        self._random = random

    @classmethod
    def open(cls, path: Path, clock: Clock, *, create: bool = True, random: Randomness = os.urandom) -> LocalIssuer:
        """The issuer whose key is the JWK (RFC 8037) in this file, such as ``<data>/secrets/issuer.jwk``.

        A missing file is created, unless ``create`` is False because it should have been mounted. A file with only the
        public part gives an issuer that verifies but cannot issue. Raises ``UnusableSecret``.
        """

        def make() -> bytes:
            private = Ed25519PrivateKey.from_private_bytes(random(32))
            key = OKPKey.import_key(private, {"alg": ALGORITHM, "use": "sig"})
            key.ensure_kid()
            return msgspec.json.encode(key.as_dict(private=True)) + b"\n"

        content = read_secret(path, make if create else None)
        try:
            key = OKPKey.import_key(msgspec.json.decode(content, type=dict[str, str | list[str]]))
            if key.curve_name != "Ed25519":
                raise ValueError(key.curve_name)
        except (JoseError, ValueError):
            raise UnusableSecret(f"{path} does not hold an Ed25519 key as a JWK (RFC 8037)") from None
        return cls(key, clock, random)

    def issue(
        self,
        *,
        roles: Collection[Role],
        subject: str,
        partnership: str | None = None,
        organisation: str | None = None,
        lifetime: dt.timedelta,
    ) -> str:
        """A token for ``subject``, valid from now for ``lifetime``. ``subject`` is an alias, never a person's name.

        Raises ``NotAuthenticated`` with the reason why every endpoint would refuse such a token, and ``ValueError`` if
        the lifetime is not positive or this issuer has no private key.
        """
        principal = Principal(subject, frozenset(roles), partnership, organisation)
        if lifetime <= dt.timedelta(0):
            raise ValueError(f"a token's lifetime must be positive, not {lifetime}")
        if not self._key.is_private:
            raise ValueError("this issuer has only its public key: issue tokens on the machine with its private key")
        # No "nbf": if a clock is set back, it must not shut out the holders of tokens issued before.
        now = int(self._clock().timestamp())
        claims = {
            "iss": self.name,
            "aud": self.audience,
            "sub": principal.subject,
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
            "jti": self._random(16).hex(),
            self.claims.roles: sorted(principal.roles),
        }
        if partnership is not None:
            claims[self.claims.partnership] = partnership
        if organisation is not None:
            claims[self.claims.organisation] = organisation
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, registry=_REGISTRY)

    def key(self, kid: str | None, now: float) -> Key:
        """The public key, for tokens that name it. Raises ``NotAuthenticated`` for tokens that name another."""
        if kid != self._public.kid:
            detail = "the token was not signed with this platform's key: get one issued here"
            raise NotAuthenticated(Reason.UNKNOWN_KEY, detail)
        return self._public

    def alias(self, sub: str) -> str:
        """``sub`` itself, because ``issue`` gives tokens to aliases only."""
        return sub


def issuer_of(settings: Settings, clock: Clock = now) -> LocalIssuer:
    """The local issuer of tokens. Its key is created at first use."""
    return LocalIssuer.open(settings.secrets / "issuer.jwk", clock)
