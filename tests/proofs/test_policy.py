"""A policy says whose signatures to trust: the files of C2SP tlog-policy, cosignatures and quorums."""

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.proofs import cosignature
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import Malformed, ProofFailed, leaf_hash
from shared.proofs.note import COSIGNATURE_V1, ED25519, Note, Signature, VerifierKey
from shared.proofs.policy import Group, Log, Policy, Witness

ORIGIN = "folkmoot.example/ledger"
AGENCIES = ("council", "police", "fire", "health")


def private_of(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(leaf_hash(seed.encode()))


def log_key(seed: str = "log", name: str = ORIGIN) -> VerifierKey:
    return VerifierKey(name, ED25519, private_of(seed).public_key().public_bytes_raw())


def witness_key(agency: str) -> VerifierKey:
    return VerifierKey(f"{agency}.example/witness", COSIGNATURE_V1, private_of(agency).public_key().public_bytes_raw())


def signed(text: str, *agencies: str, seconds: int = 1_416_826_800, seed: str = "log") -> Note:
    lines = [Signature.by(log_key(seed), private_of(seed).sign(text.encode()))]
    for agency in agencies:
        signature = private_of(agency).sign(cosignature.message(text, seconds))
        lines.append(Signature.by(witness_key(agency), cosignature.join(seconds, signature)))
    return Note(text, tuple(lines))


CHECKPOINT = Checkpoint(ORIGIN, 1, leaf_hash(b"entry"))
TEXT = CHECKPOINT.format()

FILE = f"""\
# Of a partnership: the council and two of three agencies.
log {log_key().format()} https://folkmoot.example/ledger

witness council {witness_key("council").format()}
  witness police\t{witness_key("police").format()} https://police.example/witness
witness fire {witness_key("fire").format()}
witness health {witness_key("health").format()}
group agencies 2 police fire health
group all-of-us all council agencies
quorum all-of-us
""".encode()


def test_a_policy_file_is_read_and_written() -> None:
    policy = Policy.parse(FILE)
    assert policy.logs == (Log(log_key(), "https://folkmoot.example/ledger"),)
    assert policy.witnesses["police"] == Witness("police", witness_key("police"), "https://police.example/witness")
    assert policy.groups["agencies"] == Group("agencies", 2, ("police", "fire", "health"))
    assert policy.groups["all-of-us"].threshold == 2
    assert Policy.parse(policy.format()) == policy
    assert policy.keys_of(ORIGIN) == [log_key()]
    assert policy.keys_of("elsewhere") == []


@pytest.mark.parametrize(
    ("witnesses", "enough"),
    [
        ((), False),
        (("council",), False),
        (("council", "police"), False),
        (("council", "police", "health"), True),
        (("police", "fire", "health"), False),
        (AGENCIES, True),
        (("council", "agencies", "all-of-us"), False),
        (("council", "police", "stranger"), False),
    ],
)
def test_the_quorum_counts_witnesses_through_groups(witnesses: tuple[str, ...], enough: bool) -> None:
    assert Policy.parse(FILE).satisfied(witnesses) is enough


def test_a_quorum_of_none_needs_no_witness_and_of_one_needs_that_one() -> None:
    assert Policy.of([log_key()]).satisfied([])
    one = Policy.parse(f"witness w {witness_key('fire').format()}\nquorum w\n".encode())
    assert (one.satisfied([]), one.satisfied(["w"])) == (False, True)


def test_a_checkpoint_signed_and_cosigned_by_the_quorum_is_believed() -> None:
    verified = Policy.parse(FILE).verify(signed(TEXT, "council", "fire", "health"))
    assert verified.checkpoint == CHECKPOINT
    assert verified.logs == (log_key(),)
    assert verified.witnesses == ("council", "fire", "health")


def test_too_few_cosignatures_are_refused_and_the_quorum_is_named() -> None:
    with pytest.raises(ProofFailed, match=r"cosigned by council, fire; that is not the quorum all-of-us \(2 of counc"):
        Policy.parse(FILE).verify(signed(TEXT, "council", "fire"))


def test_a_repeated_cosignature_counts_once() -> None:
    note = signed(TEXT, "council", "fire", "fire", "fire")
    with pytest.raises(ProofFailed, match="cosigned by council, fire;"):
        Policy.parse(FILE).verify(note)


def test_a_wrong_cosignature_is_refused_even_where_it_is_not_needed() -> None:
    note = signed(TEXT, "council", "fire", "health", "police")
    last = note.signatures[-1]
    later = cosignature.join(1_416_826_801, last.signature[8:])
    wrong = note._replace(signatures=(*note.signatures[:-1], last._replace(signature=later)))
    with pytest.raises(ProofFailed, match=r"signature of police\.example/witness"):
        Policy.parse(FILE).verify(wrong)


def test_a_cosignature_does_not_count_as_the_logs_signature_or_the_reverse() -> None:
    as_log = Note(TEXT, signed(TEXT, *AGENCIES).signatures[1:])
    with pytest.raises(ProofFailed, match="no signature of folkmoot"):
        Policy.parse(FILE).verify(as_log)
    plain = Signature.by(witness_key("fire"), private_of("fire").sign(TEXT.encode()))
    with pytest.raises(ProofFailed, match=r"signature of fire\.example/witness"):
        Policy.parse(FILE).verify(Note(TEXT, (*signed(TEXT, "council", "health").signatures, plain)))


def test_another_log_is_not_believed() -> None:
    other = Checkpoint("other.example/ledger", 1, CHECKPOINT.root).format()
    with pytest.raises(ProofFailed, match=r"of the log 'other\.example/ledger'; the policy knows folkmoot\.example"):
        Policy.parse(FILE).verify(signed(other, *AGENCIES))


def test_a_log_may_have_two_keys_while_it_changes_them() -> None:
    policy = Policy.of([log_key("old"), log_key("new")])
    for seed in ("old", "new"):
        assert policy.verify(signed(TEXT, seed=seed)).logs == (log_key(seed),)


def test_the_cosignature_of_the_specification_has_its_form() -> None:
    line = "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    seconds, signature = cosignature.split(b64decode(line)[4:])
    assert (seconds, len(signature)) == (1679315147, 64)
    assert cosignature.message("origin\n1\nroot\n", seconds) == b"cosignature/v1\ntime 1679315147\norigin\n1\nroot\n"
    assert cosignature.join(seconds, signature) == b64decode(line)[4:]
    for data in (b"", bytes(71), bytes(73), b"\x80" + bytes(71)):
        with pytest.raises(Malformed):
            cosignature.split(data)


FIRE = witness_key("fire").format()


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("", "no quorum line"),
        ("quorum none\nquorum none\n", "Line 2.*already a quorum"),
        ("quorum w\n", "Line 1.*'w' is not a witness or group"),
        (f"quorum w\nwitness w {FIRE}\n", "Line 1.*not a witness or group of an earlier line"),
        ("log\n", "not a valid line for a log"),
        ("logs of ours\n", "not a valid line for a log"),
        (f"witness none {FIRE}\n", "'none' is taken"),
        (f"witness w {FIRE}\ngroup w any w\n", "'w' is taken"),
        (f"witness w {FIRE}\nwitness v {FIRE}\n", "Line 2.*already that of a witness"),
        (f"witness w {log_key().format()}\n", "has type 1"),
        (f"log {FIRE}\n", "has type 4"),
        (f"log {log_key().format()}\nlog {log_key(name='other').format()}\n", "Line 2.*already that of a log"),
        (f"log {log_key().format()[:-1]}\n", "is not a verifier key"),
        ("group g any none\n", "'none' is not a witness"),
        (f"witness w {FIRE}\ngroup g any w w\n", "can count only once"),
        (f"witness w {FIRE}\ngroup g any w\ngroup h any w\n", "Line 3.*can count only once"),
        *((f"witness w {FIRE}\ngroup g {k} w\n", "any, all, or a number") for k in ("0", "2", "-1", "01", "most")),
        ("quorum\x0bnone\n", "control character"),
        ("quorum none\r\n", "control character"),
    ],
)
def test_what_is_not_a_policy_is_refused_with_its_line(file: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        Policy.parse(file.encode())


def test_octets_beyond_ascii_are_kept_as_they_are() -> None:
    file = b"# caf\xe9\nwitness \xff " + FIRE.encode() + b"\nquorum \xff\n"
    policy = Policy.parse(file)
    assert Policy.parse(policy.format()) == policy
    with pytest.raises(Malformed):
        Policy.parse(b"log \xff" + log_key().format().encode())


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_crash_the_reading_of_a_policy(data: bytes) -> None:
    with pytest.raises(Malformed):
        Policy.parse(data)


def test_a_long_chain_of_groups_can_be_read() -> None:
    lines = [f"witness w {FIRE}", "group g0 any w", *(f"group g{n} any g{n - 1}" for n in range(1, 5000))]
    policy = Policy.parse("\n".join([*lines, "quorum g4999"]).encode())
    assert (policy.satisfied([]), policy.satisfied(["w"])) == (False, True)
