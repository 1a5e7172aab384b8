"""Signed notes and checkpoints are those of C2SP, to the byte, and Ed25519 is that of RFC 8032."""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.proofs import ed25519
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import EMPTY, Malformed, ProofFailed
from shared.proofs.note import COSIGNATURE_V1, ED25519, Note, Signature, VerifierKey

# The example of the signed-note specification.
KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

# RFC 8032 §7.1: TEST 1, 2, 3 and SHA(abc): public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032_hold(public: str, message: str, signature: str) -> None:
    key, text, signed = (bytes.fromhex(part) for part in (public, message, signature))
    assert ed25519.verify(key, text, signed)
    assert not ed25519.verify(key, text + b"x", signed)


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_plain_python_agrees_with_the_library_that_signs(seed: bytes, message: bytes, data: st.DataObject) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert ed25519.verify(public, message, signature)
    bit = data.draw(st.integers(0, 511))
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not ed25519.verify(public, message, bytes(flipped))


@settings(deadline=None)
@given(st.binary(max_size=40) | st.binary(min_size=32, max_size=32), st.binary(min_size=60, max_size=64))
def test_no_bytes_crash_the_check_of_a_signature(public: bytes, signature: bytes) -> None:
    assert ed25519.verify(public, b"message", signature) is False


def test_a_signature_has_one_form_only() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature = private.sign(b"text")
    s = int.from_bytes(signature[32:], "little") + ed25519.L
    assert not ed25519.verify(
        private.public_key().public_bytes_raw(), b"text", signature[:32] + s.to_bytes(32, "little")
    )


def test_the_note_of_the_specification_is_signed_by_its_key() -> None:
    key = VerifierKey.parse(KEY)
    note = Note.parse(NOTE)
    assert (key.name, key.type, key.key_id.hex(), key.format()) == ("example.com/foo", ED25519, "530d903a", KEY)
    assert (note.text, note.format()) == ("This is an example message.\n", NOTE)
    assert note.verify([key]) == [key]


def test_another_text_under_the_same_signature_is_refused() -> None:
    changed = Note.parse(NOTE)._replace(text="This is another message.\n")
    with pytest.raises(ProofFailed, match=r"signature of example.com/foo \(key 530d903a\) is not one of this text"):
        changed.verify([VerifierKey.parse(KEY)])


def test_signatures_of_strangers_are_passed_over_and_prove_nothing() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    stranger = VerifierKey("stranger.example", ED25519, private.public_key().public_bytes_raw())
    note = Note.parse(NOTE)
    both = Note(note.text, (*note.signatures, Signature.by(stranger, private.sign(note.text.encode()))))
    assert both.verify([VerifierKey.parse(KEY)]) == [VerifierKey.parse(KEY)]
    with pytest.raises(ProofFailed, match=r"no signature of stranger\.example"):
        note.verify([stranger])
    with pytest.raises(ProofFailed, match="no key at all"):
        note.verify([])


def test_a_key_under_another_name_is_another_key() -> None:
    key = VerifierKey.parse(KEY)
    assert key._replace(name="example.com/bar").key_id != key.key_id
    assert key._replace(type=COSIGNATURE_V1).key_id != key.key_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        KEY.replace("530d903a", "530d903b"),
        KEY.replace("foo", "f o"),
        KEY[:-4],
        KEY + "AAAA",
        KEY + "\n",
        KEY.replace("530d903a", "530D903A"),
        "+" + KEY,
        "example.com/foo+530d903a+" + b64encode(b"\x02" + b64decode(KEY.rpartition("+")[2])[1:]).decode(),
    ],
)
def test_what_is_not_a_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"text\n",
        NOTE.replace(b" example.com", b"  example.com"),
        NOTE.replace("—".encode(), b"-"),
        NOTE.replace(b"message", b"mess\tage"),
        NOTE.replace(b"message", b"mess\xffage"),
        NOTE.replace(b"aQM=", b"aQM"),
        NOTE.replace(b"aQM=", b"aQN="),
        NOTE + NOTE.split(b"\n\n")[1] * 100,
        b"x" * 1_000_001,
    ],
)
def test_what_is_not_a_note_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Note.parse(data)


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_crash_the_reading_of_notes(data: bytes) -> None:
    for parse in (
        lambda: Note.parse(data),
        lambda: Note.parse(b"text\n\n" + data),
        lambda: VerifierKey.parse(data.decode("latin-1")),
        lambda: Checkpoint.parse(data.decode("latin-1")),
    ):
        with pytest.raises(Malformed):
            parse()


def test_the_checkpoint_of_the_specification_is_read_and_written() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size, len(checkpoint.root)) == ("example.com/behind-the-sofa", 20852163, 32)
    assert checkpoint.format() == text
    assert Checkpoint.parse(text + "more\n").extensions == ("more",)


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_written(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("folkmoot.local/ledger", size, root)
    assert Checkpoint.parse(checkpoint.format()) == checkpoint


@pytest.mark.parametrize("size", ["01", "-1", "+1", "1_0", "", "1.0", "9223372036854775808", "\u0661", "9" * 5000])
def test_a_size_is_written_in_decimal(size: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint.parse(f"origin\n{size}\n{b64encode(EMPTY).decode()}\n")


def test_what_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(ProofFailed):
        Checkpoint("two\nlines", 0, EMPTY).format()
    with pytest.raises(ProofFailed):
        Note("no newline", ()).format()
