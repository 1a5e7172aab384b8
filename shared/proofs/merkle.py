"""The Merkle tree over the ledger's entries (RFC 6962 §2.1, RFC 9162 §2.1): hashes, roots, and proofs both ways.

A *perfect subtree* of height ``h`` and index ``i`` covers the ``2**h`` leaves from ``i * 2**h`` on. Its hash never
changes once those leaves are there, so it can be stored. Code that makes proofs gets these hashes from a function
``node(height, index)``. Code that checks proofs needs only the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]
"""``node(height, index)``: the hash of a perfect subtree; height 0 is a leaf's hash."""

Completed = tuple[int, int, bytes]
"""A perfect subtree of height 8 × level that has just been filled: level (from 1), index, hash."""

HASH_SIZE = 32
EMPTY = sha256().digest()
"""The root of the tree without leaves: the hash of nothing (RFC 6962 §2.1)."""


class ProofFailed(Exception):
    """A check failed. The message says what is wrong, and where, in one sentence."""


class Malformed(ProofFailed):
    """Data that cannot be read, because it does not have the form that its specification requires."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || entry), 32 bytes.

    The prefix distinguishes leaves from inner nodes (0x01), so that one cannot be used as the other.
    """
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 || left || right), 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """A growing tree. It keeps only the few hashes that its root is computed from.

    They are the roots of the perfect subtrees that make up the tree, largest first: one for each 1 in the binary form
    of ``size``, at most 64.
    """

    def __init__(self) -> None:
        self.size = 0
        """The number of leaves, which is the next leaf's index."""
        self._peaks: list[bytes] = []

    @classmethod
    def of(cls, size: int, node: Node) -> CompactRange:
        """The range of a tree whose perfect subtrees are stored elsewhere."""
        tree = cls()
        tree.size = size
        tree._peaks = _peaks(0, size, node)
        return tree

    def add(self, leaf: bytes) -> Iterable[Completed]:
        """Append a leaf, by its hash. Returns the perfect subtrees of heights 8, 16, … that it completes."""
        index = self.size
        if index & 255 == 255:
            return self.add_subtree(0, leaf)
        self.size = index + 1
        peaks = self._peaks
        while index & 1:  # each 1 at the end is a subtree of the same height, to be joined with what is new
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            index >>= 1
        peaks.append(leaf)
        return ()

    def add_subtree(self, height: int, root: bytes) -> Iterable[Completed]:
        """Append ``2**height`` leaves at once, by their root. ``size`` must be a multiple of ``2**height``."""
        index = self.size >> height
        self.size += 1 << height
        completed = []
        while True:
            if height and height % 8 == 0:
                completed.append((height // 8, index, root))
            if not index & 1:
                break
            root = node_hash(self._peaks.pop(), root)
            index >>= 1
            height += 1
        self._peaks.append(root)
        return completed

    def root(self) -> bytes:
        """The root of the current tree."""
        return _join(self._peaks)


def root_of(size: int, node: Node) -> bytes:
    """The root of the tree of the first ``size`` leaves."""
    return _join(_peaks(0, size, node))


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The hashes that lead from a leaf to the root of the tree of ``size`` leaves, the leaf's sibling first.

    RFC 6962 §2.1.1. Raises ``ValueError`` if the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has none at {index}")
    proof = []
    start, end = 0, size
    while end - start > 1:  # from the root down: at each fork the other side's hash is needed
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_root(middle, end, node))
            end = middle
        else:
            proof.append(_root(start, middle, node))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """The hashes that prove that the tree of ``new`` leaves begins with the tree of ``old`` leaves.

    RFC 6962 §2.1.2. Empty if there is nothing to prove: ``old`` is 0 or equals ``new``. Raises ``ValueError`` if
    ``old`` is larger.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves cannot be the beginning of one of {new}")
    if old in (0, new):
        return []
    proof = []
    start, end = 0, new
    while end != old:  # towards the place where the old tree ends
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_root(middle, end, node))
            end = middle
        else:
            proof.append(_root(start, middle, node))
            start = middle
    if start:  # otherwise the rest is the old tree itself, and the verifier has its root
        proof.append(_root(start, end, node))
    return proof[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf with this hash is at ``index`` in the tree of ``size`` leaves with this root.

    The algorithm of RFC 9162 §2.1.3.2. Raises ``ProofFailed``.
    """
    if not 0 <= index < size:
        raise ProofFailed(f"The proof is for entry {index}, and a log of size {size} has no such entry.")
    _check_lengths(proof)
    here, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofFailed(f"The inclusion proof of entry {index} is too long for a log of size {size}.")
        if here & 1 or here == last:
            found = node_hash(sibling, found)
            here, last = _out_of_left_edge(here, last)
        else:
            found = node_hash(found, sibling)
        here >>= 1
        last >>= 1
    if last:
        raise ProofFailed(f"The inclusion proof of entry {index} is too short for a log of size {size}.")
    if found != root:
        raise ProofFailed(
            f"The inclusion proof of entry {index} leads to the root {found.hex()}, and the log of size {size} has "
            f"the root {root.hex()}: the entry is not what was recorded there, or the proof is of another log."
        )


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of ``old`` leaves with its root is the beginning of the tree of ``new`` leaves.

    The algorithm of RFC 9162 §2.1.4.2; with ``old`` 0 the proof must be empty and the old root that of no leaves.
    Raises ``ProofFailed``.
    """
    if not 0 <= old <= new:
        raise ProofFailed(f"A log of size {new} cannot go on from one of size {old}: entries are missing.")
    _check_lengths(proof)
    if old in (0, new):
        expected = new_root if old else EMPTY
        if proof:
            raise ProofFailed(f"From size {old} to {new} there is nothing to prove, but a proof was given.")
        if old_root != expected or (new == 0 and new_root != EMPTY):
            raise ProofFailed(f"The log of size {old} has two different roots: it was rewritten.")
        return
    hashes = list(proof)
    if old & (old - 1) == 0:  # the old tree is perfect, so that its root is the first node
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofFailed(f"The consistency proof from size {old} to {new} is empty.")
    here, last = old - 1, new - 1
    while here & 1:
        here >>= 1
        last >>= 1
    old_found = new_found = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            raise ProofFailed(f"The consistency proof from size {old} to {new} is too long.")
        if here & 1 or here == last:
            old_found, new_found = node_hash(other, old_found), node_hash(other, new_found)
            here, last = _out_of_left_edge(here, last)
        else:
            new_found = node_hash(new_found, other)
        here >>= 1
        last >>= 1
    if last:
        raise ProofFailed(f"The consistency proof from size {old} to {new} is too short.")
    if old_found != old_root or new_found != new_root:
        raise ProofFailed(
            f"The log of size {new} does not begin with the log of size {old}: it was rewritten, or it has forked."
        )


def _out_of_left_edge(here: int, last: int) -> tuple[int, int]:
    """Go up as long as the node is a left child: those steps have no sibling inside the tree."""
    while here and not here & 1:
        here >>= 1
        last >>= 1
    return here, last


def _check_lengths(proof: Sequence[bytes]) -> None:
    for number, given in enumerate(proof, 1):
        if len(given) != HASH_SIZE:
            raise Malformed(f"Hash {number} of the proof has {len(given)} bytes instead of {HASH_SIZE}.")


def _split(size: int) -> int:
    """The size of a tree's left side: the largest power of two below ``size`` (which is 2 or more)."""
    return 1 << ((size - 1).bit_length() - 1)


def _root(start: int, end: int, node: Node) -> bytes:
    return _join(_peaks(start, end - start, node))


def _peaks(start: int, size: int, node: Node) -> list[bytes]:
    """The perfect subtrees, largest first, of the ``size`` leaves from ``start``, a multiple of the largest."""
    peaks = []
    for height in range(size.bit_length() - 1, -1, -1):
        if size >> height & 1:
            peaks.append(node(height, start >> height))
            start += 1 << height
    return peaks


def _join(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
