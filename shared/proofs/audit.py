"""Checks a whole log: computes every hash again from the entries, and trusts nothing else.

It checks these, in this order, and stops at the first that is wrong:

1. the log has signed the checkpoint, and the quorum of witnesses in the policy has cosigned it;
2. the log has signed the earlier checkpoints that were kept, and none is larger than this one;
3. every entry has its leaf hash, and is an event as Folkmoot records them;
4. every tile of every level holds the hashes over those entries, and no others;
5. the root over the entries is the one in the checkpoint, and the earlier checkpoints' roots are on the way to it;
6. each entry was signed by the service that it comes from, each service's entries in the order in which it signed them;
7. no event id occurs twice, and the facts on each subject are complete and in order from the first.

A log of any length takes the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from . import ed25519
from .checkpoint import Checkpoint, parse_number
from .events import ExaminedBundle
from .files import Files
from .merkle import HASH_SIZE, CompactRange, Completed, Malformed, ProofFailed, inclusion_proof, verify_inclusion
from .note import MAX_BYTES as MAX_NOTE
from .note import Note, VerifierKey
from .order import Chains, Ids
from .policy import Policy, VerifiedCheckpoint
from .reading import Reading, speaking_of
from .signers import KEYS, Signer, Signers
from .sources import SourceKeys, Verify
from .tiles import HEIGHT, WIDTH, Place, node_from, rows

MAX_KEYS = 1024 * 1024
"""Bytes in the register of sources' keys."""


class AuditResult(NamedTuple):
    """The result for a log in which everything is right."""

    verified: VerifiedCheckpoint
    """The newest checkpoint and its signers."""
    earlier: tuple[int, ...]
    """The sizes of the smaller checkpoints that it continues."""
    own_policy: bool
    """Whether the policy came with the log, so that the log itself said whose signatures to trust."""
    signers: tuple[Signer, ...]
    """The services that signed the entries."""
    own_source_keys: bool
    """Whether the services' keys came with the log."""


def audit(
    files: Files,
    policy: Policy | None = None,
    workers: int = 1,
    report: Callable[[int, int], object] = lambda done, size: None,
    *,
    source_keys: SourceKeys | None = None,
    verify: Verify = ed25519.verify,
) -> AuditResult:
    """Check everything. Raises ``ProofFailed``, which says in a sentence what is wrong first, and where.

    ``policy``: whose signatures to trust; None uses the log's own file ``policy``. ``source_keys``: the services' keys;
    None uses the file ``sources/keys``. ``workers``: the number of processes that hash and read entries and check
    signatures; 1 means this one. ``report`` gets the entries checked so far and their total. ``verify`` checks one
    signature of a service; workers must be able to import it.
    """
    if policy is None:
        with speaking_of("policy"):
            believed = Policy.parse(files.read("policy", MAX_NOTE))
    else:
        believed = policy
    with speaking_of("checkpoint"):
        verified = believed.verify(Note.parse(files.read("checkpoint", MAX_NOTE)))
    with speaking_of("keys"):
        keys = _keys(files.read("keys", MAX_NOTE), verified)
    earlier = dict(_earlier(files, believed, keys, verified.checkpoint))
    services = source_keys or _source_keys(files)
    signers = _Walk(files, verified.checkpoint, earlier, services, verify, workers, report).walk()
    smaller = (size for size in earlier if size < verified.checkpoint.size)
    return AuditResult(verified, tuple(smaller), policy is None, signers, source_keys is None)


def _source_keys(files: Files) -> SourceKeys:
    with speaking_of(KEYS):
        return SourceKeys.parse(files.read(KEYS, MAX_KEYS).decode(errors="surrogateescape"))


def _keys(data: bytes, verified: VerifiedCheckpoint) -> list[VerifierKey]:
    """The log's keys, including retired ones."""
    keys = [VerifierKey.parse(line) for line in data.decode(errors="surrogateescape").splitlines()]
    for key in verified.logs:
        if key not in keys:
            raise ProofFailed(f"{key.format()}, which signed the checkpoint, is not among them.")
    return keys


