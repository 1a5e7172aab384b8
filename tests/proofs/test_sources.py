"""What a source signs: batches of events, each chained to the one before (design 8)."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.proofs.merkle import Malformed, ProofFailed
from shared.proofs.sources import START, SourceKeys, SourceSignature, head_after, statement
from shared.runtime.identity.signing import SigningKey

KEY = SigningKey("meetings", bytes(range(32)))
OTHER = SigningKey("meetings", bytes(range(1, 33)))
KEYS = SourceKeys([(KEY.verifier, None), (OTHER.verifier, 4)])


def leaf(number: int) -> bytes:
    return sha256(bytes([0, number])).digest()


def signed(
    leaves: list[bytes], before: bytes = START, last: int | None = None, key: SigningKey = KEY
) -> SourceSignature:
    last = last or len(leaves)
    message = statement("meetings", last, head_after(before, b"".join(leaves)))
    return SourceSignature(last, len(leaves), key.verifier.key_id, key.sign(message))


FIVE = [leaf(number) for number in range(5)]


def test_a_batch_follows_on_from_the_batch_before() -> None:
    head = KEYS.check("meetings", START, b"".join(FIVE[:2]), signed(FIVE[:2]))
    assert head == head_after(START, FIVE[0] + FIVE[1])
    KEYS.check("meetings", head, b"".join(FIVE[2:]), signed(FIVE[2:], head, 5))


@pytest.mark.parametrize(
    "leaves",
    [FIVE[:4], [*FIVE, leaf(9)], [FIVE[1], FIVE[0], *FIVE[2:]], [leaf(9), *FIVE[1:]]],
    ids=["one is missing", "one is added", "two are exchanged", "one is another"],
)
def test_other_events_than_those_signed_are_refused(leaves: list[bytes]) -> None:
    with pytest.raises(ProofFailed):
        KEYS.check("meetings", START, b"".join(leaves), signed(FIVE))


def test_a_batch_is_signed_for_one_source_one_number_and_one_place() -> None:
    right = signed(FIVE)
    for source, before, signature in (
        ("funding", START, right),
        ("meetings", leaf(0), right),
        ("meetings", START, right._replace(last=6)),
        ("meetings", START, right._replace(signature=bytes(64))),
        ("meetings", START, right._replace(key_id=OTHER.verifier.key_id)),
    ):
        with pytest.raises(ProofFailed):
            KEYS.check(source, before, b"".join(FIVE), signature)


def test_a_retired_key_signs_nothing_after_its_last_event() -> None:
    KEYS.check("meetings", START, b"".join(FIVE[:4]), signed(FIVE[:4], key=OTHER))
    with pytest.raises(ProofFailed, match="retired at its event 4, and signs event 5"):
        KEYS.check("meetings", START, b"".join(FIVE), signed(FIVE, key=OTHER))


def test_a_register_of_keys_is_read_as_it_was_written() -> None:
    assert SourceKeys.parse(f"# keys\n\n{KEYS.format()}").format() == KEYS.format()
    assert KEYS.of("meetings") == [KEY.verifier, OTHER.verifier]


@given(
    some.integers(1, 2**40),
    some.integers(1, 1000),
    some.binary(min_size=4, max_size=4),
    some.binary(min_size=64, max_size=64),
)
def test_a_signature_is_read_as_it_was_written(last: int, size: int, key_id: bytes, signature: bytes) -> None:
    whole = SourceSignature(last + size, size, key_id, signature)
    assert SourceSignature.parse(whole.format()) == whole


@given(some.text())
def test_what_is_no_signature_is_malformed(line: str) -> None:
    with suppress(Malformed):
        assert SourceSignature.parse(line).format() == line
