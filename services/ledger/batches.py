"""Batches: what a source signed, put together from copies that come one by one. Pure.

Copies on the bus may be lost, repeated, out of order, or forged. They are put together only if they come as the source
published them: a batch's events in order, the last with the signature. For everything else the source is asked, whose
own record decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from services.ledger.entry import Candidate, NotAnEntry, examine
from services.ledger.register import UnknownKey
from shared.proofs.merkle import Malformed, ProofFailed, leaf_hash
from shared.proofs.sources import START, SourceSignature

MAX_RUN_BYTES = 4 * 1024 * 1024
"""Bytes of a batch that wait for its signature. A source signs less at once."""
MAX_RUN = 10_000
"""Copies of a batch that wait for its signature."""
MAX_DOUBTS = 2_000
"""Copies of one source whose numbers and hashes are remembered until they can be judged."""

Check = Callable[[str, bytes, bytes, SourceSignature], bytes]
"""The head after a batch: ``check(source, before, leaves, signature)``. Raises ``ProofFailed`` or ``UnknownKey``."""


class Reason(StrEnum):
    """Why a message is refused."""

    UNKNOWN_SOURCE = "unknown source"
    NO_NUMBER = "no number"
    UNKNOWN_KEY = "unknown key"
    WRONG_SIGNATURE = "wrong signature"
    OTHER_BYTES = "other bytes than recorded"
    NOT_RECORDED = "not in the source's record"


class Copy(NamedTuple):
    """A message that claims to be an event of a source."""

    number: int
    entry: bytes
    leaf: bytes
    line: str | None
    """The signature that it carries."""
    traceparent: str | None
    origin: Callable[[], str]
    """Says where it came from, in words for people."""

    @classmethod
    def of(
        cls, number: int, entry: bytes, origin: Callable[[], str], line: str | None = None, trace: str | None = None
    ) -> Copy:
        """The copy with its leaf hash."""
        return cls(number, entry, leaf_hash(entry), line, trace, origin)


class Doubt(NamedTuple):
    """A copy that is in no batch yet. It is judged when the ledger has its number, or the source says it has none."""

    number: int
    leaf: bytes
    origin: str


class Head(NamedTuple):
    """How far the ledger has a source's events."""

    last: int = 0
    """The number of the last; 0 if there is none."""
    head: bytes = START


class Batch(msgspec.Struct, frozen=True):
    """A batch whose signature was found right."""

    source: str
    signature: SourceSignature
    before: bytes
    """The head that it continues."""
    head: bytes
    """The head after it."""
    candidates: tuple[Candidate, ...]

    @property
    def size(self) -> int:
        """The number of its events."""
        return len(self.candidates)


class Past(NamedTuple):
    """A signed batch with numbers that the ledger already has: a repeat, or a contradiction."""

    signature: SourceSignature
    copies: Sequence[Copy]

    @property
    def size(self) -> int:
        """The number of its events."""
        return len(self.copies)


class Wrong(NamedTuple):
    """A batch that is refused."""

    reason: Reason
    why: str
    copy: Copy
    """The one with the signature."""


class Unfit(NamedTuple):
    """A batch that the source signed, with an event that cannot become an entry."""

    why: str
    copy: Copy
    size: int
    """The number of the batch's events."""


Judged = Batch | Past | Wrong | Unfit | None
"""None: not a whole batch that comes next."""


