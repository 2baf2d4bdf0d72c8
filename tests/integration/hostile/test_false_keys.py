"""A member that publishes keys which are not its own, or that are nobody's."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.proofs.note import NoteSigner
from node import serve as node_service
from node.clients.coordinator import update_addresses
from node.identity import enrolment
from node.identity.requests import certificate_request
from node.keys import FOLDER, TLS, NodeKeys
from service.errors import PeerRefused
from service.tls import read_tls_key
from tests.support.applications import entity_application
from tests.support.network import NETWORK, Network
from trust.enrolment import hash_secret
from trust.entity_statements import AddressStatement, seal_statement
from trust.key_proofs import KeyPurpose, prove_possession
from trust.parties import WitnessAddress, ledger_origin, witness_name

pytestmark = pytest.mark.invariant(8)

Lie = Callable[[Network, NodeKeys], tuple[NodeKeys, dict[str, Any]]]
"""Returns the keys with which the member applies, and what it changes in the application."""


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_service, "tasks", lambda _node: [])
        made = Network(tmp_path_factory.mktemp("network"))
        try:
            made.start()
            made.join("town")
            yield made
        finally:
            made.stop()


def _town(net: Network) -> NodeKeys:
    return net.nodes["town"].context.keys


LIES: dict[str, tuple[Lie, str]] = {
    "another's exchange key": (
        lambda net, own: (own, {"exchange_key": _town(net).exchange_public.hex()}),
        "signature_invalid",
    ),
    "another's witness key": (
        lambda net, own: (own, {"witness_key": _town(net).witness.public_key.hex()}),
        "signature_invalid",
    ),
    "another's ledger key under its own name": (
        lambda net, own: (own, {"ledger_vkey": NoteSigner(ledger_origin(NETWORK, "liar"), _town(net).ledger).vkey}),
        "signature_invalid",
    ),
    "a key that it shares with another": (
        lambda net, own: (replace(own, exchange=_town(net).exchange), {}),
        "key_refused",
    ),
    "another's ledger key as its witness key": (
        lambda net, own: (replace(own, witness=_town(net).ledger), {}),
        "key_refused",
    ),
    "the coordinator's key": (
        lambda net, own: (replace(own, ledger=net.coordinator.context.keys.signing), {}),
        "key_refused",
    ),
    "one key for two purposes": (lambda _net, own: (replace(own, witness=own.ledger), {}), "key_refused"),
    "an exchange key that everybody has": (lambda _net, own: (own, {"exchange_key": "00" * 32}), "key_refused"),
    "a witness key of small order": (lambda _net, own: (own, {"witness_key": "01" + "00" * 31}), "key_refused"),
}


@pytest.mark.parametrize("lie", LIES)
def test_no_member_joins_with_a_key_that_is_not_its_own(net: Network, tmp_path: Path, lie: str) -> None:
    make, code = LIES[lie]
    keys, changes = make(net, NodeKeys.create(tmp_path))
    invitation, before = net.invite("liar"), serial(net)
    request = certificate_request(read_tls_key(tmp_path / FOLDER / TLS), "liar")
    application = entity_application(
        keys,
        network=NETWORK,
        entity="liar",
        secret_sha256=hash_secret(invitation.secret),
        csr_sha256=hashlib.sha256(request).hexdigest(),
        **changes,
    )
    with pytest.raises(PeerRefused) as caught:
        call(invitation, request, application.seal(keys.signing))
    assert caught.value.peer_code == code
    assert serial(net) == before


def test_a_member_cannot_put_another_witness_key_in_the_place_of_its_own(net: Network) -> None:
    town, before = net.nodes["town"], serial(net)
    other = NodeKeys.create(town.context.home.parent / "other").witness
    cosigner = CosignatureSigner(witness_name(NETWORK, "town"), other)
    signing = town.context.keys.signing
    proof = prove_possession(
        other, KeyPurpose.WITNESS, network=NETWORK, entity="town", signing_key=signing.public_key.hex()
    )
    statement = AddressStatement(
        network=NETWORK,
        entity="town",
        time=net.clock.now() + timedelta(seconds=1),
        addresses=town.context.settings.addresses,
        witness=WitnessAddress(vkey=cosigner.vkey, url="http://127.0.0.1:9/"),
        witness_proof=proof,
    )
    with pytest.raises(PeerRefused) as caught:
        update_addresses(town.coordinator_channel(), seal_statement(statement, signing))
    assert caught.value.peer_code == "entity_invalid"
    assert serial(net) == before


def call(invitation: Any, request: bytes, application: Any) -> None:
    """Call as no honest node does: what it sends is not what it has."""
    enrolment._call(invitation, enrolment.authority_pem(invitation), request, application)  # noqa: SLF001 - as said


def serial(net: Network) -> int:
    with net.coordinator.context.snapshot() as session:
        return net.coordinator.registry(session).serial()
