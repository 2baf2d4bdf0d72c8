import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_ledger.errors import LedgerDamaged
from consent_ledger.proofs.merkle import (
    HASH_BYTES,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_hash,
    subtrees_of,
)
from consent_ledger.proofs.tiles import (
    TILE_WIDTH,
    TileHashes,
    TileRef,
    bundle_path,
    decode_bundle,
    encode_bundle,
    grow,
    number_path,
    tiles_of,
    width_of,
)
from trust.errors import MalformedDocument


@pytest.mark.parametrize(
    ("number", "path"),
    [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067"), (10**6, "x001/x000/000")],
)
def test_tile_numbers_are_written_as_the_specification_has_them(number: int, path: str) -> None:
    assert number_path(number) == path


def test_paths_of_full_and_partial_tiles() -> None:
    assert TileRef(0, 1067, 256).path == "tile/0/x001/067"
    assert TileRef(2, 0, 1).path == "tile/2/000.p/1"
    assert bundle_path(273, 112) == "tile/entries/273.p/112"


def test_the_tiles_of_70000_entries_are_those_of_the_specification() -> None:
    tiles = list(tiles_of(70_000))
    full = [sum(tile.level == level and tile.width == 256 for tile in tiles) for level in range(3)]
    assert full == [273, 1, 0]
    partial = [(tile.level, tile.index, tile.width) for tile in tiles if tile.width < 256]
    assert partial == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]


def test_the_tiles_of_256_entries_and_of_none() -> None:
    assert list(tiles_of(256)) == [TileRef(0, 0, 256), TileRef(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=5), st.data())
def test_a_truncated_bundle_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    whole = encode_bundle(entries)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MalformedDocument):
        decode_bundle(whole[:cut], len(entries))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=5), st.data())
def test_growing_in_any_steps_gives_the_same_tree_and_its_tiles_give_the_proofs(
    steps: list[int], data: st.DataObject
) -> None:
    hashes = [leaf_hash(b"%d" % number) for number in range(sum(steps))]
    frontier: list[bytes] = []
    levels: dict[int, list[bytes]] = {}
    size = 0
    for step in steps:
        for level, nodes in grow(frontier, size, hashes[size : size + step]).items():
            levels.setdefault(level, []).extend(nodes)
        size += step

    def read(level: int, index: int, width: int) -> bytes:
        return b"".join(levels[level][index * TILE_WIDTH : index * TILE_WIDTH + width])

    assert [len(levels[level]) for level in sorted(levels)] == [size >> 8 * level for level in sorted(levels)]
    slow = subtrees_of(hashes)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    edge = TileHashes(size, read, lambda start, end: hashes[start:end])
    edge.know(size, frontier)
    for fast in (TileHashes(size, read), TileHashes(size, read, lambda start, end: hashes[start:end]), edge):
        assert fast(0, size) == root_hash(hashes)
        assert inclusion_proof(index, size, fast) == inclusion_proof(index, size, slow)
        assert consistency_proof(old, size, fast) == consistency_proof(old, size, slow)


def test_a_short_tile_is_damage() -> None:
    hashes = TileHashes(3, lambda _level, _index, _width: b"\0" * HASH_BYTES)
    with pytest.raises(LedgerDamaged):
        hashes(0, 3)


def test_missing_leaves_are_damage() -> None:
    hashes = TileHashes(3, lambda _level, _index, _width: b"", lambda _start, _end: [b"\0" * HASH_BYTES])
    with pytest.raises(LedgerDamaged):
        hashes(0, 3)


def test_widths_beyond_the_end_are_zero() -> None:
    assert [width_of(0, index, 300) for index in range(4)] == [256, 44, 0, 0]