class Gathering:
    """Puts one source's copies together."""

    def __init__(self, source: str, check: Check) -> None:
        self.at = Head()
        """What the next batch continues."""
        self.gap = False
        """Set when copies were passed over because something before them is missing: the source must be asked."""
        self.doubts: deque[Doubt] = deque(maxlen=MAX_DOUBTS)
        self._source = source
        self._check = check
        self._next: list[Copy] = []
        self._past: list[Copy] = []
        self._bytes = 0

    def add(self, copy: Copy) -> Judged:
        """Add the next message. Returns what it completes."""
        run = self._past if copy.number <= self.at.last else self._next
        if run and copy.number != run[-1].number + 1:
            place = copy.number - run[0].number
            if 0 <= place < len(run) and run[place].leaf == copy.leaf:
                return None  # a repeat inside a batch that is still coming
            self._doubt(run)
        run.append(copy)
        self._bytes += len(copy.entry)
        if copy.line is not None:
            return self._complete(run, copy.line)
        if self._bytes > MAX_RUN_BYTES or len(run) > MAX_RUN or run[0].number > self.at.last + 1:
            self.gap = True
            self._doubt(run)
        return None

    def _complete(self, run: list[Copy], line: str) -> Judged:
        last = run[-1].number
        judged = self.judge(tuple(run), line)
        match judged:
            case Batch() | Past() | Unfit():
                del run[-judged.size :]
            case Wrong():
                del run[-1:]
        if isinstance(judged, Wrong | Unfit | None) and last > self.at.last:
            self.gap = True
        self._doubt(run)
        return judged

    def judge(self, copies: Sequence[Copy], line: str) -> Judged:
        """Judge a batch that ends with these copies. If it comes next, ``at`` moves on."""
        try:
            signature = SourceSignature.parse(line)
        except Malformed as error:
            return Wrong(Reason.WRONG_SIGNATURE, str(error), copies[-1])
        if signature.last != copies[-1].number:
            return Wrong(Reason.WRONG_SIGNATURE, f"It is for event {signature.last}.", copies[-1])
        if signature.size > len(copies) or signature.first > self.at.last + 1:
            return None
        batch = copies[-signature.size :]
        if signature.first <= self.at.last:
            return Past(signature, batch)
        judged = self.verified(signature, batch, self.at.head)
        if isinstance(judged, Batch):
            self.at = Head(signature.last, judged.head)
        return judged

    def verified(self, signature: SourceSignature, copies: Sequence[Copy], before: bytes) -> Batch | Wrong | Unfit:
        """The batch, if its source has signed it after the head ``before``."""
        try:
            head = self._check(self._source, before, b"".join(copy.leaf for copy in copies), signature)
        except UnknownKey as error:
            return Wrong(Reason.UNKNOWN_KEY, str(error), copies[-1])
        except ProofFailed as error:
            return Wrong(Reason.WRONG_SIGNATURE, str(error), copies[-1])
        candidates = []
        for copy in copies:
            try:
                candidates.append(examine(self._source, copy.number, copy.entry, copy.traceparent))
            except NotAnEntry as error:
                return Unfit(str(error), copy, len(copies))
        return Batch(self._source, signature, before, head, tuple(candidates))

    def suspects(self) -> list[Doubt]:
        """All copies that are in no batch so far. When the source has been asked after this, they can be judged."""
        self._doubt(self._past)
        return [*self.doubts, *map(_doubt_of, self._next[-MAX_DOUBTS:])]

    def known(self) -> list[Doubt]:
        """Take out the doubts with numbers that the ledger has by now."""
        if self._next and self._next[0].number <= self.at.last:
            self._doubt(self._next)
        return self._take_out(lambda doubt: doubt.number <= self.at.last)

    def unknown(self, suspects: Collection[Doubt]) -> list[Doubt]:
        """Take out those of the suspects that came after the ledger's last number."""
        asked = set(suspects)
        if self._next and _doubt_of(self._next[-MAX_DOUBTS:][0]) in asked:
            self._doubt(self._next)
        return self._take_out(lambda doubt: doubt.number > self.at.last and doubt in asked)

    def _take_out(self, which: Callable[[Doubt], bool]) -> list[Doubt]:
        found = [doubt for doubt in self.doubts if which(doubt)]
        if found:
            self.doubts = deque((doubt for doubt in self.doubts if not which(doubt)), MAX_DOUBTS)
        return found

    def _doubt(self, run: list[Copy]) -> None:
        self.doubts.extend(map(_doubt_of, run[-MAX_DOUBTS:]))
        run.clear()
        self._bytes = sum(len(copy.entry) for copy in (*self._next, *self._past))


def _doubt_of(copy: Copy) -> Doubt:
    return Doubt(copy.number, copy.leaf, copy.origin())
