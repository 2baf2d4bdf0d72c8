"""Writers in several threads, each with its own connections, share one unforked log."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent_ledger.consents.register import ConsentRegister
from consent_ledger.consents.sql_consents import SqlConsentStore
from consent_ledger.errors import ConsentTransitionRefused
from consent_ledger.log.sql_store import SqlLedgerStore
from service.storage import transaction
from tests.oracles import merkle as oracle
from tests.support.clock import START
from tests.support.ledgers import grant_of, new_ledger, new_signer, release_of, releases

SIGNER = new_signer()
WRITERS, APPENDS = 4, 15


@pytest.mark.invariant(2)
def test_concurrent_appends_give_one_log_without_gaps(engine: Engine) -> None:
    def write(writer: int) -> list[int]:
        indexes = []
        for _ in range(APPENDS):
            with transaction(engine) as session:
                appended = new_ledger(SqlLedgerStore(session), signer=SIGNER).append(releases(1 + writer), START)
            indexes += [entry.index for entry in appended]
        return indexes

    with ThreadPoolExecutor(WRITERS) as pool:
        indexes = [index for written in pool.map(write, range(WRITERS)) for index in written]
    assert sorted(indexes) == list(range(APPENDS * (1 + 2 + 3 + 4)))
    with transaction(engine) as session:
        ledger = new_ledger(SqlLedgerStore(session), signer=SIGNER)
        assert ledger.verify_head().root == oracle.mth(list(ledger.store.leaves(0, ledger.size())))


@pytest.mark.invariant(4)
def test_a_release_and_a_withdrawal_at_once_never_end_in_a_release_after_it(engine: Engine) -> None:
    for _ in range(10):
        with transaction(engine) as session:
            consent = register(session).grant(grant_of(), START).consent_id

        def withdraw(consent: str = consent) -> int:
            with transaction(engine) as session:
                return register(session).withdraw(consent, START).last_index

        def release(consent: str = consent) -> int | None:
            with transaction(engine) as session:
                found = register(session).live("p1", "case_coordination", "ong-b", START)
                if consent not in {live.consent_id for live in found}:
                    return None
                ledger = new_ledger(SqlLedgerStore(session), signer=SIGNER)
                return ledger.append([release_of(consent)], START)[0].index

        with ThreadPoolExecutor(2) as pool:
            released, withdrawn = pool.submit(release), pool.submit(withdraw)
            index = released.result()
            assert index is None or index < withdrawn.result()


@pytest.mark.invariant(4)
def test_of_two_withdrawals_at_once_one_is_recorded(engine: Engine) -> None:
    with transaction(engine) as session:
        consent = register(session).grant(grant_of(), START).consent_id

    def withdraw(_: int) -> bool:
        try:
            with transaction(engine) as session:
                register(session).withdraw(consent, START)
        except ConsentTransitionRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(withdraw, range(2))) == [False, True]


def register(session: Session) -> ConsentRegister:
    ledger = new_ledger(SqlLedgerStore(session), signer=SIGNER)
    return ConsentRegister(ledger, SqlConsentStore(session), controller="ong-a")
