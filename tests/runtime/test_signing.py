"""Facts about the keys that sign notes: made once, rotated with both in use, never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.proofs.merkle import ProofFailed
from shared.runtime.identity.secret_files import UnusableSecret
from shared.runtime.identity.signing import SigningKey, SigningKeys

NAME = "partnership.example/ledger"
TEXT = "partnership.example/ledger\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "ledger.key"


def test_a_key_is_made_once_and_readable_by_its_owner_alone(path: Path) -> None:
    made = SigningKeys.open(path, NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SigningKeys.open(path, NAME).keys[0].verifier == made.keys[0].verifier


@pytest.mark.parametrize("number", range(64))
def test_every_key_is_read_as_it_was_written(number: int) -> None:
    key = SigningKey(NAME, bytes([number]) * 32)
    assert SigningKey.parse(str(key)).verifier == key.verifier


def test_a_note_is_verified_with_the_old_or_the_new_key(path: Path) -> None:
    old = SigningKeys.open(path, NAME)
    old.rotated().save(path)
    both = SigningKeys.open(path, NAME)
    note = both.sign_note(TEXT)
    assert len(both.keys) == 2
    for key in both.keys:
        assert note.verify([key.verifier]) == [key.verifier]
    both.without(old.keys[0].verifier.key_id.hex()).save(path)
    with pytest.raises(ProofFailed, match="no signature of"):
        SigningKeys.open(path, NAME).sign_note(TEXT).verify([old.keys[0].verifier])


def test_the_only_key_is_not_retired(path: Path) -> None:
    keys = SigningKeys.open(path, NAME)
    with pytest.raises(ValueError, match="is the only key"):
        keys.without(keys.keys[0].verifier.key_id.hex())
    with pytest.raises(ValueError, match="there is no key '00000000'"):
        keys.without("00000000")


@pytest.mark.parametrize("content", ["", "x", "PRIVATE+KEY+a+b", "PRIVATE+KEY+a+00000000+AAAA", "é\n"])
def test_a_file_that_holds_no_key_is_named_and_never_quoted(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(UnusableSecret, match="does not hold signing keys"):
        SigningKeys.open(path, NAME)


def test_another_logs_key_is_refused(path: Path) -> None:
    SigningKeys.open(path, NAME)
    with pytest.raises(UnusableSecret, match="set FOLKMOOT_ORIGIN to the name that signed its history"):
        SigningKeys.open(path, "another.example/ledger")


def test_a_keys_text_for_logs_hides_the_secret() -> None:
    key = SigningKey(NAME, b"s" * 32)
    assert str(key) not in repr(key)
    assert "PRIVATE" not in repr(key)
