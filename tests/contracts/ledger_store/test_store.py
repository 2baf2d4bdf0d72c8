"""What every `LedgerStore` does, in memory, on SQLite and on PostgreSQL."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from consent_ledger.audit.verify import verify_export
from consent_ledger.errors import LedgerDamaged
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.sql_store import SqlLedgerStore
from consent_ledger.log.tables import LedgerHeadRow
from consent_ledger.proofs.trust_policy import TrustPolicy
from service.storage import transaction
from tests.oracles import merkle as oracle
from tests.support.clock import START
from tests.support.ledgers import Work, new_ledger, new_signer, releases

SIGNER = new_signer()
STEPS = (1, 254, 1, 1, 700, 2)


def test_a_new_store_is_empty(work: Work) -> None:
    with work() as store:
        assert store.head() is None
        assert store.lock_head() is None
        assert list(store.leaves(0, 10)) == []
        assert list(store.bodies(0, 10)) == []
        assert store.tile(0, 0) is None


def test_what_was_appended_in_many_transactions_reads_back_as_one_log(work: Work) -> None:
    written: list[bytes] = []
    for number, step in enumerate(STEPS):
        with work() as store:
            now = START + timedelta(minutes=number)
            written += [entry.leaf for entry in new_ledger(store, signer=SIGNER).append(releases(step), now)]
    with work() as store:
        ledger = new_ledger(store, signer=SIGNER)
        assert list(store.leaves(0, ledger.size())) == written
        assert list(store.leaves(255, 257)) == written[255:257]
        assert [stored.index for stored in store.bodies(0, ledger.size())] == list(range(sum(STEPS)))
        checkpoint = ledger.verify_head()
        assert checkpoint.root == oracle.mth(written)
        assert ledger.last_time() == START + timedelta(minutes=len(STEPS) - 1)
        assert ledger.inclusion_proof(300) == oracle.path(300, written)
        assert ledger.consistency_proof(256) == oracle.consistency(256, written)


def test_erased_bodies_are_gone_and_leaves_stay(work: Work) -> None:
    with work() as store:
        new_ledger(store, signer=SIGNER).append(releases(5), START)
    with work() as store:
        assert store.erase_bodies([1, 3, 99]) == 2
    with work() as store:
        assert [stored.index for stored in store.bodies(0, 5)] == [0, 2, 4]
        assert len(list(store.leaves(0, 5))) == 5


def test_an_export_passes_the_audit(work: Work, tmp_path: Path) -> None:
    with work() as store:
        ledger = new_ledger(store, signer=SIGNER)
        ledger.append(releases(300), START)
        summary = export_ledger(ledger, tmp_path / "export")
    assert (summary.size, summary.bodies) == (300, 300)
    report = verify_export(tmp_path / "export", TrustPolicy.of_log(SIGNER.vkey))
    structure = [check for check in report.checks if check.number <= 7]
    assert not any(check.errors for check in structure)
    assert report.check("releases").errors == 300  # these entries name a consent nobody gave


def test_an_index_is_never_written_twice(engine: Engine) -> None:
    with transaction(engine) as session:
        new_ledger(SqlLedgerStore(session), signer=SIGNER).append(releases(2), START)
        session.execute(update(LedgerHeadRow).values(size=1))  # a head that lags behind the entries
    with pytest.raises(LedgerDamaged), transaction(engine) as session:
        new_ledger(SqlLedgerStore(session), signer=SIGNER).append(releases(1), START)