def _earlier(
    files: Files, policy: Policy, keys: Iterable[VerifierKey], newest: Checkpoint
) -> Iterator[tuple[int, bytes]]:
    """Size and root of each earlier checkpoint, in the order of their sizes."""
    with speaking_of("checkpoints"):
        sizes = sorted(parse_number(name, "The name of a file") for name in files.names("checkpoints"))
    of_log = (key for key in keys if key.name == newest.origin)
    accepted = Policy.of(dict.fromkeys((*policy.keys_of(newest.origin), *of_log)))
    for size in sizes:
        path = f"checkpoints/{size}"
        with speaking_of(path):
            note = Note.parse(files.read(path, MAX_NOTE))
            _, stated, root, _ = accepted.verify(note).checkpoint
            policy.cosigners(note)
            if stated != size:
                raise ProofFailed(f"This is a checkpoint of size {stated}.")
            if size > newest.size:
                raise ProofFailed(
                    f"The log had {size} entries when it signed this, but its checkpoint now has {newest.size}: "
                    "it was rolled back."
                )
        yield size, root


class _Walk:
    """One pass through all entries of a log."""

    def __init__(
        self,
        files: Files,
        checkpoint: Checkpoint,
        earlier: Mapping[int, bytes],
        source_keys: SourceKeys,
        verify: Verify,
        workers: int,
        report: Callable[[int, int], object],
    ) -> None:
        self._files = files
        self._signers = Signers(files, source_keys)
        self._reading = Reading(files, checkpoint.size, verify, workers)
        self._checkpoint = checkpoint
        self._earlier = earlier
        self._report = report
        self._tree = CompactRange()
        self._sound = 0
        """The size of the largest earlier checkpoint that the entries agree with so far."""
        self._rows = rows(checkpoint.size)
        self._derived: list[list[bytes]] = [[] for _ in self._rows]
        """For each level above the leaves, the hashes of the tile that is being filled."""

    def walk(self) -> tuple[Signer, ...]:
        size = self._checkpoint.size
        self._pass_earlier()
        with Ids() as ids, Chains() as chains:
            for place, examined in self._reading.bundles():
                self._compare(place, examined)
                if examined.fault:
                    raise ProofFailed(f"Entry {place.index * WIDTH + len(examined.ids)} {examined.fault}.")
                ids.add(examined.ids)
                _link(chains, place, examined)
                for source, leaves in examined.sources:
                    self._reading.claims += self._signers.add(source, leaves)
                self._grow(place, examined)
                self._report(self._tree.size, size)
            self._end()
            if self._reading.wrong:
                raise ProofFailed(self._reading.wrong)
            signers = self._signers.end()
            doubles = ids.doubles()
            suspects = chains.suspects()
        if doubles:
            self._find(doubles)
        if suspects:
            self._find_broken(suspects)
        return signers

    def _find(self, doubles: set[int]) -> None:
        """Raise if two entries have the same id. Two ids with the same hash can still differ."""
        seen: dict[str, int] = {}
        for place, examined in self._reading.bundles():
            for position, identity in enumerate(examined.ids, place.index * WIDTH):
                if hash(identity) in doubles and seen.setdefault(identity, position) != position:
                    raise ProofFailed(
                        f"Entry {position} has the same id as entry {seen[identity]}: {identity[:100]!r}."
                    )

    def _find_broken(self, suspects: set[int]) -> None:
        """Raise if one of these chains is broken. Two chains with the same hash can both be whole."""
        last: dict[str, int] = {}
        for place, examined in self._reading.bundles():
            for at, (chain, number) in enumerate(zip(examined.chains, examined.numbers)):  # noqa: B905 - Python 3.9
                if hash(chain) in suspects:
                    before = last.get(chain, 0)
                    if number != before + 1:
                        raise _broken(place, examined, at, before)
                    last[chain] = number

    def _compare(self, place: Place, examined: ExaminedBundle) -> None:
        """Compare a bundle's entries with the hashes in its tile of level 0."""
        tile = Place(0, place.index, place.width)
        stored = self._tile(tile)
        if examined.hashes == stored:
            return
        first = place.index * WIDTH
        derived, right = _hashes(examined.hashes), _hashes(stored)
        for number in range(min(len(derived), len(right))):
            if derived[number] != right[number]:
                raise ProofFailed(self._blame(first + number, place, examined.hashes, tile, stored))
        raise ProofFailed(
            f"{place.path} holds {len(derived)} entries instead of {place.width}: "
            f"{'some follow' if len(derived) > place.width else 'the log goes on'} after entry "
            f"{first + min(len(derived), place.width) - 1}."
        )

    def _blame(self, position: int, place: Place, derived: bytes, tile: Place, stored: bytes) -> str:
        """Find out whether the entry or the tile is wrong: the right one leads to the checkpoint's root."""
        number = position % WIDTH
        _, size, root, _ = self._checkpoint
        edge = {row.level: Place(row.level, row.full, row.partial) for row in self._rows if row.partial}

        def leads_to_root(hashes: bytes) -> bool:
            def read(level: int, index: int) -> bytes:
                if (level, index) == (0, tile.index):
                    return hashes
                right = edge.get(level)
                return self._tile(right if right and right.index == index else Place(level, index))

            try:
                leaf = _hashes(hashes)[number]
                verify_inclusion(position, size, leaf, inclusion_proof(position, size, node_from(read)), root)
            except ProofFailed:
                return False
            return True

        mine, theirs = _hashes(derived)[number], _hashes(stored)
        if leads_to_root(stored):
            elsewhere = ""
            if mine in theirs:
                elsewhere = f"; it was recorded as entry {position - number + theirs.index(mine)}"
            return (
                f"Entry {position} ({place.path}) is not what was recorded there: its hash is {mine.hex()}, but the "
                f"checkpoint covers {theirs[number].hex()}{elsewhere}."
            )
        if leads_to_root(derived):
            return f"{tile.path}, hash {number}, is not the hash of entry {position}. The entry is as it was recorded."
        return (
            f"Entry {position} ({place.path}) has the hash {mine.hex()}, {tile.path} says {theirs[number].hex()}, "
            "but neither leads to the root in the checkpoint."
        )

    def _grow(self, place: Place, examined: ExaminedBundle) -> None:
        """Append a bundle's entries to the tree."""
        tree = self._tree
        end = tree.size + place.width
        stops = [size for size in self._earlier if tree.size < size <= end]
        if examined.root and not stops:
            self._fill(tree.add_subtree(HEIGHT, examined.root))
            return
        for leaf in _hashes(examined.hashes):
            self._fill(tree.add(leaf))
            if tree.size in stops:
                self._pass_earlier()

    def _pass_earlier(self) -> None:
        """If there is an earlier checkpoint of the present size, compare its root."""
        size = self._tree.size
        if self._earlier.get(size, self._tree.root()) != self._tree.root():
            raise ProofFailed(
                f"checkpoints/{size}: this log does not begin with the {size} entries that were signed then: "
                f"something between entries {self._sound} and {size - 1} was rewritten later."
            )
        if size in self._earlier:
            self._sound = size

    def _fill(self, completed: Iterable[Completed]) -> None:
        for level, index, digest in completed:
            derived = self._derived[level]
            derived.append(digest)
            if len(derived) == WIDTH:
                self._compare_tile(Place(level, index // WIDTH), derived)
                derived.clear()

    def _compare_tile(self, place: Place, derived: list[bytes]) -> None:
        stored = _hashes(self._tile(place))
        for number, digest in enumerate(derived):
            if stored[number] != digest:
                leaves = WIDTH ** (place.level or 0)
                first = (place.index * WIDTH + number) * leaves
                raise ProofFailed(
                    f"{place.path}, hash {number}, is {stored[number].hex()}, but over the entries {first} to "
                    f"{first + leaves - 1} it is {digest.hex()}: the tile is wrong, or an entry was rewritten."
                )

    def _end(self) -> None:
        """Compare the tiles at the right edge, then the root."""
        for row in self._rows[1:]:
            if row.partial:
                self._compare_tile(Place(row.level, row.full, row.partial), self._derived[row.level])
        _, size, root, _ = self._checkpoint
        if self._tree.root() != root:
            raise ProofFailed(
                f"The root over the {size} entries is {self._tree.root().hex()}, but the log signed {root.hex()}: "
                f"something between entries {self._sound} and {size - 1} was rewritten, or the log has forked."
            )

    def _tile(self, place: Place) -> bytes:
        data = self._files.read(place.path, WIDTH * HASH_SIZE)
        if len(data) != place.width * HASH_SIZE:
            raise Malformed(f"{place.path} has {len(data)} bytes instead of {place.width * HASH_SIZE}.")
        return data


def _hashes(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def _link(chains: Chains, place: Place, examined: ExaminedBundle) -> None:
    broken = chains.add(examined.chains, examined.numbers)
    if broken is not None:
        raise _broken(place, examined, *broken)


def _broken(place: Place, examined: ExaminedBundle, at: int, before: int) -> ProofFailed:
    return ProofFailed(
        f"Entry {place.index * WIDTH + at} is fact {examined.numbers[at]} of {examined.chains[at]!r}, but the one "
        f"before it is fact {before}: a fact is missing, repeated or in the wrong order."
    )
