"""Facts about putting a source's batches together: only what the source signed gets through, whatever comes between."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_sources import event, key_of, register, sign

from services.ledger.batches import (
    MAX_DOUBTS,
    MAX_RUN,
    Batch,
    Copy,
    Gathering,
    Head,
    Judged,
    Past,
    Reason,
    Unfit,
    Wrong,
)
from services.ledger.register import REREAD_S, Register, UnknownKey
from shared.contracts.envelope import encode
from shared.proofs.sources import START, SourceKeys, SourceSignature
from shared.runtime.identity.secret_files import UnusableSecret
from shared.runtime.identity.signing import SigningKey

CHECK = Register(register).check
STRANGER = SigningKey("meetings", sha256(b"a stranger").digest())


def entry(number: int, **changed: object) -> bytes:
    return encode(event("meetings", id=f"m-{number}", **changed))


def told(*sizes: int, key: SigningKey | None = None, head: Head | None = None) -> list[Copy]:
    """What a source publishes that signs so many events at a time."""
    found = []
    head = head or Head()
    for size in sizes:
        entries = [entry(head.last + each) for each in range(1, size + 1)]
        signature, after = sign(key or key_of("meetings"), head, entries)
        lines = [None] * (size - 1) + [signature.format()]
        found += [copy(head.last + at, *pair) for at, pair in enumerate(zip(entries, lines, strict=True), 1)]
        head = after
    return found


def copy(number: int, payload: bytes, line: str | None = None) -> Copy:
    return Copy.of(number, payload, lambda: f"message {number}", line)


def gathered(*copies: Copy, gathering: Gathering | None = None) -> list[Judged]:
    gathering = gathering or Gathering("meetings", CHECK)
    return [judged for each in copies if (judged := gathering.add(each)) is not None]


def numbers(found: list[Judged]) -> list[int]:
    return [each.sequence for batch in found if isinstance(batch, Batch) for each in batch.candidates]


RIGHT = told(2, 1, 3)
FORGED = copy(1, entry(1, actor="chair"))


def test_whole_batches_get_through_with_their_signatures() -> None:
    gathering = Gathering("meetings", CHECK)
    found = gathered(*RIGHT, gathering=gathering)
    assert [each.signature.format() for each in found if isinstance(each, Batch)] == [
        each.line for each in RIGHT if each.line
    ]
    assert numbers(found) == [1, 2, 3, 4, 5, 6]
    assert (gathering.at.last, gathering.gap, list(gathering.doubts)) == (6, False, [])


def test_a_repeat_within_a_batch_does_no_harm() -> None:
    assert numbers(gathered(RIGHT[0], RIGHT[0], RIGHT[1], RIGHT[2])) == [1, 2, 3]


def test_a_forged_message_before_the_true_one_displaces_nothing() -> None:
    gathering = Gathering("meetings", CHECK)
    assert numbers(gathered(FORGED, *RIGHT, gathering=gathering)) == [1, 2, 3, 4, 5, 6]
    assert [doubt.leaf for doubt in gathering.known()] == [FORGED.leaf]


def test_a_forged_message_inside_a_batch_makes_the_source_be_asked() -> None:
    gathering = Gathering("meetings", CHECK)
    found = gathered(RIGHT[0], FORGED, RIGHT[1], gathering=gathering)
    assert [each.reason for each in found if isinstance(each, Wrong)] == [Reason.WRONG_SIGNATURE]
    assert (gathering.gap, gathering.at) == (True, Head())
    assert isinstance(gathering.judge(RIGHT[:2], str(RIGHT[1].line)), Batch)  # sent again


def test_what_nobody_signed_waits_and_is_no_entry() -> None:
    gathering = Gathering("meetings", CHECK)
    assert gathered(FORGED, gathering=gathering) == []
    suspects = gathering.suspects()
    assert [doubt.origin for doubt in suspects] == ["message 1"]
    assert gathering.unknown(suspects) == suspects
    assert (gathering.suspects(), gathering.unknown(suspects)) == ([], [])


def test_a_number_too_high_makes_the_source_be_asked() -> None:
    gathering = Gathering("meetings", CHECK)
    assert gathered(RIGHT[3], gathering=gathering) == []
    assert gathering.gap


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", Reason.WRONG_SIGNATURE),
        ("1 1 00000000 AAAA", Reason.WRONG_SIGNATURE),
        (SourceSignature(1, 1, b"abcd", bytes(64)).format(), Reason.UNKNOWN_KEY),
        (SourceSignature(1, 1, key_of("meetings").verifier.key_id, bytes(64)).format(), Reason.WRONG_SIGNATURE),
        (SourceSignature(2, 1, key_of("meetings").verifier.key_id, bytes(64)).format(), Reason.WRONG_SIGNATURE),
        (SourceSignature(1, 1, key_of("funding").verifier.key_id, bytes(64)).format(), Reason.UNKNOWN_KEY),
        (told(1, key=STRANGER)[0].line, Reason.UNKNOWN_KEY),
        (sign(key_of("meetings"), Head(0, bytes([1] * 32)), [entry(1)])[0].format(), Reason.WRONG_SIGNATURE),
    ],
)
def test_a_wrong_signature_is_refused_with_its_reason(line: str, reason: Reason) -> None:
    (found,) = gathered(copy(1, entry(1), line))
    assert isinstance(found, Wrong)
    assert found.reason is reason


def test_numbers_that_are_taken_are_compared_with_the_ledger() -> None:
    gathering = Gathering("meetings", CHECK)
    gathered(*RIGHT, gathering=gathering)
    again = gathered(*RIGHT[:3], gathering=gathering)
    assert [each.signature.last for each in again if isinstance(each, Past)] == [2, 3]
    gathering.add(FORGED)
    gathering.suspects()
    assert [doubt.leaf for doubt in gathering.known()] == [FORGED.leaf]


def test_a_signed_event_that_is_no_entry_stops_its_source() -> None:
    signature, _ = sign(key_of("meetings"), Head(), [entry(1), b"gibberish"])
    gathering = Gathering("meetings", CHECK)
    (found,) = gathered(copy(1, entry(1)), copy(2, b"gibberish", signature.format()), gathering=gathering)
    assert isinstance(found, Unfit)
    assert (found.copy.number, gathering.at, gathering.gap) == (2, Head(), True)


def test_a_flood_takes_a_bounded_space() -> None:
    gathering = Gathering("meetings", CHECK)
    for number in range(1, 3 * MAX_RUN):
        gathering.add(copy(number, b"x"))
    assert len(gathering.suspects()) <= MAX_RUN + MAX_DOUBTS
    assert gathering.gap


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_that_is_registered_or_retired_counts_within_a_second() -> None:
    registers = [register("funding")]
    clock = Clock()
    check = Register(lambda: registers[-1], clock).check
    first, second = told(1, 1)
    signatures = [SourceSignature.parse(str(each.line)) for each in (first, second)]
    registers.append(register("meetings"))
    with pytest.raises(UnknownKey):
        check("meetings", START, first.leaf, signatures[0])
    clock.now += REREAD_S
    head = check("meetings", START, first.leaf, signatures[0])
    registers.append(SourceKeys([(key_of("meetings").verifier, 1)]))
    clock.now += REREAD_S
    with pytest.raises(UnknownKey, match="was retired at its event 1, and signs event 2"):
        check("meetings", head, second.leaf, signatures[1])


def test_a_register_that_cannot_be_read_again_counts_as_it_was() -> None:
    answers = [register()]

    def load() -> SourceKeys:
        if not answers:
            raise UnusableSecret("it is gone")
        return answers.pop()

    clock = Clock()
    check = Register(load, clock).check
    clock.now += REREAD_S
    (first,) = told(1)
    check("meetings", START, first.leaf, SourceSignature.parse(str(first.line)))


def mangled(shuffle: random.Random, whole: list[Copy], others: list[Copy]) -> Copy:
    """A message as somebody without the key could make it from what they saw."""
    number, payload, _, line, _, _ = shuffle.choice(whole)
    other = shuffle.choice([*whole, *others])
    match shuffle.randrange(9):
        case 0:
            payload = payload[:-1]
        case 1:
            at = shuffle.randrange(len(payload))
            payload = payload[:at] + bytes([payload[at] ^ 1 << shuffle.randrange(8)]) + payload[at + 1 :]
        case 2:
            payload = other.entry
        case 3:
            number = max(1, number + shuffle.randint(-3, 3))
        case 4:
            line = other.line
        case 5:
            line = None
        case 6:
            number, line = other.number, other.line
        case 7:
            line = (line or "1 1 00000000 AAAA")[:-5] + "AAAA="
        case _:
            payload, line = entry(number, actor="chair"), line or other.line
    return copy(number, payload, line)


OTHERS = told(1, 2, 1, 2, key=STRANGER)


@settings(max_examples=10_000, deadline=None)
@given(seed=st.integers(0, 2**63))
def test_among_any_mangled_messages_only_what_was_signed_gets_through_and_all_of_it(seed: int) -> None:
    shuffle = random.Random(seed)
    messages = list(RIGHT)
    for _ in range(shuffle.randint(1, 6)):
        messages.insert(shuffle.randrange(len(messages) + 1), mangled(shuffle, RIGHT, OTHERS))
    gathering = Gathering("meetings", CHECK)
    found = gathered(*messages, gathering=gathering)
    assert not any(isinstance(each, Unfit) for each in found)
    # What is missing was noticed, or it is noticed when the source is asked the next time: it sends whole batches.
    lines = [SourceSignature.parse(each.line) for each in RIGHT if each.line]
    for line in lines:
        if line.last > gathering.at.last:
            judged = gathering.judge(RIGHT[: line.last], line.format())
            assert isinstance(judged, Batch)
            found.append(judged)
    entries = [each.entry for batch in found if isinstance(batch, Batch) for each in batch.candidates]
    assert entries == [each.entry for each in RIGHT]
