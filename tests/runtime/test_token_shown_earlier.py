"""A token is checked at the time it was shown: a message that waited for us is still valid."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shared.runtime.identity.local_issuer import LocalIssuer
from shared.runtime.identity.principals import NotAuthenticated, Reason, Verifier
from shared.values.roles import Role

NOON = dt.datetime(2015, 1, 8, 12, tzinfo=dt.UTC)


def test_a_token_that_has_expired_since_it_was_shown_still_counts(tmp_path: Path) -> None:
    clock = [NOON]
    issuer = LocalIssuer.open(tmp_path / "issuer.jwk", lambda: clock[0])
    token = issuer.issue(
        roles=[Role.PARTNER],
        subject="police",
        partnership="chase",
        organisation="police",
        lifetime=dt.timedelta(hours=1),
    )
    clock[0] = NOON + dt.timedelta(hours=5)
    verifier = Verifier([issuer], lambda: clock[0])
    with pytest.raises(NotAuthenticated) as refused:
        verifier.authenticate(token)
    assert refused.value.reason is Reason.EXPIRED
    assert verifier.authenticate(token, NOON + dt.timedelta(minutes=30)).organisation == "police"
    with pytest.raises(NotAuthenticated):
        verifier.authenticate(token)
    with pytest.raises(NotAuthenticated):
        verifier.authenticate(token, NOON + dt.timedelta(hours=9))
