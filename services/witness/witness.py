"""A witness's answers (C2SP tlog-witness, § add-checkpoint), and the evidence it keeps of refusals."""

from __future__ import annotations

import base64
from typing import NamedTuple

import structlog

from services.witness.key import WitnessKey
from services.witness.known import KnownLogs
from services.witness.memory import Book, Kind, Latest, Memory, Refusal
from services.witness.submission import Submission
from shared.proofs.merkle import EMPTY, Malformed, ProofFailed, verify_consistency
from shared.proofs.note import Note, VerifierKey
from shared.runtime.ground.clock import Clock, now

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"

log = structlog.get_logger(service="witness")


class Answer(NamedTuple):
    """An answer over HTTP."""

    status: int
    body: str
    media_type: str = TEXT


class Witness:
    """Cosigns a checkpoint that continues the known history, and no other."""

    def __init__(self, key: WitnessKey, logs: KnownLogs, memory: Memory, clock: Clock = now) -> None:
        self._key = key
        self.logs = logs
        self.memory = memory
        self._clock = clock

    @property
    def verifier(self) -> VerifierKey:
        """The public key that checks this witness's cosignatures."""
        return self._key.verifier

    def add_checkpoint(self, body: bytes) -> Answer:
        """The answer to a request. If it is a cosignature, the checkpoint is already on this witness's disk.

        Raises ``sqlite3.Error`` if the memory cannot be read or written. Nothing is cosigned then.
        """
        try:
            submission = Submission.parse(body)
        except Malformed as error:
            return Answer(400, f"{error}\n")
        origin, size = submission.checkpoint.origin, submission.checkpoint.size
        keys = self.logs.keys_of(origin)
        if not keys:
            return Answer(404, f"This witness does not know the log {origin[:200]!r}.\n")
        try:
            signed = _signed_by(keys, submission.note)
        except ProofFailed as error:
            log.warning("a checkpoint was not signed by its log", origin=origin, size=size, why=str(error))
            return Answer(403, f"{error}\n")
        if submission.old > size:
            return Answer(400, f"The old size, {submission.old}, is larger than the checkpoint's, {size}.\n")
        with self.memory.writing() as book:
            answer, refusal = self._judge(book, submission, signed)
            if refusal is not None:
                book.refuse(refusal)
        # Log only after the commit, so that the witness remembers everything its log says.
        if refusal is not None:
            log.error(
                f"REFUSED: {refusal.reason}",
                kind=refusal.kind,
                origin=origin,
                offered_size=refusal.offered_size,
                held_size=refusal.held_size,
            )
        elif answer.status == 200:
            log.info("cosigned", origin=origin, size=size)
        return answer

    def _judge(self, book: Book, submission: Submission, signed: Note) -> tuple[Answer, Refusal | None]:
        """The answer to a checkpoint signed by a known log, and the evidence if it speaks against the log."""
        checkpoint, at = submission.checkpoint, int(self._clock().timestamp())
        held = book.latest(checkpoint.origin)
        found = _contradiction(held, submission)
        if submission.old != (held.size if held else 0):
            answer = Answer(409, f"{held.size if held else 0}\n", SIZE)
        elif found is not None:
            answer = Answer(422, f"{found[1]}\n")
        else:
            cosignature = self._key.cosign(signed.text, at)
            book.keep(checkpoint, Note(signed.text, (*signed.signatures, cosignature)).format().decode(), at)
            answer = Answer(200, cosignature.format())
        if found is None or found[0] is None:
            return answer, None
        return answer, _evidence(found[0], found[1], held, submission, signed, at)


def _signed_by(keys: tuple[VerifierKey, ...], note: Note) -> Note:
    """The note with only its log's signatures, one by each key.

    Raises ``ProofFailed`` if there is none or one is wrong. Two signatures by one key are refused before any is
    checked: repeating a signature would make a different note of the same checkpoint, which anyone could have kept as
    new evidence, and each copy takes a while to check.
    """
    names = {(key.name, key.key_id) for key in keys}
    mine = [signature for signature in note.signatures if signature[:2] in names]
    if len({signature[:2] for signature in mine}) < len(mine):
        raise ProofFailed("The checkpoint has several signatures by one key of its log; one is enough.")
    note.verify(keys)
    return Note(note.text, tuple(mine))


def _contradiction(held: Latest | None, submission: Submission) -> tuple[Kind | None, str] | None:
    """How a submission contradicts the known history, in a sentence; None if it shows no contradiction.

    Without a kind it is the sender's mistake and says nothing about the log.
    """
    origin, size, root, _ = submission.checkpoint
    if size == 0 and root != EMPTY:
        return Kind.FORK, f"{origin} signed a checkpoint of no entries whose root is not that of an empty log."
    held_size, held_root = (held.size, held.root) if held else (0, EMPTY)
    if size == held_size and root != held_root:
        return Kind.FORK, (
            f"{origin} signed two different histories of {size} entries. The two notes prove it: the log shows"
            " different histories to different people, or it was rewritten."
        )
    if size < held_size:
        return Kind.ROLLBACK, (
            f"{origin} signed a checkpoint of {size} entries, but this witness has already cosigned {held_size}."
            " Either the log lost published entries, for example by restoring an older copy, or someone sent an old"
            " checkpoint again."
        )
    if submission.old != held_size:
        return None  # The proof begins elsewhere, so it proves nothing either way.
    if held_size in (0, size) and submission.proof:
        # The known history is empty or the same, so every signed checkpoint continues it, whatever the proof says.
        return None, f"From {held_size} entries to {size} there is nothing to prove, but a proof was sent."
    try:
        verify_consistency(held_size, held_root, size, root, submission.proof)
    except ProofFailed as error:
        return Kind.REWRITE, (
            f"{origin} signed a checkpoint of {size} entries without a proof that it continues the {held_size} that"
            f" this witness has cosigned. Either the log was rewritten, or the sender made a wrong proof. {error}"
        )
    return None


def _evidence(kind: Kind, reason: str, held: Latest | None, submission: Submission, signed: Note, at: int) -> Refusal:
    return Refusal(
        origin=submission.checkpoint.origin,
        kind=kind,
        offered=signed.format().decode(),
        offered_size=submission.checkpoint.size,
        held=held.note if held else "",
        held_size=held.size if held else 0,
        old=submission.old,
        proof="".join(f"{base64.b64encode(digest).decode()}\n" for digest in submission.proof),
        reason=reason,
        first_at=at,
        last_at=at,
    )
