"""Migration 0011 at a node: what was received, and under which consents, is still there; so is what was seen."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from records_exchange.errors import RequestReplayed
from records_exchange.store import SqlExchangeStore
from records_exchange.travel_store import Received, SqlTravelStore
from service import migrate
from service.storage import transaction
from tests.support.migrating import SCRIPTS, downgrade_to, put, upgrade_to

MOMENT = datetime(2026, 1, 1, 8, 30, 15, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
CONSENTS = {"r-old": ("c-1", "c-2"), "r-new": ("c-1",)}


@pytest.fixture
def before(engine: Engine) -> Engine:
    """Give a database of version 0010 with two releases received and one request seen."""
    upgrade_to(engine, "0010")
    with engine.begin() as connection:
        for days, (request, consents) in enumerate(CONSENTS.items()):
            put(
                connection,
                "exchange_received",
                request_id=request,
                holder="town",
                purpose="casework",
                person_ref="p-1",
                content=request.encode(),
                received_at=MOMENT + days * DAY,
                forget_at=MOMENT + 30 * DAY,
            )
            for consent in consents:
                put(connection, "exchange_received_under", consent_id=consent, request_id=request, holder="town")
        put(connection, "exchange_seen_request", asker="ngo", nonce="ab" * 16, forget_at=MOMENT + DAY)
    return engine


def test_what_was_received_is_still_there_and_goes_with_its_consent(before: Engine) -> None:
    migrate.upgrade(before, SCRIPTS)
    with transaction(before) as session:
        store = SqlTravelStore(session)
        kept = store.received_of("p-1", MOMENT)
        assert [(each.request_id, each.content, each.received_at) for each in kept] == [
            ("r-new", b"r-new", MOMENT + DAY),
            ("r-old", b"r-old", MOMENT),
        ]
        assert [each.entry_index for each in kept] == [-1, -2]  # below the entries, and in their order
        store.keep_received(Received(0, "r-0", "town", "casework", "p-1", b"r-0", MOMENT, MOMENT + DAY), ["c-2"])
        assert store.holders_of("c-2") == ["town"]
        assert store.purge_consent("c-2") == 2
        assert [each.request_id for each in store.received_of("p-1", MOMENT)] == ["r-new"]


def test_a_request_seen_before_the_upgrade_is_still_a_replay(before: Engine) -> None:
    migrate.upgrade(before, SCRIPTS)
    with pytest.raises(RequestReplayed), transaction(before) as session:
        SqlExchangeStore(session).mark_seen("ngo", "ab" * 16, forget_at=MOMENT + DAY, now=MOMENT)


def test_the_way_back_loses_nothing(before: Engine) -> None:
    migrate.upgrade(before, SCRIPTS)
    downgrade_to(before, "0010")
    with before.begin() as connection:
        rows = connection.execute(text("SELECT request_id, consent_id FROM exchange_received_under"))
        assert {tuple(row) for row in rows} == {(each, of) for each, all_of in CONSENTS.items() for of in all_of}
        found = connection.execute(text("SELECT request_id, content FROM exchange_received")).all()
        assert {(row.request_id, bytes(row.content)) for row in found} == {("r-old", b"r-old"), ("r-new", b"r-new")}
