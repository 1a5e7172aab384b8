"""Tokens from an organisation's own identity provider: OpenID Connect Discovery 1.0 and its published keys."""

from __future__ import annotations

import hashlib
import threading

import httpx2
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from shared.runtime.identity.principals import AUDIENCE, ClaimNames, NotAuthenticated, Reason

RETRY_PAUSE_S = 10.0
"""The least number of seconds between two fetches, so that tokens with invented key ids cannot flood the issuer."""

FRESH_S = 3600.0
"""Seconds after which the keys are fetched again even if none was missing, so that a withdrawn key is noticed."""

TIMEOUT_S = 5.0
"""Seconds a request to the issuer may take."""

_KEY_TYPES: dict[object, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}

log = structlog.get_logger()


class _Discovery(msgspec.Struct):
    issuer: str
    jwks_uri: str


class _KeySet(msgspec.Struct):
    keys: list[dict[str, object]]


class OpenIdIssuer:
    """An OIDC provider, known by its URL. An ``Issuer``; safe to call from several threads.

    Its keys are fetched for the first token, for a token with an unknown key, and every hour. While the provider does
    not answer, the keys it last published stay valid.
    """

    algorithms = frozenset({"EdDSA", "Ed25519", "ES256", "RS256"})

    def __init__(self, url: str, *, audience: str = AUDIENCE, claims: ClaimNames | None = None) -> None:
        """``url``: its issuer identifier, exactly as in ``iss``. ``claims``: the names of the claims in its tokens."""
        self.name = url
        self.audience = audience
        self.claims = claims or ClaimNames()
        self._keys: dict[str | None, Key] = {}
        self._fetched = self._tried = float("-inf")
        self._lock = threading.Lock()

    def key(self, kid: str | None, now: float) -> Key:
        """The published key with this id, fetched if necessary. Raises ``NotAuthenticated`` if there is none."""
        if now - self._fetched > FRESH_S:
            self._fetch(now)
        key = self._find(kid)
        if key is None:
            self._fetch(now)
            key = self._find(kid)
        if key is not None:
            return key
        if not self._keys:
            detail = f"{self.name} does not serve its keys, so its tokens cannot be checked: try again in a minute"
            raise NotAuthenticated(Reason.ISSUER_UNREACHABLE, detail)
        detail = f"the token was signed with a key that {self.name} does not publish: get a new one"
        raise NotAuthenticated(Reason.UNKNOWN_KEY, detail)

    def alias(self, sub: str) -> str:
        """20 hex digits as the pseudonym of the caller whom this issuer calls ``sub``.

        ``sub`` may be an e-mail address or contain a name, and another issuer may use it for someone else.
        """
        return hashlib.sha256(f"{self.name}\n{sub}".encode()).hexdigest()[:20]

    def _find(self, kid: str | None) -> Key | None:
        keys = self._keys
        if kid is None and len(keys) == 1:
            return next(iter(keys.values()))
        return keys.get(kid)

    def _fetch(self, now: float) -> None:
        with self._lock:
            if now - self._tried < RETRY_PAUSE_S:
                return
            self._tried = now
            try:
                self._keys = self._published()
                self._fetched = now
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
                log.warning("an issuer's keys could not be fetched", issuer=self.name, error=str(error))

    def _published(self) -> dict[str | None, Key]:
        with httpx2.Client(timeout=TIMEOUT_S) as http:
            address = self.name.rstrip("/") + "/.well-known/openid-configuration"
            discovery = msgspec.json.decode(http.get(address).raise_for_status().content, type=_Discovery)
            # Discovery §4.3: otherwise one issuer could hand out another's keys.
            if discovery.issuer != self.name:
                raise ValueError(f"{address} describes the issuer {discovery.issuer!r}, not {self.name!r}")
            if self.name.startswith("https:") and not discovery.jwks_uri.startswith("https:"):
                raise ValueError(f"{address} names keys without TLS: {discovery.jwks_uri!r}")
            content = http.get(discovery.jwks_uri).raise_for_status().content
        keys: dict[str | None, Key] = {}
        for published in msgspec.json.decode(content, type=_KeySet).keys:
            kid, use = published.get("kid"), published.get("use", "sig")
            key_type = _KEY_TYPES.get(published.get("kty"))
            if key_type is None or use != "sig" or not isinstance(kid, str | None):
                continue
            members: dict[str, str | list[str]] = {n: value for n, value in published.items() if isinstance(value, str)}
            try:
                keys[kid] = key_type.import_key(members)
            except (JoseError, ValueError):
                continue  # RFC 7517 §5: an unusable key does not affect the others.
        if not keys:
            raise ValueError(f"{discovery.jwks_uri} publishes no key that can check a signature")
        return keys
