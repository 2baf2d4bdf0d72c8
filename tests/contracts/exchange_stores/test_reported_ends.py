"""What the store of reported ends promises, on every database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from consent_ledger.log.actors import Actor
from records_exchange import reported_ends
from records_exchange.reported_ends import KNOWN_LIFE, UNKNOWN_LIFE, EndMeaning, KeptEnd, SqlReportedEnds
from service.storage import transaction
from tests.support.clock import START

MOMENT = timedelta(microseconds=1)


def end(stated_by: str, consent: str = "c-1", *, unknown: bool = True) -> KeptEnd:
    return KeptEnd(consent, stated_by, EndMeaning.WITHDRAWN, "ngo", START, Actor.PERSON, b"signed", unknown, START)


def test_an_end_is_remembered_once_by_who_said_it_and_what_it_meant(engine: Engine) -> None:
    part_lost = replace(end("town"), meaning=EndMeaning.PART_LOST, statement=None)
    with transaction(engine) as session:
        store = SqlReportedEnds(session)
        assert [store.keep(each) for each in (end("ngo"), end("ngo"), end("town"), part_lost)] == [
            True,
            False,
            True,
            True,
        ]
        assert sorted(store.of("c-1", START), key=lambda each: (each.stated_by, each.meaning)) == [
            end("ngo"),
            part_lost,
            end("town"),
        ]
        assert store.of("c-2", START) == []


def test_what_is_unknown_is_forgotten_sooner_than_what_is_known(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlReportedEnds(session)
        store.keep(end("ngo"))
        store.keep(end("town", unknown=False))
        assert len(store.of("c-1", START + UNKNOWN_LIFE - MOMENT)) == 2
        assert [each.stated_by for each in store.of("c-1", START + UNKNOWN_LIFE)] == ["town"]
        assert store.of("c-1", START + KNOWN_LIFE) == []


def test_what_becomes_known_is_kept_as_long_and_counts_no_more(engine: Engine) -> None:
    with transaction(engine) as session:
        store = SqlReportedEnds(session)
        store.keep(end("ngo"))
        store.known("c-1", ["ngo"], START)
        assert store.unknown_since(START) == {}
        assert [each.unknown for each in store.of("c-1", START + UNKNOWN_LIFE)] == [False]


def test_the_room_of_one_entity_is_bounded_and_is_its_own(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reported_ends, "MAX_UNKNOWN", 3)
    with transaction(engine) as session:
        store = SqlReportedEnds(session)
        store.keep(end("ngo", "c-known", unknown=False))
        for number in range(3):
            assert store.has_room("ngo")
            store.keep(end("ngo", f"c-{number}"))
        assert not store.has_room("ngo")
        assert store.has_room("town")
        assert store.unknown_since(START) == {"ngo": 3}
        assert store.unknown_since(START + MOMENT) == {}
