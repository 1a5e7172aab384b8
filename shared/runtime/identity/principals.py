"""Authentication: roles, the principal of a token, and the verifier that every endpoint asks.

An endpoint (HTTP, gRPC, NATS) gives the verifier a bearer token and gets a ``Principal``, or ``NotAuthenticated`` with
a reason. Tokens come from ``local_issuer.py`` (this platform's own issuer) and ``openid.py`` (an organisation's OIDC
provider). Tokens are JWTs (RFC 7519), checked as RFC 8725 recommends.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import anyio.to_thread
import msgspec
from cachetools import TTLCache
from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from shared.runtime.ground.clock import Clock
from shared.values.identifiers import Slug
from shared.values.roles import Role

AUDIENCE = "folkmoot"
"""The ``aud`` that a token must name: it was issued for this platform and not for another service."""

MAX_CHARACTERS = 16_384
"""A longer token is refused unread."""

LEEWAY_S = 30
"""Seconds by which the clocks of issuer and platform may differ."""

MAX_MEMORY_S = 900.0
"""Seconds after which a valid token is verified again, because its issuer may have withdrawn the key."""


EVERYWHERE = frozenset({Role.AUDITOR, Role.OPERATOR, Role.SERVICE})
"""Roles that can be for every partnership at once. With any other role, a token must name its partnership."""


class Reason(StrEnum):
    """Why a caller is not authenticated."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNKNOWN_ISSUER = "unknown issuer"
    ISSUER_UNREACHABLE = "issuer unreachable"
    FORBIDDEN_ALGORITHM = "forbidden algorithm"
    UNKNOWN_KEY = "unknown key"
    BAD_SIGNATURE = "bad signature"
    WRONG_AUDIENCE = "wrong audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    NO_ROLE = "no role"
    NO_PARTNERSHIP = "no partnership"
    NO_ORGANISATION = "no organisation"


class NotAuthenticated(Exception):
    """The caller is not known: HTTP 401 with ``challenge()``, gRPC ``UNAUTHENTICATED``."""

    def __init__(self, reason: Reason, detail: str) -> None:
        """``detail`` says what is wrong with the token and what to do. It never repeats the token."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def challenge(self) -> str:
        """The value of ``WWW-Authenticate`` (RFC 6750 §3: printable ASCII without quotes and backslashes)."""
        if self.reason is Reason.MISSING:
            return 'Bearer realm="folkmoot"'
        described = "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in str(self))
        return f'Bearer realm="folkmoot", error="invalid_token", error_description="{described}"'


@dataclass(frozen=True)
class Principal:
    """The caller who holds a token. Raises ``NotAuthenticated`` if the roles do not allow the scope."""

    subject: str
    """The issuer's alias or pseudonym for the caller. Never a name, because events keep it permanently."""
    roles: frozenset[Role]
    partnership: str | None
    """The partnership they may act in; None for every partnership (only with the roles in ``EVERYWHERE``)."""
    organisation: str | None
    """The organisation they act for. A partner always has one."""

    def __post_init__(self) -> None:
        if not self.roles:
            known = ", ".join(Role)
            raise NotAuthenticated(Reason.NO_ROLE, f"the token has none of the roles {known}: ask its issuer")
        if self.partnership is None and not self.roles <= EVERYWHERE:
            roles = ", ".join(sorted(self.roles - EVERYWHERE))
            detail = f"a token with the role {roles} must name its partnership: get one that does"
            raise NotAuthenticated(Reason.NO_PARTNERSHIP, detail)
        if self.organisation is None and Role.PARTNER in self.roles:
            detail = "a partner's token must name its organisation: get one that does"
            raise NotAuthenticated(Reason.NO_ORGANISATION, detail)
        for name in ("subject", "partnership", "organisation"):
            value = getattr(self, name)
            if value is not None and not _is_slug(value):
                detail = f"the token's {name} must have only lower-case letters, digits and inner hyphens"
                raise NotAuthenticated(Reason.MALFORMED, detail)

    @property
    def actor(self) -> str:
        """The caller's name in events: ``clerk:c-1`` by subject, ``partner:police`` by organisation."""
        role = next(role for role in Role if role in self.roles)
        return f"{role}:{self.organisation if role is Role.PARTNER else self.subject}"


