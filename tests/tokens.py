"""Tokens for tests: a clock that does not move by itself, an OIDC provider over real HTTP, and altered tokens."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import http.server
import json
import threading
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from shared.runtime.identity.local_issuer import LocalIssuer
from shared.runtime.identity.principals import NotAuthenticated, Reason, Verifier
from shared.values.roles import Role

HOUR = dt.timedelta(hours=1)


@functools.cache
def rsa_key(kid: str) -> RSAKey:
    """One key for all tests, because making one takes long."""
    return RSAKey.generate_key(2048, {"kid": kid})


class HandClock:
    """A clock that does not move until the test moves it."""

    def __init__(self) -> None:
        self.time = dt.datetime(2014, 11, 24, 10, 0, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.time

    def move_on(self, seconds: float) -> None:
        self.time += dt.timedelta(seconds=seconds)


class Provider:
    """A small OIDC provider: a real HTTP server that publishes keys and signs any token."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.keys: list[RSAKey | ECKey | OKPKey] = [rsa_key("first")]
        self.fetched: list[str] = []
        self.broken = False
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.fetched.append(self.path)
                documents: dict[str, dict[str, Any]] = {
                    "/.well-known/openid-configuration": {"issuer": provider.says, "jwks_uri": f"{provider.url}/keys"},
                    "/keys": {"keys": [key.as_dict(private=False) for key in provider.keys] + provider.also},
                }
                self.send_response(500 if provider.broken else 200)
                self.end_headers()
                self.wfile.write(json.dumps(documents[self.path]).encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = self.says = f"http://127.0.0.1:{self.server.server_port}"
        self.also: list[dict[str, Any]] = []
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def issue(
        self,
        alg: str = "RS256",
        key: Any = None,
        kid: str | None = "first",
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        now = int(self.clock().timestamp())
        usual = {
            "iss": self.url,
            "aud": "folkmoot",
            "sub": "morgan.example@police.example",
            "exp": now + 3600,
            "roles": ["partner", "offline_access"],
            "partnership": "cannock-chase",
            "organisation": "police",
        }
        header = {"alg": alg} | ({"kid": kid} if kid else {}) | (header or {})
        registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
        held = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(header, held, key or self.keys[0], registry=registry)


def clerk(local: LocalIssuer) -> str:
    return local.issue(roles={Role.CLERK}, subject="c-1", partnership="cannock-chase", lifetime=HOUR)


def refused(verifier: Verifier, token: str | None) -> Reason:
    with pytest.raises(NotAuthenticated) as refusal:
        verifier.authenticate(token)
    assert refusal.value.detail
    assert not token or token not in str(refusal.value), "a refusal must not repeat the token: it ends in logs"
    return refusal.value.reason


def altered(token: str, part: int, **changes: Any) -> str:
    parts = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    parts[part] = base64.urlsafe_b64encode(json.dumps(content | changes).encode()).decode().rstrip("=")
    return ".".join(parts)
