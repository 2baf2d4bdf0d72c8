"""What the store of consents that travel promises, on every database."""

from datetime import timedelta

from sqlalchemy import Engine

from records_exchange.travel_store import KeptCopy, Received, SqlTravelStore
from service.storage import transaction
from tests.support.clock import START

DAY = timedelta(days=1)


def copy(index: int = 0, *, waiting: bool = True, sender: str = "ngo") -> KeptCopy:
    return KeptCopy(sender, "c-1", index, b"proof", "5a" * 32, waiting, START + DAY, START)


def received(index: int, *, content: bytes | None = b"sealed") -> Received:
    return Received(index, f"r-{index}", "town", "casework", "p-1", content, START, START + DAY)


def test_a_newer_copy_takes_the_place_of_an_older_one(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlTravelStore(session)
        store.keep_copy(copy(1))
        store.keep_copy(copy(5, waiting=False))
        assert store.copy("ngo", "c-1") == copy(5, waiting=False)
        assert store.copy("town", "c-1") is None
        assert store.waiting_copies(START) == []


def test_a_copy_waits_until_it_is_over(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlTravelStore(session)
        store.keep_copy(copy())
        assert store.waiting_copies(START) == [copy()]
        assert store.waiting_copies(START + DAY) == []
        assert store.copy("ngo", "c-1") is None


def test_who_received_something_is_noted_once(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlTravelStore(session)
        store.note_release(["c-1", "c-2"], "ngo")
        store.note_release(["c-1"], "ngo")
        store.note_release(["c-1"], "county")
        assert store.recipients("c-1") == ["county", "ngo"]
        assert store.recipients("c-2") == ["ngo"]


def test_copies_go_with_the_consent_and_who_sent_them_stays_known(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlTravelStore(session)
        store.keep_received(received(1), ["c-1"])
        store.keep_received(received(2), ["c-2"])
        assert [kept.request_id for kept in store.received_of("p-1", START)] == ["r-2", "r-1"]
        assert store.purge_consent("c-1") == 1
        assert store.purge_consent("c-1") == 0
        assert [kept.request_id for kept in store.received_of("p-1", START)] == ["r-2"]
        assert store.holders_of("c-1") == ["town"]


def test_copies_go_with_the_person_and_with_time(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlTravelStore(session)
        store.keep_received(received(1), ["c-1"])
        store.keep_received(received(2, content=None), [])
        assert not store.has_old(START)
        assert store.received_of("p-1", START + DAY) == []
        assert store.has_old(START + DAY)
        assert store.purge_old(START + DAY) == 1
        store.keep_received(received(3), ["c-1"])
        assert store.purge_person("p-1") == 1
        assert store.received_of("p-1", START) == []
