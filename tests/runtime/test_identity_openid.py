"""Tokens of an OIDC provider, here a real HTTP server: whom it may admit, and which of its claims are not trusted."""

from __future__ import annotations

import asyncio
import base64
import functools
import hmac
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, OKPKey
from tokens import HandClock, Provider, altered, clerk, refused, rsa_key

from shared.runtime.identity.local_issuer import LocalIssuer
from shared.runtime.identity.openid import FRESH_S, RETRY_PAUSE_S, OpenIdIssuer
from shared.runtime.identity.principals import LEEWAY_S, ClaimNames, NotAuthenticated, Principal, Reason, Verifier
from shared.values.roles import Role


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def local(tmp_path: Path, clock: HandClock) -> LocalIssuer:
    return LocalIssuer.open(tmp_path / "secrets" / "issuer.jwk", clock)


@pytest.fixture
def provider(clock: HandClock) -> Iterator[Provider]:
    provider = Provider(clock)
    yield provider
    provider.close()


@pytest.fixture
def verifier(local: LocalIssuer, provider: Provider, clock: HandClock) -> Verifier:
    return Verifier([local, OpenIdIssuer(provider.url)], clock)


def test_a_providers_partner_is_let_in_under_a_pseudonym(verifier: Verifier, provider: Provider) -> None:
    principal = verifier.authenticate(provider.issue())
    assert principal.roles == {Role.PARTNER}
    assert (principal.partnership, principal.organisation) == ("cannock-chase", "police")
    assert principal.actor == "partner:police"
    assert "morgan" not in repr(principal)
    assert principal.subject == verifier.authenticate(provider.issue(exp=provider.clock().timestamp() + 5)).subject
    assert principal.subject != verifier.authenticate(provider.issue(sub="somebody-else")).subject


def test_a_provider_may_sign_on_curves(verifier: Verifier, provider: Provider) -> None:
    elliptic, edwards = ECKey.generate_key("P-256", {"kid": "ec"}), OKPKey.generate_key("Ed25519", {"kid": "ed"})
    provider.keys += [elliptic, edwards]
    verifier.authenticate(provider.issue("ES256", elliptic, "ec"))
    verifier.authenticate(provider.issue("Ed25519", edwards, "ed"))


def test_a_provider_is_asked_for_its_keys_once(verifier: Verifier, provider: Provider) -> None:
    for number in range(5):
        verifier.authenticate(provider.issue(sub=f"caller-{number}"))
    assert provider.fetched == ["/.well-known/openid-configuration", "/keys"]


def test_a_providers_token_is_refused_each_for_its_reason(
    verifier: Verifier, provider: Provider, local: LocalIssuer
) -> None:
    now = provider.clock().timestamp()
    assert refused(verifier, provider.issue(exp=now - LEEWAY_S)) is Reason.EXPIRED
    assert refused(verifier, provider.issue(nbf=now + LEEWAY_S + 1)) is Reason.NOT_YET_VALID
    assert refused(verifier, provider.issue(exp=None)) is Reason.MALFORMED
    assert refused(verifier, provider.issue(exp="soon")) is Reason.MALFORMED
    assert refused(verifier, provider.issue(sub=None)) is Reason.MALFORMED
    assert refused(verifier, provider.issue(aud="another-service")) is Reason.WRONG_AUDIENCE
    assert refused(verifier, provider.issue(aud=["a", "b"])) is Reason.WRONG_AUDIENCE
    assert refused(verifier, provider.issue(aud=None)) is Reason.WRONG_AUDIENCE
    assert refused(verifier, provider.issue(iss="https://elsewhere.example")) is Reason.UNKNOWN_ISSUER
    assert refused(verifier, provider.issue(roles=["manager"])) is Reason.NO_ROLE
    assert refused(verifier, provider.issue(roles=None)) is Reason.NO_ROLE
    assert refused(verifier, provider.issue(roles={"clerk": True})) is Reason.NO_ROLE
    assert refused(verifier, provider.issue(roles=["clerk"], partnership=None)) is Reason.NO_PARTNERSHIP
    assert refused(verifier, provider.issue(roles=["auditor"], partnership="")) is Reason.MALFORMED
    assert refused(verifier, provider.issue(roles=["auditor"], partnership=["a", "b"])) is Reason.MALFORMED
    assert refused(verifier, provider.issue(partnership="Cannock Chase")) is Reason.MALFORMED
    assert refused(verifier, provider.issue(organisation=None)) is Reason.NO_ORGANISATION
    assert refused(verifier, altered(provider.issue(), 1, roles=["operator"])) is Reason.BAD_SIGNATURE
    assert refused(verifier, provider.issue(key=rsa_key("second"))) is Reason.BAD_SIGNATURE
    assert refused(verifier, provider.issue("RS512")) is Reason.FORBIDDEN_ALGORITHM
    assert verifier.authenticate(provider.issue(aud=["another-service", "folkmoot"]))


