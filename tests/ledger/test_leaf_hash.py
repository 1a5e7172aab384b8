"""The leaf hash is that of RFC 6962, to the bit."""

from shared.proofs.merkle import leaf_hash


def test_the_hash_of_the_empty_leaf_is_the_published_one() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_a_leaf_is_not_hashed_as_an_inner_node() -> None:
    # The tree of one leaf "L123456" in RFC 9162's reference implementations.
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