@dataclass(frozen=True)
class ClaimNames:
    """The names of a token's claims. A name that is not itself a claim is a path: ``realm_access.roles``."""

    roles: str = "roles"
    """A list of role names, or one text with spaces between them. Names that are not our roles are ignored."""
    partnership: str = "partnership"
    organisation: str = "organisation"


class Issuer(Protocol):
    """An issuer whose tokens are accepted."""

    @property
    def name(self) -> str:
        """The ``iss`` of its tokens."""

    @property
    def audience(self) -> str:
        """The ``aud`` its tokens must name."""

    @property
    def algorithms(self) -> frozenset[str]:
        """The signature algorithms accepted from it: never ``none``, never a shared secret."""

    @property
    def claims(self) -> ClaimNames:
        """The names of the claims in its tokens."""

    def key(self, kid: str | None, now: float) -> Key:
        """Its public key with this id. Raises ``NotAuthenticated``."""

    def alias(self, sub: str) -> str:
        """The ``subject`` of a principal whom this issuer calls ``sub``."""


class Verifier:
    """Turns bearer tokens into principals. Each process has one. Safe to call from several threads."""

    def __init__(self, issuers: Iterable[Issuer], clock: Clock, *, remember: int = 4096) -> None:
        """``remember``: the number of verified tokens kept, by their hash, so that the next request is cheap."""
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._clock = clock
        self._remembered: TTLCache[bytes, tuple[Principal, float]] = TTLCache(
            remember, MAX_MEMORY_S, timer=lambda: clock().timestamp()
        )
        self._lock = threading.Lock()

    def authenticate(self, token: str | None, at: dt.datetime | None = None) -> Principal:
        """The holder of this token (given without the word Bearer). Raises ``NotAuthenticated``.

        ``at``: when the token was shown, if not now, because a message that waited is as good as when it was sent.
        The first token from an OIDC issuer, or with a new key, waits until the keys are fetched.
        """
        if not token:
            raise NotAuthenticated(Reason.MISSING, "send an access token: Authorization: Bearer …")
        now = self._shown(at)
        principal = self._recall(token, now)
        if principal is None:
            principal, expires = self._verify(token, now)
            with self._lock:
                self._remembered[_fingerprint(token)] = (principal, expires)
        return principal

    def remembered(self, token: str) -> Principal | None:
        """The holder of a token that was verified before and is still valid; None means that it must be verified."""
        return self._recall(token, self._shown(None))

    async def authenticate_async(self, token: str | None, at: dt.datetime | None = None) -> Principal:
        """The same for an event loop: a token seen for the first time is verified in a thread."""
        if token:
            principal = self._recall(token, self._shown(at))
            if principal is not None:
                return principal
        return await anyio.to_thread.run_sync(self.authenticate, token, at)

    def _shown(self, at: dt.datetime | None) -> float:
        now = self._clock().timestamp()
        return now if at is None else min(at.timestamp(), now)

    def _recall(self, token: str, now: float) -> Principal | None:
        with self._lock:
            remembered = self._remembered.get(_fingerprint(token))
        return remembered[0] if remembered and now < remembered[1] else None

    def _verify(self, token: str, now: float) -> tuple[Principal, float]:
        header, name = _unverified(token)
        issuer = self._issuers.get(name)
        if issuer is None:
            trusted = ", ".join(self._issuers) or "none"
            detail = f"tokens from {name[:100]!r} are not accepted here; accepted issuers: {trusted}"
            raise NotAuthenticated(Reason.UNKNOWN_ISSUER, detail)
        if header.alg not in issuer.algorithms:
            accepted = ", ".join(sorted(issuer.algorithms))
            detail = f"the token is signed with {header.alg[:20]!r}; accepted from its issuer: {accepted}"
            raise NotAuthenticated(Reason.FORBIDDEN_ALGORITHM, detail)
        claims = _signed_claims(token, issuer.key(header.kid, now), header.alg)
        _check_audience_and_time(claims, issuer.audience, now)
        return _principal(claims, issuer), claims["exp"]


