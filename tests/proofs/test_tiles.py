"""Tiles and bundles have the paths and the form of C2SP tlog-tiles."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.proofs.merkle import CompactRange, Malformed, inclusion_proof, leaf_hash, root_of
from shared.proofs.tiles import (
    Place,
    Row,
    bundle,
    entries_of,
    entries_path,
    hashes_of,
    node_from,
    parse_path,
    rows,
    tile_path,
)


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 0) == "tile/0/000"
    assert tile_path(2, 1234067) == "tile/2/x001/x234/067"
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert entries_path(999) == "tile/entries/999"
    assert entries_path(1000, 1) == "tile/entries/x001/000.p/1"


@settings(deadline=None)
@given(st.none() | st.integers(0, 63), st.integers(0, 10**18), st.integers(1, 256))
def test_every_path_can_be_read_back(level: int | None, index: int, width: int) -> None:
    place = Place(level, index, width)
    assert parse_path(place.path) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/0",
        "tile/64/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/0/000/001",
        "tile/0/x000/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p",
        "tile/0/\u0660\u0660\u0661",
        "tile/entries/../000",
        "tile/0/001\n",
        "/tile/0/001",
    ],
)
def test_there_is_one_right_way_to_write_a_path(path: str) -> None:
    with pytest.raises(Malformed):
        parse_path(path)


@settings(deadline=None)
@given(st.text())
def test_no_text_crashes_the_reading_of_paths(text: str) -> None:
    with pytest.raises(Malformed):
        parse_path(text)


def test_the_sizes_of_the_specification_have_their_tiles() -> None:
    assert rows(70_000) == [Row(0, 273, 112), Row(1, 1, 17), Row(2, 0, 1)]
    assert rows(256) == [Row(0, 1, 0), Row(1, 0, 1)]
    assert rows(0) == []
    assert [place.path for place in rows(513)[0].places()] == ["tile/0/000", "tile/0/001", "tile/0/002.p/1"]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=600), max_size=256))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert entries_of(bundle(entries)) == entries


def test_the_longest_entry_fits_and_no_longer_one() -> None:
    assert entries_of(bundle([bytes(65_535), b""])) == [bytes(65_535), b""]
    with pytest.raises(OverflowError):
        bundle([bytes(65_536)])


def test_a_bundle_that_ends_within_an_entry_says_which() -> None:
    with pytest.raises(Malformed, match="its entry 1 "):
        entries_of(bundle([b"one", b"two"])[:-1])
    with pytest.raises(Malformed, match="its entry 2 "):
        entries_of(bundle([b"one", b"two"]) + b"\0")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_bundle_or_refused(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert bundle(entries_of(data)) == data


@settings(deadline=None)
@given(st.integers(1, 1300), st.data())
def test_proofs_can_be_made_from_tiles_alone(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([number % 256, number // 256])) for number in range(size)]
    tree = CompactRange()
    levels: dict[int, list[bytes]] = {0: leaves}
    for leaf in leaves:
        for level, _, completed in tree.add(leaf):
            levels.setdefault(level, []).append(completed)
    node = node_from(lambda level, index: b"".join(levels[level][index * 256 : (index + 1) * 256]))
    assert root_of(size, node) == tree.root()
    index = data.draw(st.integers(0, size - 1))
    assert len(inclusion_proof(index, size, node)) <= size.bit_length()


def test_a_tile_too_short_or_not_of_whole_hashes_is_refused() -> None:
    with pytest.raises(Malformed, match=r"tile/0/000 ends before"):
        node_from(lambda level, index: bytes(32))(1, 0)
    for data in (b"", bytes(31), bytes(257 * 32)):
        with pytest.raises(Malformed):
            hashes_of(data)
