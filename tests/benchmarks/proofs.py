"""Proofs out of a stored ledger, each checked by its verifier before the next one is timed."""

import random
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine

from consent_ledger.checkpoint import read_checkpoint
from consent_ledger.log import ConsentLedger
from consent_ledger.merkle import HASH_BYTES, leaf_hash, verify_consistency, verify_inclusion
from consent_ledger.note import NoteSigner
from consent_ledger.sql_store import SqlLedgerStore
from consent_ledger.tiles import TILE_WIDTH
from node.runtime.storage import snapshot
from tests.benchmarks.timing import Latency


def ledger_proofs(engine: Engine, signer: NoteSigner, *, calls: int) -> tuple[Latency, Latency]:
    """Return the times of inclusion and of consistency proofs at random places."""
    rng = random.Random(20261122)
    with snapshot(engine) as session:
        ledger = ConsentLedger(SqlLedgerStore(session), signer)
        newest = read_checkpoint(ledger.checkpoint())
        inclusion, consistency = [], []
        for _ in range(calls):
            index, old = rng.randrange(newest.size), rng.randrange(1, newest.size)
            seconds, proof = _timed(lambda index=index: ledger.inclusion_proof(index))  # type: ignore[misc] # bound now
            inclusion.append(seconds)
            verify_inclusion(index, newest.size, _leaf_hash(ledger, index), proof, newest.root)
            seconds, proof = _timed(lambda old=old: ledger.consistency_proof(old))  # type: ignore[misc] # bound now
            consistency.append(seconds)
            verify_consistency(old, newest.size, ledger.subtrees()(0, old), newest.root, proof)
    return Latency.of(inclusion), Latency.of(consistency)


def peer_proofs(tree: Any, *, calls: int) -> tuple[Latency, Latency]:
    """Return the same of pymerkle's tree, which counts from 1."""
    rng = random.Random(20261122)
    size = tree.get_size()
    inclusion = [_timed(lambda: tree.prove_inclusion(rng.randint(1, size)))[0] for _ in range(calls)]
    consistency = [_timed(lambda: tree.prove_consistency(rng.randint(1, size - 1)))[0] for _ in range(calls)]
    return Latency.of(inclusion), Latency.of(consistency)


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
