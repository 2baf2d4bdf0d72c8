"""Ledgers of millions of entries in seconds: real tiles over leaf hashes drawn at random, and a signed checkpoint.

Only the entries of the last, unfinished tile are written as entries: no proof and no append reads any other.
"""

import os

from sqlalchemy import Engine, insert

from consent_ledger.log.entry import encode_time, seal_entry
from consent_ledger.log.tables import LedgerEntryRow, LedgerHeadRow, LedgerTileRow
from consent_ledger.proofs.checkpoint import Checkpoint, sign_checkpoint
from consent_ledger.proofs.merkle import HASH_BYTES, fold, leaf_hash
from consent_ledger.proofs.note import NoteSigner
from consent_ledger.proofs.tiles import TILE_BYTES, TILE_WIDTH, grow
from service.storage import transaction
from tests.benchmarks.ledger import NOW, release

_CHUNK = 400
"""Tiles written at a time."""


def fill(engine: Engine, signer: NoteSigner, size: int) -> None:
    """Make an empty ledger one of `size` entries."""
    frontier: list[bytes] = []
    rising: dict[int, list[bytes]] = {}
    full = size // TILE_WIDTH
    for first in range(0, full, _CHUNK):
        data = os.urandom(TILE_BYTES * min(_CHUNK, full - first))
        hashes = [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]
        for level, nodes in grow(frontier, first * TILE_WIDTH, hashes).items():
            rising.setdefault(level, []).extend(nodes if level else [])
        _write_tiles(engine, 0, first, data)
    last = [seal_entry(release(number), encode_time(NOW)) for number in range(size % TILE_WIDTH)]
    grow(frontier, full * TILE_WIDTH, [leaf_hash(entry.leaf) for entry in last])
    for level, nodes in rising.items():
        _write_tiles(engine, level, 0, b"".join(nodes))
    note = sign_checkpoint(Checkpoint(signer.name, size, fold(frontier)), signer)
    with transaction(engine) as session:
        rows = [{"entry_index": i, "leaf": entry.leaf} for i, entry in enumerate(last, full * TILE_WIDTH)]
        if rows:
            session.execute(insert(LedgerEntryRow), rows)
        head = {"origin": signer.name, "size": size, "frontier": b"".join(frontier), "checkpoint": note, "time": NOW}
        session.execute(insert(LedgerHeadRow), [{"id": 1, **head}])


def _write_tiles(engine: Engine, level: int, first: int, data: bytes) -> None:
    tiles = [data[i : i + TILE_BYTES] for i in range(0, len(data), TILE_BYTES)]
    rows = [{"level": level, "tile_index": first + i, "hashes": tile} for i, tile in enumerate(tiles)]
    if rows:
        with transaction(engine) as session:
            session.execute(insert(LedgerTileRow), rows)
