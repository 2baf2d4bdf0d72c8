"""Units of work that come at once share a transaction, and nothing else: no failure, and no early word of success."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import InvalidRequestError, OperationalError
from sqlalchemy.orm import Session

from consent_ledger.errors import EntryInvalid
from consent_ledger.log.sql_store import SqlLedgerStore
from service.errors import RuntimeFault, StorageBusy
from service.group_commit import GroupCommit
from service.storage import snapshot
from tests.oracles import merkle as oracle
from tests.support.clock import START
from tests.support.ledgers import new_ledger, new_signer, releases
from tests.support.waiting import PATIENCE_SECONDS

SIGNER = new_signer()
UNITS = 12


def append(session: Session, count: int = 1) -> list[int]:
    ledger = new_ledger(SqlLedgerStore(session), signer=SIGNER)
    return [entry.index for entry in ledger.append(releases(count), START)]


class Crowd:
    """Holds the first unit back until all others wait, so that these form one group."""

    def __init__(self, engine: Engine) -> None:
        self.group = GroupCommit(engine)
        self.pool = ThreadPoolExecutor(UNITS + 1)
        self._inside, self.open = threading.Event(), threading.Event()
        self.first = self.pool.submit(self.group.run, self._held)
        assert self._inside.wait(PATIENCE_SECONDS)

    def _held(self, session: Session) -> list[int]:
        self._inside.set()
        assert self.open.wait(PATIENCE_SECONDS)
        return append(session)

    def submit(self, *units: Callable[[Session], object]) -> list[Future[object]]:
        futures: list[Future[object]] = []
        for number, unit in enumerate(units, 1):
            futures.append(self.pool.submit(self.group.run, unit))
            while self.group.waiting < number:
                threading.Event().wait(0.001)  # queued, in this order
        self.open.set()
        return futures


@pytest.fixture
def crowd(engine: Engine) -> Iterator[Crowd]:
    crowd = Crowd(engine)
    yield crowd
    crowd.open.set()
    crowd.pool.shutdown()


@contextmanager
def counted_commits(engine: Engine) -> Iterator[list[int]]:
    seen: list[int] = []
    event.listen(engine, "commit", lambda _: seen.append(1))
    yield seen


def entries(engine: Engine) -> int:
    with snapshot(engine) as session:
        ledger = new_ledger(SqlLedgerStore(session), signer=SIGNER)
        leaves = list(ledger.store.leaves(0, 10_000))
        assert ledger.verify_head().root == oracle.mth(leaves)
        return len(leaves)


@pytest.mark.invariant(2)
def test_units_that_wait_share_one_commit_and_give_one_log(engine: Engine, crowd: Crowd) -> None:
    with counted_commits(engine) as commits:
        indexes = [future.result(PATIENCE_SECONDS) for future in crowd.submit(*[append] * UNITS)]
    assert indexes == [[number] for number in range(1, UNITS + 1)]
    assert crowd.first.result() == [0]
    assert len(commits) == 2  # of the first, and of all the others
    assert entries(engine) == UNITS + 1


def test_a_unit_that_fails_is_told_why_and_leaves_no_trace_in_the_others_commit(engine: Engine, crowd: Crowd) -> None:
    def refused(session: Session) -> None:
        append(session, 5)
        raise EntryInvalid("not this one")

    before, failing, after = crowd.submit(append, refused, append)
    assert before.result(PATIENCE_SECONDS) == [1]
    with pytest.raises(EntryInvalid, match="not this one"):
        failing.result(PATIENCE_SECONDS)
    assert after.result(PATIENCE_SECONDS) == [2]
    assert entries(engine) == 3


def test_what_the_database_will_not_have_of_one_unit_harms_no_other(engine: Engine, crowd: Crowd) -> None:
    def impossible(session: Session) -> None:
        append(session)
        session.execute(text("INSERT INTO no_such_table VALUES (1)"))

    before, failing, after = crowd.submit(append, impossible, append)
    with pytest.raises(RuntimeFault):
        failing.result(PATIENCE_SECONDS)
    assert [before.result(PATIENCE_SECONDS), after.result(PATIENCE_SECONDS)] == [[1], [2]]
    assert entries(engine) == 3


def test_a_unit_that_undoes_more_than_its_own_work_harms_no_other(engine: Engine, crowd: Crowd) -> None:
    def undone(session: Session) -> list[int]:
        session.execute(text("SELECT 1"))
        session.rollback()  # of the transaction that all share
        return append(session)

    before, failing, after = crowd.submit(append, undone, append)
    with pytest.raises(InvalidRequestError):
        failing.result(PATIENCE_SECONDS)
    assert [before.result(PATIENCE_SECONDS), after.result(PATIENCE_SECONDS)] == [[1], [2]]
    assert entries(engine) == 3


@pytest.mark.invariant(2)
def test_nobody_hears_of_success_when_the_commit_fails(engine: Engine, crowd: Crowd) -> None:
    def fail(_: object) -> None:
        raise OperationalError("COMMIT", None, Exception("disk I/O error"))

    def arm(session: Session) -> list[int]:
        event.listen(engine, "commit", fail)
        return append(session)

    futures = crowd.submit(arm, append, append)
    for future in futures:
        with pytest.raises(RuntimeFault):
            future.result(PATIENCE_SECONDS)
    event.remove(engine, "commit", fail)
    assert entries(engine) == 1


def test_whoever_works_for_others_and_is_interrupted_leaves_them_with_an_error(engine: Engine, crowd: Crowd) -> None:
    def interrupted(_: Session) -> None:
        raise KeyboardInterrupt

    one, stopped, two = crowd.submit(append, interrupted, append)
    outcomes = [future.exception(30) for future in (one, stopped, two)]
    assert sum(isinstance(outcome, KeyboardInterrupt) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StorageBusy) for outcome in outcomes) == 2
    assert crowd.group.run(append) == [1]
    assert entries(engine) == 2


def test_a_unit_that_queues_another_is_stopped_and_does_not_wait_for_itself(engine: Engine) -> None:
    queue = GroupCommit(engine)
    with pytest.raises(RuntimeError, match="wait for itself"):
        queue.run(lambda _: queue.run(append))
    assert queue.run(append) == [0]
