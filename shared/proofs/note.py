"""Signed notes and the keys that check them (C2SP signed-note, c2sp.org/signed-note).

A note is a text, an empty line, and signatures, each of which names its key. Only a signature by a trusted key means
anything. Other signatures are ignored, so that logs can change keys and witnesses can add theirs.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from . import cosignature, ed25519
from .merkle import Malformed, ProofFailed

ED25519 = 0x01
"""A key that signs the note's text as it is: a log's."""
COSIGNATURE_V1 = 0x04
"""A key that signs a checkpoint with a time: a witness's (see ``cosignature``)."""
MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100


class VerifierKey(NamedTuple):
    """A public key, with the name of its owner and the type of signature it checks."""

    name: str
    type: int
    public: bytes
    """32 bytes: the Ed25519 public key."""

    @property
    def key_id(self) -> bytes:
        """Four bytes that, together with the name, identify the key in a signature."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key of its text, ``name+id+base64``. Raises ``Malformed``."""
        name, plus, rest = text.partition("+")
        key_id, second_plus, material = rest.partition("+")
        data = decode_base64(material)
        if not (plus and second_plus and data and is_key_name(name)):
            raise Malformed(f"{text[:100]!r} is not a verifier key: name+id+base64.")
        if data[0] not in (ED25519, COSIGNATURE_V1) or len(data) != 33:
            raise Malformed(f"The key of {name!r} is not an Ed25519 key of a log (type 1) or a witness (type 4).")
        key = cls(name, data[0], data[1:])
        if key.key_id.hex() != key_id:
            raise Malformed(f"The key of {name!r} has the id {key.key_id.hex()}, but calls itself {key_id[:20]!r}.")
        return key

    def format(self) -> str:
        """The key's text."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.type]) + self.public).decode()}"

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether a signature, in the form after the key's id in a note's line, is this key's for a note's text."""
        if self.type == COSIGNATURE_V1:
            try:
                seconds, signature = cosignature.split(signature)
            except Malformed:
                return False
            return ed25519.verify(self.public, cosignature.message(text, seconds), signature)
        return ed25519.verify(self.public, text.encode(), signature)


class Signature(NamedTuple):
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes
    """The bytes after the key's id: 64 bytes of Ed25519; in a cosignature eight bytes of time come before them."""

    @classmethod
    def by(cls, key: VerifierKey, signature: bytes) -> Signature:
        """The line for a signature that was made with this key."""
        return cls(key.name, key.key_id, signature)

    @classmethod
    def parse(cls, line: str) -> Signature:
        """The signature in a line, given without its newline. Raises ``Malformed``."""
        dash, _, rest = line.partition(" ")
        name, _, material = rest.partition(" ")
        data = decode_base64(material)
        if dash != "—" or not is_key_name(name) or data is None or len(data) < 5:
            raise Malformed(f"{line[:80]!r} is not a signature line: — name base64.")
        return cls(name, data[:4], data[4:])

    def format(self) -> str:
        """The line, with its newline."""
        return f"— {self.name} {b64encode(self.key_id + self.signature).decode()}\n"


class Note(NamedTuple):
    """A text with its signatures."""

    text: str
    """With its final newline."""
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """The note in these bytes. Nothing is verified yet. Raises ``Malformed``."""
        if len(data) > MAX_BYTES:
            raise Malformed(f"The note has {len(data)} bytes; the limit is {MAX_BYTES}.")
        try:
            note = data.decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"The note is not UTF-8, from byte {error.start} on.") from None
        for at, character in enumerate(note):
            if character < " " and character != "\n":
                raise Malformed(f"The note has a control character, U+{ord(character):04X}, at character {at}.")
        text, gap, lines = note.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            raise Malformed("The note has no empty line before its signatures, or does not end with a newline.")
        signatures = lines[:-1].split("\n")
        if len(signatures) > MAX_SIGNATURES:
            raise Malformed(f"The note has {len(signatures)} signatures; {MAX_SIGNATURES} are enough.")
        return cls(text + "\n", tuple(Signature.parse(line) for line in signatures))

    def format(self) -> bytes:
        """The note's bytes. Raises ``ValueError`` if the note could not be read back."""
        data = (self.text + "\n" + "".join(signature.format() for signature in self.signatures)).encode()
        if Note.parse(data) != self:
            raise ValueError("a note's text must end with a newline, and a note must have a signature")
        return data

    def verify(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """The keys that have signed. Ignores signatures by other keys.

        Raises ``ProofFailed`` if a signature in the name of one of the keys is wrong, or if none of them has signed.
        """
        wanted = list(keys)
        signed = []
        for key in wanted:
            mine = [signature for signature in self.signatures if signature[:2] == (key.name, key.key_id)]
            if not all(key.verify(self.text, signature.signature) for signature in mine):
                raise ProofFailed(f"The signature of {key.name} (key {key.key_id.hex()}) is not one of this text.")
            if mine:
                signed.append(key)
        if not signed:
            names = ", ".join(f"{key.name} (key {key.key_id.hex()})" for key in wanted) or "no key at all"
            raise ProofFailed(f"The note has no signature of {names}.")
        return signed


def is_key_name(name: str) -> bool:
    """Whether this can be a key's name: Unicode, not empty, without spaces and plus signs."""
    return bool(name) and not any(char.isspace() or char == "+" or "\ud800" <= char <= "\udfff" for char in name)


def decode_base64(text: str) -> bytes | None:
    """The bytes of standard Base64 (RFC 4648 §4), or ``None`` if it is not in its canonical form."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    return data if b64encode(data).decode() == text else None
