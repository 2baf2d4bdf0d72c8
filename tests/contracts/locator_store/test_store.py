"""What the locator keeps, on both databases: entries by token, the signed query log, epochs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from coordinator import tables as registry_tables
from coordinator.locator.epochs import EpochRegister
from coordinator.locator.errors import LocatorOverlapInvalid, LocatorRotationUnderWay
from coordinator.locator.keys import LocatorKeys, key_file
from coordinator.locator.store import PAGE, SqlLocatorStore
from coordinator.locator.tables import Base
from coordinator.tables import EntityRow
from records_exchange.errors import LocatorEpochUnknown, RequestReplayed
from records_exchange.guessing import Usage
from records_exchange.key_holding import tables as key_holding_tables
from records_exchange.key_holding.query_log import Query, QueryKind, QueryLog
from records_exchange.locator_messages import MAX_HOLDERS_NAMED, LocatorEntry, locator_question, seal_message
from service.storage import open_engine, transaction
from tests.support.clock import START
from trust.parties import EntityStatus
from trust.signing import Ed25519Signer, Envelope

SIGNER = Ed25519Signer.generate()
UNTIL = START.replace(hour=0) + timedelta(days=30)
TOKEN = "ab" * 32


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    for metadata in (registry_tables.Base.metadata, Base.metadata, key_holding_tables.Base.metadata):
        metadata.create_all(engine)
    with transaction(engine) as session:
        for number in range(MAX_HOLDERS_NAMED + 3):
            session.add(entity(f"h{number:02}"))
    yield engine
    engine.dispose()


def entity(name: str) -> EntityRow:
    keys = {"signing_key": "00" * 32, "exchange_key": "00" * 32, "ledger_vkey": "k"}
    text = {"name": name, "kind": "public", "status": "active", "status_reason": "", "addresses": ""}
    return EntityRow(id=name, admitted_at=START, changed_at=START, **keys, **text)


def entry(token: str = TOKEN, asker: str = "leon", purpose: str = "casework", days: int = 0) -> LocatorEntry:
    return LocatorEntry(token=token, asker=asker, purpose=purpose, until=UNTIL + timedelta(days=days))


def publish(engine: Engine, holder: str, *entries: LocatorEntry, epoch: int = 1) -> None:
    with transaction(engine) as session:
        SqlLocatorStore(session).put(holder, epoch, entries)


def find(
    engine: Engine, token: str = TOKEN, *, asker: str = "leon", purpose: str = "casework", days: int = 0
) -> list[str]:
    with transaction(engine) as session:
        found = SqlLocatorStore(session).find(1, token, asker, purpose, START + timedelta(days=days))
        return list(found)


def test_an_asker_finds_the_holders_of_its_own_token_for_its_purpose_only(engine: Engine) -> None:
    publish(engine, "h01", entry())
    publish(engine, "h00", entry())
    publish(engine, "h02", entry("cd" * 32), entry("ef" * 32, asker="soria"))
    assert find(engine) == ["h00", "h01"]
    assert find(engine, asker="soria") == []
    assert find(engine, purpose="coordination") == []
    assert find(engine, "00" * 32) == []
    assert find(engine, "ef" * 32) == []
    assert find(engine, "ef" * 32, asker="soria") == ["h02"]


def test_entries_end_by_themselves_are_replaced_and_are_taken_back(engine: Engine) -> None:
    publish(engine, "h00", entry())
    assert find(engine, days=29) == ["h00"]
    assert find(engine, days=30) == []
    publish(engine, "h00", entry(days=10))
    assert find(engine, days=30) == ["h00"]
    with transaction(engine) as session:
        assert SqlLocatorStore(session).delete_ended(UNTIL) == 0
        SqlLocatorStore(session).remove("h01", 1, [TOKEN])  # another's
    assert find(engine) == ["h00"]
    with transaction(engine) as session:
        SqlLocatorStore(session).remove("h00", 1, [TOKEN, "00" * 32])
    assert find(engine) == []
    publish(engine, "h00", entry())
    with transaction(engine) as session:
        assert SqlLocatorStore(session).delete_ended(UNTIL) == 1


def test_a_suspended_holder_is_not_shown_and_is_again_when_it_is_back(engine: Engine) -> None:
    publish(engine, "h00", entry())
    for status, shown in ((EntityStatus.SUSPENDED, []), (EntityStatus.ACTIVE, ["h00"])):
        with transaction(engine) as session:
            row = session.get(EntityRow, "h00")
            assert row is not None
            row.status = status.value
        assert find(engine) == shown


def test_no_more_are_looked_up_than_an_answer_can_name_and_one(engine: Engine) -> None:
    for number in range(MAX_HOLDERS_NAMED + 3):
        publish(engine, f"h{number:02}", entry())
    assert len(find(engine)) == MAX_HOLDERS_NAMED + 1


def test_a_hit_and_a_miss_run_the_same_statements(engine: Engine) -> None:
    publish(engine, "h00", entry())
    seen: list[list[str]] = []
    event.listen(engine, "before_cursor_execute", lambda *call: seen[-1].append(call[2]))
    for token in (TOKEN, "00" * 32):
        seen.append([])
        find(engine, token)
    assert seen[0] == seen[1] != []


def test_a_holder_lists_its_own_entries_in_order_and_in_pages(engine: Engine) -> None:
    tokens = [f"{number:064x}" for number in range(1, PAGE + 4)]
    publish(engine, "h00", *(entry(token) for token in reversed(tokens)))
    publish(engine, "h01", entry())
    publish(engine, "h00", entry(), epoch=2)
    with transaction(engine) as session:
        store = SqlLocatorStore(session)
        first = store.listed("h00", 1, b"")
        rest = store.listed("h00", 1, first[-1][0])
        assert [token.hex() for token, _ in (*first, *rest)] == tokens
        assert {until for _, until in first} == {UNTIL}
        assert store.listed("h00", 1, rest[-1][0]) == ()
        assert store.count("h00", 1) == len(tokens)
        assert store.counts() == {(1, "h00"): len(tokens), (1, "h01"): 1, (2, "h00"): 1}


def question(asker: str = "leon") -> Envelope:
    return seal_message(locator_question(asker, 1, TOKEN, "casework", START), SIGNER)


def log(engine: Engine, query: Query, minutes: int, *, found: bool | None = None) -> None:
    with transaction(engine) as session:
        QueryLog(session).add(query, START + timedelta(minutes=minutes), found=found)


def test_use_is_counted_by_entity_and_kind_over_the_last_hour_and_day(engine: Engine) -> None:
    log(engine, Query("leon", QueryKind.EVALUATE, 5, question()), 0)
    log(engine, Query("leon", QueryKind.EVALUATE, 7, question()), 90)
    log(engine, Query("leon", QueryKind.FIND, 1, question()), 91, found=False)
    log(engine, Query("soria", QueryKind.EVALUATE, 100, question()), 91)
    with transaction(engine) as session:
        log_ = QueryLog(session)
        at = [START + timedelta(minutes=minutes) for minutes in (92, 90 + 60, 24 * 60, 24 * 60 + 90)]
        used = [log_.used("leon", QueryKind.EVALUATE, moment) for moment in at]
        assert used == [(7, 12), (0, 12), (0, 7), (0, 0)]
        assert log_.used("leon", QueryKind.FIND, at[0]) == (1, 1)
        assert log_.used("nobody", QueryKind.FIND, at[0]) == (0, 0)


def test_a_request_is_on_record_once_exactly_as_it_was_signed(engine: Engine) -> None:
    query = Query("leon", QueryKind.FIND, 1, question())
    log(engine, query, 0, found=True)
    with pytest.raises(RequestReplayed):
        log(engine, query, 1, found=True)
    with transaction(engine) as session:
        (row,) = session.execute(key_holding_tables.Base.metadata.tables["locator_query"].select()).all()
        assert Envelope.from_json(row.envelope) == query.envelope


def test_of_the_same_request_at_once_exactly_one_is_taken(engine: Engine) -> None:
    query = Query("leon", QueryKind.FIND, 1, question())

    def attempt(_: int) -> bool:
        try:
            log(engine, query, 0, found=True)
        except RequestReplayed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == [False] * 7 + [True]


def test_misses_and_refusals_are_summed_up_and_a_flood_is_noted_once_a_minute(engine: Engine) -> None:
    log(engine, Query("leon", QueryKind.FIND, 1, question()), 0, found=True)
    log(engine, Query("leon", QueryKind.FIND, 1, question()), 1, found=False)
    log(engine, Query("leon", QueryKind.EVALUATE, 9, question()), 2)
    with transaction(engine) as session:
        log_ = QueryLog(session)
        for second in (300, 310, 359, 361, 419):
            log_.note_refusal(Query("leon", QueryKind.FIND, 1, question()), START + timedelta(seconds=second))
        usages = log_.usages(START - timedelta(hours=1))
    assert usages == (Usage("leon", questions=2, misses=1, evaluations=9, refused=2),)


def test_the_log_forgets_what_is_old(engine: Engine) -> None:
    for minutes in (0, 10):
        log(engine, Query("leon", QueryKind.FIND, 1, question()), minutes, found=True)
    with transaction(engine) as session:
        assert QueryLog(session).delete_before(START + timedelta(minutes=5)) == 1
        assert QueryLog(session).usages(START - timedelta(days=1))[0].questions == 1


def test_an_epoch_begins_once_is_followed_by_another_and_ends(engine: Engine, tmp_path: Path) -> None:
    keys, later = LocatorKeys(tmp_path, "red.example"), START + timedelta(days=14)
    with transaction(engine) as session:
        register = EpochRegister(session, keys)
        assert register.terms(START) is None
        register.begin_first(START)
        register.begin_first(START)
    publish(engine, "h00", entry())
    with transaction(engine) as session:
        register = EpochRegister(session, keys)
        for overlap in (timedelta(0), timedelta(days=91)):
            with pytest.raises(LocatorOverlapInvalid):
                register.rotate(overlap, START)
        second = register.rotate(timedelta(days=14), START)
        with pytest.raises(LocatorRotationUnderWay):
            register.rotate(timedelta(days=14), START + timedelta(days=1))
        terms = register.terms(START)
        assert terms is not None
        assert [(epoch.number, epoch.ends) for epoch in terms.epochs] == [(1, later), (2, None)]
        assert len({epoch.keys for epoch in terms.epochs}) == 2
    publish(engine, "h00", entry(), epoch=2)
    assert key_file(tmp_path, 1).stat().st_mode & 0o077 == 0
    with transaction(engine) as session:
        register = EpochRegister(session, keys)
        assert register.retire(later - timedelta(seconds=1)) == ()
        assert register.live(1, later - timedelta(seconds=1)).number == 1
        with pytest.raises(LocatorEpochUnknown):
            register.live(1, later)
        assert register.retire(later) == (1,)
        assert register.terms(later) is not None
        assert SqlLocatorStore(session).counts() == {(2, "h00"): 1}
    assert not key_file(tmp_path, 1).exists()
    assert keys.read(2).public.hex() == second.keys[0].public_key
