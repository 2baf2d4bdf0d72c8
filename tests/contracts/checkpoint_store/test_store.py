"""What a witness remembers, on both databases: atomic, ordered, and never rolled back by a slower request."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from consent_ledger.proofs.checkpoint import Checkpoint, sign_checkpoint
from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.proofs.merkle import consistency_proof, leaf_hash, root_hash, subtrees_of
from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from consent_ledger.witnessing.tables import Base
from consent_ledger.witnessing.witness import AddCheckpoint, Witness, WitnessReply, origin_hash, screen
from service.storage import open_engine, transaction
from tests.support.clock import START
from tests.support.ledgers import ORIGIN, new_signer
from tests.support.postgres import postgres_server, server_programs
from trust.signing import Ed25519Signer

LOG = new_signer()
COSIGNER = CosignatureSigner("red.example/witness/w", Ed25519Signer.generate())
LEAVES = [leaf_hash(b"%d" % number) for number in range(30)]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield from made(f"sqlite:///{tmp_path}/w.sqlite")
        return
    if server_programs() is None:
        pytest.skip("no PostgreSQL server on this machine: make system installs one")
    with postgres_server() as url:
        yield from made(url)


def made(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def ask(engine: Engine, old: int, new: int) -> int:
    note = sign_checkpoint(Checkpoint(ORIGIN, new, root_hash(LEAVES[:new])), LOG)
    proof = tuple(consistency_proof(old, new, subtrees_of(LEAVES)))
    screened = screen(AddCheckpoint(old, proof, note).to_bytes(), lambda _: LOG.verifier)
    assert not isinstance(screened, WitnessReply)
    with transaction(engine) as session:
        return Witness(SqlCheckpointStore(session, CheckpointRole.WITNESS), COSIGNER).extend(screened, START).status


def test_of_requests_at_once_from_one_size_exactly_one_is_cosigned(engine: Engine) -> None:
    """The first one too, when there is no row to lock yet."""
    for old, sizes in [(0, range(1, 9)), (None, range(11, 19))]:
        with transaction(engine) as session:
            known = SqlCheckpointStore(session, CheckpointRole.WITNESS).get(ORIGIN)
        start = known.size if known and old is None else 0
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda new, start=start: ask(engine, start, new), sizes))
        assert sorted(statuses) == [200] + [409] * 7


def test_roles_and_logs_are_kept_apart(engine: Engine) -> None:
    assert ask(engine, 0, 5) == 200
    with transaction(engine) as session:
        witness, peer = (
            SqlCheckpointStore(session, CheckpointRole.WITNESS),
            SqlCheckpointStore(session, CheckpointRole.PEER),
        )
        seen = witness.get(ORIGIN)
        assert seen is not None
        assert peer.lock(ORIGIN) is None
        assert peer.find(origin_hash(ORIGIN)) is None
        peer.put(ORIGIN, seen)
        assert peer.find(origin_hash(ORIGIN)) == seen == witness.find(origin_hash(ORIGIN))
        peer.forget(ORIGIN)
        assert peer.get(ORIGIN) is None
        assert witness.get(ORIGIN) == seen