class _Header(msgspec.Struct):
    alg: str
    kid: str | None = None


class _Payload(msgspec.Struct):
    iss: str


def _unverified(token: str) -> tuple[_Header, str]:
    """A token's claimed header and issuer, which are only good for choosing the key that will prove them."""
    if len(token) > MAX_CHARACTERS:
        detail = f"the token has {len(token)} characters; the most is {MAX_CHARACTERS}"
        raise NotAuthenticated(Reason.MALFORMED, detail)
    try:
        header, payload = (urlsafe_b64decode(part.encode("ascii")) for part in token.split(".")[:2])
        return msgspec.json.decode(header, type=_Header), msgspec.json.decode(payload, type=_Payload).iss
    except (ValueError, RecursionError):  # includes what base64, ASCII and msgspec raise
        raise NotAuthenticated(Reason.MALFORMED, "the token is not a signed JSON Web Token: get a new one") from None


def _signed_claims(token: str, key: Key, algorithm: str) -> dict[str, Any]:
    # Unknown headers are ignored, as RFC 7515 §4 requires. Unknown headers marked critical are still refused.
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        return jwt.decode(token, key, registry=registry).claims
    except BadSignatureError:
        detail = "the token was changed, or its issuer did not sign it: get a new one"
        raise NotAuthenticated(Reason.BAD_SIGNATURE, detail) from None
    except (JoseError, ValueError, RecursionError) as error:
        raise NotAuthenticated(Reason.MALFORMED, f"the token cannot be read ({type(error).__name__})") from None


def _check_audience_and_time(claims: dict[str, Any], audience: str, now: float) -> None:
    registry = JWTClaimsRegistry(
        int(now), LEEWAY_S, aud={"essential": True, "value": audience}, exp={"essential": True}, nbf={}
    )
    try:
        # In this order, and without "iat": if the platform's clock is set back, it must not shut everyone out.
        registry.validate({name: claims[name] for name in ("aud", "exp", "nbf") if claims.get(name) is not None})
    except ExpiredTokenError:
        detail = f"the token expired {math.ceil(now - claims['exp'])} seconds ago: get a new one"
        raise NotAuthenticated(Reason.EXPIRED, detail) from None
    except ClaimError as error:
        if "aud" in error.claim:
            detail = f"the token was not issued for {audience!r}: ask its issuer for one with that audience"
            raise NotAuthenticated(Reason.WRONG_AUDIENCE, detail) from None
        if error.claim == "nbf" and isinstance(claims["nbf"], int | float) and claims["nbf"] > now:
            detail = f"the token becomes valid in {math.ceil(claims['nbf'] - now)} seconds: wait, or check both clocks"
            raise NotAuthenticated(Reason.NOT_YET_VALID, detail) from None
        raise NotAuthenticated(Reason.MALFORMED, f"the token's {error.claim!r} must be a number of seconds") from None


def _principal(claims: dict[str, Any], issuer: Issuer) -> Principal:
    sub = claims.get("sub")
    if not isinstance(sub, str) or not sub:
        raise NotAuthenticated(Reason.MALFORMED, "the token has no subject (sub)")
    names = _claim(claims, issuer.claims.roles)
    if isinstance(names, str):
        names = names.split()
    roles = frozenset(role for role in Role if isinstance(names, list) and role.value in names)
    # Principal refuses anything but a slug. An empty text does not mean "none", or a claim that lost its value would
    # give access to every partnership.
    partnership = _claim(claims, issuer.claims.partnership)
    return Principal(issuer.alias(sub), roles, partnership, _claim(claims, issuer.claims.organisation))


def _claim(claims: dict[str, Any], name: str) -> Any:
    if name in claims:
        return claims[name]
    value: Any = claims
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _fingerprint(token: str) -> bytes:
    # A genuine token is ASCII without "?", so a replaced character never makes another token look like one.
    return hashlib.sha256(token.encode("ascii", "replace")).digest()


def _is_slug(value: str) -> bool:
    try:
        msgspec.convert(value, Slug)
    except msgspec.ValidationError:
        return False
    return True
