"""Who is calling: every token that should not be accepted is refused, each for its own reason."""

from __future__ import annotations

import base64
import datetime as dt
import json
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey
from tokens import HOUR, HandClock, altered, clerk, refused

from shared.runtime.identity.local_issuer import LocalIssuer
from shared.runtime.identity.principals import LEEWAY_S, NotAuthenticated, Principal, Reason, Verifier
from shared.runtime.identity.secret_files import UnusableSecret
from shared.values.roles import Role


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def local(tmp_path: Path, clock: HandClock) -> LocalIssuer:
    return LocalIssuer.open(tmp_path / "secrets" / "issuer.jwk", clock)


@pytest.fixture
def verifier(local: LocalIssuer, clock: HandClock) -> Verifier:
    return Verifier([local], clock)


def test_a_clerks_token_names_the_clerk_by_alias(verifier: Verifier, local: LocalIssuer) -> None:
    principal = verifier.authenticate(clerk(local))
    assert principal == Principal("c-1", frozenset({Role.CLERK}), "cannock-chase", None)
    assert principal.actor == "clerk:c-1"


def test_a_partners_token_names_the_organisation(verifier: Verifier, local: LocalIssuer) -> None:
    token = local.issue(
        roles={Role.PARTNER}, subject="feed-7", partnership="cannock-chase", organisation="police", lifetime=HOUR
    )
    assert verifier.authenticate(token).actor == "partner:police"


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SERVICE, Role.AUDITOR])
def test_operators_services_and_auditors_may_act_everywhere(verifier: Verifier, local: LocalIssuer, role: Role) -> None:
    token = local.issue(roles={role}, subject="one", lifetime=HOUR)
    assert verifier.authenticate(token).partnership is None


@pytest.mark.parametrize("roles", [{Role.CLERK}, {Role.READER}, {Role.OPERATOR, Role.CHAIR}])
def test_no_other_token_is_issued_without_a_partnership(local: LocalIssuer, roles: set[Role]) -> None:
    with pytest.raises(NotAuthenticated) as refusal:
        local.issue(roles=roles, subject="one", lifetime=HOUR)
    assert refusal.value.reason is Reason.NO_PARTNERSHIP


def test_a_token_needs_a_role_and_a_partner_an_organisation(local: LocalIssuer) -> None:
    with pytest.raises(NotAuthenticated, match="no role"):
        local.issue(roles=(), subject="one", partnership="cannock-chase", lifetime=HOUR)
    with pytest.raises(NotAuthenticated, match="no organisation"):
        local.issue(roles={Role.PARTNER}, subject="one", partnership="cannock-chase", lifetime=HOUR)


@pytest.mark.parametrize("subject", ["", "Morgan Example", "morgan@police.example", "a/b", "c-1\n"])
def test_an_alias_is_a_short_name_that_identifies_no_person(local: LocalIssuer, subject: str) -> None:
    with pytest.raises(NotAuthenticated, match="subject"):
        local.issue(roles={Role.OPERATOR}, subject=subject, lifetime=HOUR)


def test_a_token_must_live(local: LocalIssuer) -> None:
    with pytest.raises(ValueError, match="lifetime must be positive"):
        local.issue(roles={Role.OPERATOR}, subject="one", lifetime=dt.timedelta(0))


def test_two_tokens_are_never_the_same(local: LocalIssuer) -> None:
    assert clerk(local) != clerk(local)


def test_a_missing_token_is_asked_for(verifier: Verifier) -> None:
    assert refused(verifier, None) is Reason.MISSING
    assert refused(verifier, "") is Reason.MISSING


def test_an_expired_token_is_refused_after_a_little_leeway(
    verifier: Verifier, local: LocalIssuer, clock: HandClock
) -> None:
    token = clerk(local)
    verifier.authenticate(token)
    clock.move_on(3600 + LEEWAY_S - 1)
    verifier.authenticate(token)
    clock.move_on(1)
    assert refused(verifier, token) is Reason.EXPIRED


def test_a_clock_that_is_set_back_does_not_invalidate_tokens(
    verifier: Verifier, local: LocalIssuer, clock: HandClock
) -> None:
    token = clerk(local)
    clock.move_on(-3600)
    verifier.authenticate(token)


def test_a_token_signed_by_another_platform_is_refused(
    verifier: Verifier, local: LocalIssuer, tmp_path: Path, clock: HandClock
) -> None:
    other = LocalIssuer.open(tmp_path / "other.jwk", clock)
    assert refused(verifier, clerk(other)) is Reason.UNKNOWN_KEY
    kid = json.loads(base64.urlsafe_b64decode(clerk(local).split(".")[0] + "=="))["kid"]
    assert refused(verifier, altered(clerk(other), 0, kid=kid)) is Reason.BAD_SIGNATURE


def test_a_tampered_token_is_refused(verifier: Verifier, local: LocalIssuer) -> None:
    token = clerk(local)
    assert refused(verifier, altered(token, 1, roles=["operator"])) is Reason.BAD_SIGNATURE
    assert refused(verifier, altered(token, 1, partnership="tamworth")) is Reason.BAD_SIGNATURE
    assert refused(verifier, token[:-8] + "AAAAAAAA") is Reason.BAD_SIGNATURE
    assert refused(verifier, token.rsplit(".", 1)[0] + ".") is Reason.BAD_SIGNATURE


