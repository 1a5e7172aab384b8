"""The tree is that of RFC 6962: compared with its recursive definitions, and its proofs with themselves."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.proofs.merkle import (
    EMPTY,
    CompactRange,
    ProofFailed,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(str(number).encode()) for number in range(1100)]
SIZES = [0, 1, 2, 3, 5, 7, 8, 9, 255, 256, 257, 511, 512, 513, 768, 1023, 1024, 1025]
sizes = st.integers(0, len(LEAVES)) | st.sampled_from(SIZES)


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], b: bool) -> list[bytes]:
    """RFC 6962 §2.1.2, word for word."""
    if m == len(leaves):
        return [] if b else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], b), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def node(height: int, index: int) -> bytes:
    return mth(LEAVES[index << height : (index + 1) << height])


def test_the_empty_log_has_the_published_root() -> None:
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert CompactRange().root() == root_of(0, node) == EMPTY


def test_the_tree_of_the_reference_implementation_has_its_published_root() -> None:
    # The eight leaves of Certificate Transparency's own test data, and the root published with them.
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    tree = CompactRange()
    for entry in entries:
        tree.add(leaf_hash(bytes.fromhex(entry)))
    assert tree.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@settings(deadline=None)
@given(sizes)
def test_a_growing_tree_has_the_root_of_the_definition(size: int) -> None:
    tree = CompactRange()
    for leaf in LEAVES[:size]:
        tree.add(leaf)
    assert (tree.size, tree.root()) == (size, mth(LEAVES[:size]))
    assert root_of(size, node) == tree.root()


@settings(deadline=None)
@given(sizes, sizes)
def test_a_tree_taken_up_from_stored_nodes_grows_on_alike(size: int, more: int) -> None:
    tree = CompactRange.of(size, node)
    for leaf in LEAVES[size : size + more]:
        tree.add(leaf)
    assert tree.root() == mth(LEAVES[: size + more])


def test_each_full_subtree_of_256_is_returned_once() -> None:
    tree, completed = CompactRange(), []
    for leaf in LEAVES:
        completed += tree.add(leaf)
    assert completed == [(1, index, node(8, index)) for index in range(len(LEAVES) // 256)]


def test_higher_subtrees_are_returned_with_the_leaf_that_fills_them() -> None:
    tree = CompactRange.of(65_535, lambda height, index: bytes([height]) * 32)
    assert [(level, index) for level, index, _ in tree.add(bytes(32))] == [(1, 255), (2, 0)]
    assert list(tree.add(bytes(32))) == []


@settings(deadline=None)
@given(st.data())
def test_an_inclusion_proof_is_that_of_the_definition_and_holds(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, node)
    assert proof == path(index, LEAVES[:size])
    verify_inclusion(index, size, LEAVES[index], proof, mth(LEAVES[:size]))


@settings(deadline=None)
@given(st.data())
def test_a_consistency_proof_is_that_of_the_definition_and_holds(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(LEAVES)))
    old = data.draw(st.integers(0, new))
    proof = consistency_proof(old, new, node)
    assert proof == (subproof(old, LEAVES[:new], True) if old else [])
    verify_consistency(old, mth(LEAVES[:old]), new, mth(LEAVES[:new]), proof)


@settings(deadline=None)
@given(st.data())
def test_a_changed_inclusion_proof_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 600))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, node)
    root = mth(LEAVES[:size])
    at = data.draw(st.integers(0, len(proof) - 1))
    for changed in (proof[:at] + proof[at + 1 :], [*proof[:at], bytes(32), *proof[at:]], [*proof, bytes(32)]):
        with pytest.raises(ProofFailed):
            verify_inclusion(index, size, LEAVES[index], changed, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
    with pytest.raises(ProofFailed):
        verify_inclusion(other, size, LEAVES[index], proof, root)
    with pytest.raises(ProofFailed):
        verify_inclusion(index, size, LEAVES[other], proof, root)
    with pytest.raises(ProofFailed, match="no such entry"):
        verify_inclusion(size, size, LEAVES[index], proof, root)


@settings(deadline=None)
@given(st.data())
def test_a_rewritten_log_has_no_consistency_proof(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 600))
    old = data.draw(st.integers(1, new - 1))
    rewritten = list(LEAVES[:new])
    rewritten[data.draw(st.integers(0, old - 1))] = leaf_hash(b"never recorded")
    proof = subproof(old, rewritten, True)
    with pytest.raises(ProofFailed):
        verify_consistency(old, mth(LEAVES[:old]), new, mth(rewritten), proof)
    with pytest.raises(ProofFailed):
        verify_consistency(old, mth(LEAVES[:old]), new, mth(rewritten), subproof(old, LEAVES[:new], True))


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.lists(st.binary(min_size=32, max_size=32), max_size=8))
def test_made_up_proofs_are_refused_without_a_crash(old: int, new: int, proof: list[bytes]) -> None:
    with pytest.raises(ProofFailed):
        verify_consistency(old, bytes(32), new, b"1" * 32, proof)
    with pytest.raises(ProofFailed):
        verify_inclusion(old, new, bytes(32), proof, b"1" * 32)


def test_the_same_size_with_another_root_is_a_rewrite() -> None:
    verify_consistency(5, LEAVES[0], 5, LEAVES[0], [])
    with pytest.raises(ProofFailed, match="two different roots"):
        verify_consistency(5, LEAVES[0], 5, LEAVES[1], [])
    with pytest.raises(ProofFailed, match="entries are missing"):
        verify_consistency(6, LEAVES[0], 5, LEAVES[1], [])
    with pytest.raises(ProofFailed, match="31 bytes"):
        verify_consistency(4, LEAVES[0], 5, LEAVES[1], [bytes(31)])


def test_what_a_tree_does_not_have_cannot_be_proved() -> None:
    with pytest.raises(ValueError, match="none at 5"):
        inclusion_proof(5, 5, node)
    with pytest.raises(ValueError, match="cannot be the beginning"):
        consistency_proof(6, 5, node)
