"""Proofs out of a stored ledger, one after the other as those of the peer; each is checked once all are timed."""

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Engine

from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.sql_store import SqlLedgerStore
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.proofs.merkle import HASH_BYTES, leaf_hash, verify_consistency, verify_inclusion
from consent_ledger.proofs.note import NoteSigner
from consent_ledger.proofs.tiles import TILE_WIDTH
from service.storage import snapshot
from tests.benchmarks.timing import Latency


def ledger_proofs(engine: Engine, signer: NoteSigner, *, calls: int) -> tuple[Latency, Latency]:
    """Return the times of inclusion and of consistency proofs at random places."""
    rng = random.Random(20261122)
    with snapshot(engine) as session:
        ledger = ConsentLedger(SqlLedgerStore(session), signer)
        newest = read_checkpoint(ledger.checkpoint())
        indexes = [rng.randrange(newest.size) for _ in range(calls)]
        sizes = [rng.randrange(1, newest.size) for _ in range(calls)]
        inclusion = [_timed(partial(ledger.inclusion_proof, index)) for index in indexes]
        consistency = [_timed(partial(ledger.consistency_proof, size)) for size in sizes]
        for index, (_, proof) in zip(indexes, inclusion, strict=True):
            verify_inclusion(index, newest.size, _leaf_hash(ledger, index), proof, newest.root)
        for size, (_, proof) in zip(sizes, consistency, strict=True):
            verify_consistency(size, newest.size, ledger.subtrees()(0, size), newest.root, proof)
    return _latency(inclusion), _latency(consistency)


def peer_proofs(tree: Any, *, calls: int) -> tuple[Latency, Latency]:
    """Return the same of pymerkle's tree, which counts from 1."""
    rng = random.Random(20261122)
    size = tree.get_size()
    inclusion = [_timed(partial(tree.prove_inclusion, rng.randint(1, size))) for _ in range(calls)]
    consistency = [_timed(partial(tree.prove_consistency, rng.randint(1, size - 1))) for _ in range(calls)]
    return _latency(inclusion), _latency(consistency)


def _latency(timed: Sequence[tuple[float, Any]]) -> Latency:
    return Latency.of([seconds for seconds, _ in timed])


def _leaf_hash(ledger: ConsentLedger, index: int) -> bytes:
    tile = ledger.store.tile(0, index // TILE_WIDTH)
    if tile is None:
        return leaf_hash(ledger.leaf(index))
    place = index % TILE_WIDTH * HASH_BYTES
    return tile[place : place + HASH_BYTES]


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result