def test_an_unsigned_token_is_refused(verifier: Verifier, local: LocalIssuer) -> None:
    for alg in ("none", "None", "HS256", ""):
        token = altered(clerk(local), 0, alg=alg)
        assert refused(verifier, token) is Reason.FORBIDDEN_ALGORITHM
        assert refused(verifier, token.rsplit(".", 1)[0] + ".") is Reason.FORBIDDEN_ALGORITHM


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        "Bearer a.b.c",
        "é.b.c",
        "e30.e30.",
        "bnVsbA.bnVsbA.",
        "\udcff.a.b",
        "a" * 20_000,
        base64.urlsafe_b64encode(b'{"alg":"RS256","x":' + b"[" * 12_000).decode().rstrip("=") + ".e30.",
        "...",
        "a.b",
        "a.b.c.d.e",
    ],
)
def test_other_texts_are_refused_as_malformed_tokens(verifier: Verifier, token: str) -> None:
    assert refused(verifier, token) is Reason.MALFORMED


@settings(max_examples=200, deadline=None)
@given(junk=st.text(max_size=60), at=st.integers(0, 300), claims=st.dictionaries(st.text(), st.integers()))
def test_whatever_comes_is_answered_with_a_reason(junk: str, at: int, claims: dict[str, int]) -> None:
    clock = HandClock()
    local = LocalIssuer(OKPKey.generate_key("Ed25519"), clock)
    verifier = Verifier([local], clock)
    token = clerk(local)
    for bad in (junk, token[:at] + junk + token[at:], altered(token, 0, **claims), altered(token, 1, **claims)):
        if bad != token:
            with pytest.raises(NotAuthenticated) as refusal:
                verifier.authenticate(bad)
            assert refusal.value.challenge().isprintable()
            assert refusal.value.challenge().isascii()


def test_the_challenge_says_what_is_wrong(verifier: Verifier, local: LocalIssuer, clock: HandClock) -> None:
    token = clerk(local)
    clock.move_on(7200)
    with pytest.raises(NotAuthenticated) as refusal:
        verifier.authenticate(token)
    assert refusal.value.challenge() == (
        'Bearer realm="folkmoot", error="invalid_token", '
        'error_description="expired: the token expired 3600 seconds ago: get a new one"'
    )
    with pytest.raises(NotAuthenticated) as refusal:
        verifier.authenticate(None)
    assert refusal.value.challenge() == 'Bearer realm="folkmoot"'


def test_an_issuers_name_cannot_write_headers(verifier: Verifier, local: LocalIssuer) -> None:
    with pytest.raises(NotAuthenticated) as refusal:
        verifier.authenticate(altered(clerk(local), 1, iss='x"\r\nSet-Cookie: y'))
    assert refusal.value.reason is Reason.UNKNOWN_ISSUER
    assert "\n" not in refusal.value.challenge()
    assert refusal.value.challenge().count('"') == 6
    with pytest.raises(NotAuthenticated) as refusal:
        verifier.authenticate(altered(clerk(local), 1, iss="é"))
    assert refusal.value.challenge().isascii()


# --- the key file


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "data" / "secrets" / "issuer.jwk"
    first = LocalIssuer.open(path, clock)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["issuer.jwk"]
    Verifier([LocalIssuer.open(path, clock)], clock).authenticate(clerk(first))


def test_the_public_part_alone_verifies_but_does_not_issue(
    tmp_path: Path, local: LocalIssuer, clock: HandClock
) -> None:
    private = json.loads((tmp_path / "secrets" / "issuer.jwk").read_bytes())
    mounted = tmp_path / "mounted.jwk"
    mounted.write_text(json.dumps({name: value for name, value in private.items() if name != "d"}))
    public = LocalIssuer.open(mounted, clock, create=False)
    Verifier([public], clock).authenticate(clerk(local))
    with pytest.raises(ValueError, match="private key"):
        clerk(public)


def test_a_mounted_key_must_be_there_and_be_one(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "issuer.jwk"
    with pytest.raises(UnusableSecret, match=r"issuer\.jwk"):
        LocalIssuer.open(path, clock, create=False)
    curve = OKPKey.generate_key("X25519").as_dict(private=True)
    for content in ("", "{}", "[]", '{"kty": "OKP"}', '{"kty": 1}', json.dumps(curve)):
        path.write_text(content)
        with pytest.raises(UnusableSecret, match=r"issuer\.jwk"):
            LocalIssuer.open(path, clock)


def test_a_signed_token_has_three_parts(verifier: Verifier, local: LocalIssuer) -> None:
    token = clerk(local)
    for other in (token.rpartition(".")[0], token + ".", token + ".e30", "." + token):
        assert refused(verifier, other) is Reason.MALFORMED


# --- cost


def test_a_token_seen_before_costs_less_than_fifty_microseconds(verifier: Verifier, local: LocalIssuer) -> None:
    token = clerk(local)
    verifier.authenticate(token)

    def seconds() -> float:
        began = time.perf_counter()
        for _ in range(200):
            verifier.authenticate(token)
        return (time.perf_counter() - began) / 200

    assert min(seconds() for _ in range(10)) < 50e-6


def test_only_so_many_tokens_are_remembered(local: LocalIssuer, clock: HandClock) -> None:
    verifier = Verifier([local], clock, remember=3)
    tokens = [clerk(local) for _ in range(10)]
    for token in tokens:
        verifier.authenticate(token)
    assert len(verifier._remembered) == 3
    assert verifier.authenticate(tokens[0]).subject == "c-1"


def test_no_token_is_kept_in_clear(verifier: Verifier, local: LocalIssuer) -> None:
    token = clerk(local)
    verifier.authenticate(token)
    assert token not in repr(vars(verifier))