def test_a_token_of_thirty_kilobytes_is_refused_unread(verifier: Verifier, provider: Provider) -> None:
    assert refused(verifier, provider.issue(notes="x" * 30_000)) is Reason.MALFORMED
    assert provider.fetched == []


def test_headers_we_do_not_know_are_passed_over_unless_critical(verifier: Verifier, provider: Provider) -> None:
    verifier.authenticate(provider.issue(header={"tenant": "x"}))
    critical = altered(provider.issue(), 0, crit=["tenant"], tenant="x")
    assert refused(verifier, critical) is Reason.MALFORMED


def test_a_public_key_cannot_be_used_as_a_shared_secret(verifier: Verifier, provider: Provider) -> None:
    signed = altered(provider.issue(), 0, alg="HS256").rpartition(".")[0]
    digest = hmac.digest(provider.keys[0].as_pem(private=False), signed.encode(), "sha256")
    forged = f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    assert refused(verifier, forged) is Reason.FORBIDDEN_ALGORITHM


def test_a_provider_cannot_speak_for_the_platform(verifier: Verifier, provider: Provider) -> None:
    token = provider.issue(iss="folkmoot-local", roles=["operator"])
    assert refused(verifier, token) is Reason.FORBIDDEN_ALGORITHM
    edwards = OKPKey.generate_key("Ed25519", {"kid": "ed"})
    provider.keys.append(edwards)
    assert refused(verifier, provider.issue("Ed25519", edwards, "ed", iss="folkmoot-local")) is Reason.UNKNOWN_KEY


def test_a_new_key_is_fetched_and_an_invented_one_only_now_and_then(
    verifier: Verifier, provider: Provider, clock: HandClock
) -> None:
    old = provider.issue()
    verifier.authenticate(old)
    provider.keys = [rsa_key("second")]
    clock.move_on(RETRY_PAUSE_S)
    verifier.authenticate(provider.issue(kid="second"))
    assert len(provider.fetched) == 4
    for number in range(20):
        assert refused(verifier, provider.issue(kid=f"invented-{number}")) is Reason.UNKNOWN_KEY
    assert len(provider.fetched) == 4
    clock.move_on(RETRY_PAUSE_S)
    assert refused(verifier, provider.issue(kid="invented")) is Reason.UNKNOWN_KEY
    assert len(provider.fetched) == 6


def test_a_withdrawn_key_ends_within_the_hour(verifier: Verifier, provider: Provider, clock: HandClock) -> None:
    lasting = clock().timestamp() + 10 * FRESH_S
    token = provider.issue(exp=lasting)
    verifier.authenticate(token)
    provider.keys = [rsa_key("second")]
    clock.move_on(FRESH_S + 1)
    assert refused(verifier, token) is Reason.UNKNOWN_KEY


def test_keys_stay_good_while_the_provider_is_down(verifier: Verifier, provider: Provider, clock: HandClock) -> None:
    verifier.authenticate(provider.issue())
    provider.broken = True
    clock.move_on(FRESH_S + 1)
    verifier.authenticate(provider.issue())


def test_a_provider_that_was_never_reached_and_a_bad_token_give_different_reasons(
    verifier: Verifier, provider: Provider, clock: HandClock
) -> None:
    provider.broken = True
    assert refused(verifier, provider.issue()) is Reason.ISSUER_UNREACHABLE
    provider.broken = False
    clock.move_on(RETRY_PAUSE_S)
    verifier.authenticate(provider.issue())


