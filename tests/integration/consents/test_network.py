"""Consents that travel over real mutual TLS, with real witnesses and the running services' own background work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.consents.model import ConsentState
from consent_ledger.proofs.trust_policy import TrustPolicy
from node.consents.consents import GrantInput
from node.consents.status import consent_status
from node.fetch.asking import question_of
from node.ledger.export import export_own_ledger, ledger_policy
from node.ledger.own import own_consents
from node.wiring import Node
from tests.support.addresses import free_address
from tests.support.assurance import trust_other_entities
from tests.support.exchange import PERSON, hold, person_record
from tests.support.network import Network
from tests.support.waiting import eventually
from trust.parties import EntityKind

FIELDS = ("person.language", "work.status")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """A coordinator and three public entities that witness each other; town and county hold the person."""
    net = Network(tmp_path, witness_listen=free_address(), witness_quorum=1)
    try:
        net.start()
        for entity in ("town", "county", "ngo"):
            net.join(entity, kind=EntityKind.PUBLIC)
        for entity in ("town", "county", "ngo"):
            net.serve(entity)
        for node in net.nodes.values():
            node.directory_follower.refresh()
        for entity in ("town", "county"):
            hold(net.nodes[entity], person_record())
            trust_other_entities(net.nodes[entity].context)
        yield net
    finally:
        net.stop()


def state(node: Node, consent: str) -> ConsentState | None:
    with node.context.snapshot() as session:
        view = own_consents(node.context, session).find(consent)
        return view.state if view else None


@pytest.mark.invariant(4)
@pytest.mark.invariant(9)
def test_a_signature_at_one_entity_serves_another_and_ends_everywhere(net: Network, tmp_path: Path) -> None:
    town, county, ngo = (net.nodes[name] for name in ("town", "county", "ngo"))
    given = GrantInput(PERSON, ("casework",), ("ngo",), FIELDS, holders=("county",))
    consent = town.consents.grant(given).consent_id
    assert eventually(lambda: state(county, consent) is ConsentState.GIVEN)

    question = question_of(ngo.context, "casework", fields=FIELDS)
    replies = ngo.asking.fetch(PERSON, question, ["town", "county"]).replies
    assert [reply.released for reply in replies] == [True, True]

    net.stop_coordinator()
    ngo.consents.withdraw(consent)
    assert eventually(lambda: {state(node, consent) for node in (town, county)} == {ConsentState.WITHDRAWN})
    assert eventually(lambda: not consent_status(ngo.context, consent).outstanding)
    replies = ngo.asking.fetch(PERSON, question, ["town", "county"]).replies
    assert [reply.released for reply in replies] == [False, False]

    for name, node in net.nodes.items():
        policy = TrustPolicy.parse(ledger_policy(node.context).encode())
        export_own_ledger(node.context, tmp_path / "exports" / name)
        report = verify_export(tmp_path / "exports" / name, policy)
        unexpected = [check.code for check in report.checks if check.errors and check.code != "witnesses"]
        assert unexpected == [], report.document()
