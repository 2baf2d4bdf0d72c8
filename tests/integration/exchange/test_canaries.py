from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from node.fetch.asking import question_of
from records_exchange.answer import AnswerOutcome
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.recording_peer import RecordingPeer, spellings
from trust.parties import EntityKind, server_name

BORN = date(1987, 6, 5)
SHARED = "CanarioCoordinadora"
"""A value that is consented, so that it must cross: it proves that the recording sees the content."""
SECRETS = ("CanarioNombre", "CanarioContacto", "CanarioNota", "CanarioDiagnostico", PERSON.number, BORN.isoformat())


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path)
    network.add("ngo")
    town = network.add("town", kind=EntityKind.PUBLIC)
    record = person_record(PERSON, name="CanarioNombre Apellido", birth=BORN)
    planted = {
        "person.contact": "CanarioContacto",
        "action.notes": "CanarioNota de texto libre",
        "dx.notes": "CanarioDiagnostico de texto libre",
        "case.coordinator": SHARED,
    }
    hold(town, replace(record, fields={**record.fields, **planted}))
    grant(town, "ngo")
    yield network
    network.close()


def on_disk(home: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def found(secrets: tuple[str, ...], haystack: bytes) -> list[str]:
    return [secret for secret in secrets if any(spelling in haystack for spelling in spellings(secret))]


@pytest.mark.invariant(1)
@pytest.mark.invariant(5)
def test_nothing_but_consented_fields_is_in_the_bytes_that_cross(network: ExchangeNetwork) -> None:
    ngo, town = network.nodes["ngo"], network.nodes["town"]
    with network.serving("town"):
        target = network.parties["town"].addresses[0]
        name = server_name(NETWORK, "town")
        recorder = RecordingPeer(
            holder_home=town.context.home, asker_home=ngo.context.home, target=target, server_name=name
        )
        with recorder.running():
            network.change("town", addresses=(recorder.address,))
            question = question_of(ngo.context, "casework", case_ref="caso-7")
            (reply,) = ngo.asking.fetch(PERSON, question, ["town"]).replies
            assert reply.error is None
            assert reply.answer is not None
            assert "case.coordinator" in {field.id for field in reply.answer.fields}
            (consent,) = town.consents.list(PERSON)
            town.consents.withdraw(consent.consent_id)
            (refused,) = ngo.asking.fetch(PERSON, question, ["town"]).replies
            assert refused.answer is not None
            assert refused.answer.outcome is AnswerOutcome.REFUSED
        wire = recorder.recorded
        ngo.channels.close()
    assert SHARED.encode() in wire
    assert found(SECRETS, wire) == []
    assert wire.count(SHARED.encode()) == 1
    # The asker shows what it got and keeps none of it; the holder keeps identity and notes sealed.
    assert found((*SECRETS, SHARED), on_disk(ngo.context.home)) == []
    assert found(SECRETS, on_disk(town.context.home)) == []


def test_the_search_would_find_a_canary_however_it_is_spelt() -> None:
    for spelling in spellings("CanarioNombre"):
        assert found(("CanarioNombre",), b"xx" + spelling + b"yy") == ["CanarioNombre"]