def test_a_provider_that_describes_another_is_not_believed(verifier: Verifier, provider: Provider) -> None:
    provider.says = "https://elsewhere.example"
    assert refused(verifier, provider.issue()) is Reason.ISSUER_UNREACHABLE


def test_keys_are_not_fetched_in_clear_for_a_provider_behind_tls(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        issuer = "https://login.example"
        return httpx2.Response(200, json={"issuer": issuer, "jwks_uri": "http://login.example/keys", "keys": []})

    client = functools.partial(httpx2.Client, transport=httpx2.MockTransport(answer))
    monkeypatch.setattr("shared.runtime.identity.openid.httpx2.Client", client)
    with pytest.raises(NotAuthenticated, match="issuer unreachable"):
        OpenIdIssuer("https://login.example").key("first", clock().timestamp())
    assert asked == ["https://login.example/.well-known/openid-configuration"]


def test_keys_we_cannot_use_do_not_spoil_the_others(verifier: Verifier, provider: Provider) -> None:
    provider.keys.append(OKPKey.generate_key("X25519", {"kid": "x"}))
    encryption = {**rsa_key("second").as_dict(private=False), "kid": "enc", "use": "enc"}
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"}
    half = {"kty": "RSA", "kid": "half", "n": 5}
    provider.also = [encryption, secret, half, {"kty": "AKP", "kid": "new"}, {"kty": "RSA", "kid": 7}, {}]
    verifier.authenticate(provider.issue())
    assert refused(verifier, provider.issue(key=rsa_key("second"), kid="enc")) is Reason.UNKNOWN_KEY
    edwards = OKPKey.generate_key("Ed25519")
    assert refused(verifier, provider.issue("Ed25519", edwards, "x")) is Reason.MALFORMED
    assert refused(verifier, provider.issue("ES256", ECKey.generate_key("P-256"), "first")) is Reason.MALFORMED


def test_a_key_id_is_needed_only_among_several_keys(verifier: Verifier, provider: Provider, clock: HandClock) -> None:
    verifier.authenticate(provider.issue(kid=None))
    provider.keys.append(rsa_key("second"))
    clock.move_on(FRESH_S + 1)
    assert refused(verifier, provider.issue(kid=None)) is Reason.UNKNOWN_KEY


def test_claims_may_have_other_names(provider: Provider, clock: HandClock) -> None:
    names = ClaimNames("realm_access.roles", "https://council.example/partnership", "org")
    verifier = Verifier([OpenIdIssuer(provider.url, audience="moot", claims=names)], clock)
    token = provider.issue(
        aud="moot",
        roles=None,
        partnership=None,
        organisation="ignored",
        realm_access={"roles": ["member", "chair"]},
        org="fire",
        **{"https://council.example/partnership": "cannock-chase"},  # type: ignore[arg-type]  # mypy minds `header`
    )
    principal = verifier.authenticate(token)
    assert principal.roles == {Role.MEMBER, Role.CHAIR}
    assert (principal.partnership, principal.organisation) == ("cannock-chase", "fire")
    blanks = provider.issue(aud="moot", realm_access={"roles": "auditor openid"}, roles=None)
    assert verifier.authenticate(blanks).roles == {Role.AUDITOR}


def test_an_event_loop_is_not_held_up_by_a_slow_provider(
    verifier: Verifier, provider: Provider, local: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    published: Callable[[OpenIdIssuer], Any] = OpenIdIssuer._published

    def slow(issuer: OpenIdIssuer) -> Any:
        assert gate.wait(10)
        return published(issuer)

    monkeypatch.setattr(OpenIdIssuer, "_published", slow)

    async def both() -> tuple[Principal, Principal]:
        partner = asyncio.create_task(verifier.authenticate_async(provider.issue()))
        mine = await verifier.authenticate_async(clerk(local))
        assert not partner.done()
        gate.set()
        return mine, await partner

    mine, partner = asyncio.run(both())
    assert (mine.actor, partner.actor) == ("clerk:c-1", "partner:police")
