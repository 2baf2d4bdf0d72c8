"""Referrals, capacity and access reports between running nodes: real mutual TLS, real outboxes, every byte recorded."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from node.fetch.asking import question_of
from node.inbox.items import Inbox
from node.referrals.referrals import NewReferral
from policies.referrals import ReferralState
from tests.support.clock import FrozenClock
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.exports import audit, faults
from tests.support.network import Network
from tests.support.network import network as running
from tests.support.recording_peer import RecordingPeer, spellings
from tests.support.waiting import eventually
from trust.parties import EntityKind, server_name

BORN = date(1987, 6, 5)
SHARED = "CanarioCoordinadora"
SECRETS = ("CanarioNombre", "CanarioContacto", "CanarioNota", PERSON.number, BORN.isoformat())


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path)
    record = person_record(PERSON, name="CanarioNombre Apellido", birth=BORN)
    planted = {
        "person.contact": "CanarioContacto",
        "action.notes": "CanarioNota de texto libre",
        "case.coordinator": SHARED,
    }
    for entity in ("town", "ngo"):
        node = network.add(entity, kind=EntityKind.PUBLIC)
        hold(node, replace(record, fields={**record.fields, **(planted if entity == "town" else {})}))
    grant(network.nodes["town"], "ngo", purposes=("referral", "casework"))
    yield network
    network.close()


def found(haystack: bytes) -> list[str]:
    return [secret for secret in SECRETS if any(spelling in haystack for spelling in spellings(secret))]


def deliver(network: ExchangeNetwork) -> None:
    assert isinstance(network.clock, FrozenClock)
    for _ in range(3):
        network.clock.advance(seconds=1)
        for node in network.nodes.values():
            node.outbox.deliver_due()


@pytest.mark.invariant(5)
def test_no_name_document_or_free_text_crosses_whatever_is_done_with_a_referral(network: ExchangeNetwork) -> None:
    town, ngo = network.nodes["town"], network.nodes["ngo"]
    with network.serving("town", "ngo"):
        recorders = {}
        for holder, asker in (("ngo", town), ("town", ngo)):
            target, name = network.parties[holder].addresses[0], server_name(NETWORK, holder)
            home = network.nodes[holder].context.home
            recorders[holder] = RecordingPeer(
                holder_home=home, asker_home=asker.context.home, target=target, server_name=name
            )
        with recorders["ngo"].running(), recorders["town"].running():
            for entity, recorder in recorders.items():
                network.change(entity, addresses=(recorder.address,))
            ngo.capacities.set("case_planning", places=3, wait_days=2, is_open=True)
            (said,) = town.capacities.ask("case_planning")
            assert said.answer is not None
            assert said.answer.places == "few"
            new = NewReferral(PERSON, "ngo", "case_planning", "urgent", "housing", transfer=True)
            referral = town.referrals.send(new)
            deliver(network)
            ngo.referrals.accept(referral.referral_id)
            ngo.transfers.take_over(referral.referral_id, PERSON)
            deliver(network)
            assert town.referrals.show(referral.referral_id)[0].code == "transferred"
            issued = town.access_reports.issue(PERSON)
            assert issued.document["complete"]
        wire = b"".join(recorder.recorded for recorder in recorders.values())
        for node in (town, ngo):
            node.channels.close()
    assert b"case_planning" in wire  # the recording sees the content
    assert SHARED.encode() in wire  # consented, and fetched with the case
    assert found(wire) == []
    report = audit(ngo.context, network.root / "ngo-export", [_export(network)])
    assert faults(report) == []


def _export(network: ExchangeNetwork) -> Path:
    folder = network.root / "town-export"
    assert faults(audit(network.nodes["town"].context, folder)) == []
    return folder


def state(network: Network, entity: str, referral: str) -> ReferralState | None:
    for known in network.nodes[entity].referrals.list():
        if known.referral_id == referral:
            return known.state
    return None


@pytest.mark.invariant(9)
def test_running_nodes_close_the_loop_by_themselves_and_a_node_that_was_away_catches_up(tmp_path: Path) -> None:
    with running(tmp_path) as network:
        for entity in ("town", "ngo"):
            network.join(entity)
        town, ngo = network.nodes["town"], network.nodes["ngo"]
        hold(town, person_record(PERSON))
        first = network.serve("town")
        assert eventually(lambda: all("ngo" in (node.context.directory.newest() or ()) for node in (town,)))
        consent = grant(town, "ngo", purposes=("referral",), valid_days=300)
        network.stop_coordinator()
        referral = town.referrals.send(NewReferral(PERSON, "ngo", "training")).referral_id
        assert state(network, "ngo", referral) is None  # nobody serves there yet
        network.serve("ngo")
        assert eventually(lambda: state(network, "town", referral) is ReferralState.RECEIVED)
        ngo.referrals.accept(referral)
        assert eventually(lambda: state(network, "town", referral) is ReferralState.ACCEPTED)
        with town.context.snapshot() as session:
            assert [item.kind for item in Inbox(session).list()] == ["referral_answered"]
        town.consents.withdraw(consent)
        assert eventually(lambda: state(network, "ngo", referral) is ReferralState.REVOKED)
        assert first.port
        assert not ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies[0].released
