"""Personal data sealed for each person: it opens only unaltered, in its own place, and with that person's key."""

from __future__ import annotations

import base64
import re
import stat
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.identity.sealing import (
    KEY_BYTES,
    TOMBSTONE,
    CannotOpen,
    PeopleKey,
    keyed_digest,
    new_key,
    open_sealed,
    seal,
)
from shared.runtime.identity.secret_files import UnusableSecret

PERSON = "cannock-chase/person/p-4f2a"
NAME = f"{PERSON}/name"
clear_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


def counting(start: int = 0) -> bytes:
    return bytes(range(start, start + KEY_BYTES))


# --- texts


@given(key=keys, clear=clear_texts, context=clear_texts)
def test_a_sealed_text_opens_with_its_key_in_its_place(key: bytes, clear: str, context: str) -> None:
    assert open_sealed(key, seal(key, clear, context), context) == clear


@given(clear=st.text(st.sampled_from("abcdefghij"), min_size=8, max_size=60))
def test_nothing_of_the_clear_text_shows(clear: str) -> None:
    sealed = seal(counting(), clear, NAME)
    assert clear not in sealed
    assert clear.encode() not in base64.b64decode(sealed)
    assert base64.b64encode(clear.encode()).decode()[:8] not in sealed


@given(clear=clear_texts)
def test_a_sealed_text_is_base64_as_its_contract_wants(clear: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", seal(counting(), clear, NAME))


def test_short_and_long_names_look_alike() -> None:
    assert len({len(seal(counting(), name, NAME)) for name in ("Jo", "Bartholomew Featherstonehaugh", "")}) == 1


def test_the_same_name_is_sealed_differently_each_time() -> None:
    assert len({seal(counting(), "Robin Example", NAME) for _ in range(100)}) == 100


def test_randomness_is_an_argument() -> None:
    assert new_key(random=bytes) == bytes(KEY_BYTES)
    assert seal(counting(), "Robin Example", NAME, random=bytes) == seal(
        counting(), "Robin Example", NAME, random=bytes
    )


def test_what_was_sealed_in_2026_opens_for_ever() -> None:
    """A golden sample: the ledger keeps sealed texts permanently, so the way to open them must not change."""
    sealed = "AQAAAAAAAAAAAAAAAFzT17fbDMbFacXZWX0/gorBUEVAO5JzPJONoJDW7E5Fn41lX/a/QQ7Ier9kzxNQPQ=="
    assert open_sealed(counting(), sealed, NAME) == "Robin Example"


@pytest.mark.parametrize(
    "context",
    [
        "cannock-chase/person/p-4f2b/name",
        "tamworth/person/p-4f2a/name",
        "cannock-chase/person/p-4f2a/email",
        "",
    ],
)
def test_a_text_does_not_open_in_another_place(context: str) -> None:
    with pytest.raises(CannotOpen, match="another place"):
        open_sealed(counting(), seal(counting(), "Robin Example", NAME), context)


def test_a_text_does_not_open_with_another_persons_key() -> None:
    with pytest.raises(CannotOpen, match=f"{NAME} does not open: it was sealed with another key"):
        open_sealed(counting(1), seal(counting(), "Robin Example", NAME), NAME)


def test_a_refusal_does_not_reveal_the_name() -> None:
    with pytest.raises(CannotOpen) as refusal:
        open_sealed(counting(1), seal(counting(), "Robin Example", NAME), NAME)
    assert "Robin" not in repr(refusal.value)


def test_every_altered_bit_is_noticed() -> None:
    sealed = base64.b64decode(seal(counting(), "Robin Example", NAME))
    for bit in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            open_sealed(counting(), base64.b64encode(altered).decode(), NAME)


def test_every_altered_character_is_noticed() -> None:
    sealed = seal(counting(), "Robin Example", NAME)
    for at in range(len(sealed)):
        for character in {*string.ascii_letters, *string.digits, *"+/-_= \né", ""} - {sealed[at]}:
            with pytest.raises(CannotOpen):
                open_sealed(counting(), sealed[:at] + character + sealed[at + 1 :], NAME)


@given(st.text())
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(counting(), text, NAME)


def test_a_later_way_of_sealing_is_named() -> None:
    sealed = base64.b64encode(b"\x02" + bytes(60)).decode()
    with pytest.raises(CannotOpen, match="unknown to this release: version 02"):
        open_sealed(counting(), sealed, NAME)


def test_the_tombstone_is_not_sealed_text() -> None:
    with pytest.raises(CannotOpen):
        open_sealed(counting(), TOMBSTONE, NAME)


# --- people's keys


@given(key=keys, person=clear_texts)
def test_a_wrapped_key_is_unwrapped_for_its_person(key: bytes, person: str) -> None:
    people = PeopleKey(counting())
    wrapped = people.wrap(key, person)
    assert key not in wrapped
    assert people.unwrap(wrapped, person) == key


def test_a_key_wrapped_in_2026_is_unwrapped_for_ever() -> None:
    wrapped = (
        "010000000000000000000000003f1ab81d5ca49481f8ad0582fff1bcfcefbe9d4febf04b3fb8d6454195d3f38d"
        "6c2ad37e8481a5c61c827d813986e33c"
    )
    assert PeopleKey(counting()).unwrap(bytes.fromhex(wrapped), PERSON) == bytes(KEY_BYTES)


def test_a_key_wrapped_for_one_person_is_not_unwrapped_for_another() -> None:
    people = PeopleKey(counting())
    wrapped = people.wrap(new_key(), PERSON)
    with pytest.raises(CannotOpen, match="p-4f2b does not open"):
        people.unwrap(wrapped, "cannock-chase/person/p-4f2b")


def test_without_the_key_file_nothing_is_unwrapped() -> None:
    wrapped = PeopleKey(counting()).wrap(new_key(), PERSON)
    with pytest.raises(CannotOpen):
        PeopleKey(counting(1)).unwrap(wrapped, PERSON)


@pytest.mark.parametrize("wrapped", [b"", b"\x01", b"\x02" + bytes(60), b"\x01" + bytes(60), bytes(61)])
def test_damaged_keys_are_refused(wrapped: bytes) -> None:
    with pytest.raises(CannotOpen, match="p-4f2a"):
        PeopleKey(counting()).unwrap(wrapped, PERSON)


# --- the key file


def test_the_key_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secrets" / "people.key"
    wrapped = PeopleKey.open(path).wrap(counting(), PERSON)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["people.key"]
    assert PeopleKey.open(path, create=False).unwrap(wrapped, PERSON) == counting()


def test_a_mounted_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "people.key"
    path.write_bytes(base64.b64encode(counting()))  # without the newline that ours has
    path.chmod(0o400)
    assert PeopleKey.open(path).secret_for("x") == PeopleKey(counting()).secret_for("x")
    assert path.read_bytes() == base64.b64encode(counting())


def test_a_file_that_should_be_mounted_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(UnusableSecret, match=r"people\.key"):
        PeopleKey.open(tmp_path / "people.key", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\n", b"not base64", base64.b64encode(bytes(31)), bytes(32), b"\xff" * 32])
def test_a_file_that_is_not_a_key_is_refused_and_left_unchanged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "people.key"
    path.write_bytes(content)
    with pytest.raises(UnusableSecret, match=r"people\.key must hold base64 of 32 bytes"):
        PeopleKey.open(path)
    assert path.read_bytes() == content


def test_a_start_that_was_killed_half_way_leaves_no_half_key(tmp_path: Path) -> None:
    def die(_: int) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PeopleKey.open(tmp_path / "people.key", random=die)
    assert list(tmp_path.iterdir()) == []


# --- digests


def test_a_digest_needs_its_secret() -> None:
    body = b'{"name": "Robin Example"}'
    people = PeopleKey(counting())
    secret = people.secret_for("idempotency")
    assert len(secret) == KEY_BYTES
    assert keyed_digest(secret, body) == keyed_digest(secret, body)
    assert len(keyed_digest(secret, body)) == 32
    others = [people.secret_for("another purpose"), PeopleKey(counting(1)).secret_for("idempotency"), counting(), b""]
    assert len({keyed_digest(other, body) for other in [*others, secret]}) == 5
    assert keyed_digest(secret, body) != keyed_digest(secret, body + b" ")
