"""Key holders and a coordinator that lie, over real mutual TLS: a typed refusal, and honest traffic goes on."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from coordinator.locator.rotation import change_holder
from node.locator.channels import key_holder_channels
from node.locator.errors import KeyHoldersChanged
from node.locator.tables import LocatorPseudonymRow
from node.pseudonym_key.answering import OwnEvaluationKeys
from node.pseudonym_key.report import pseudonym_key_state
from protos.redpact.v1 import locator_pb2, locator_pb2_grpc
from records_exchange import oprf
from records_exchange.errors import HeldKeyUnproven, OprfProofInvalid
from records_exchange.locator_messages import evaluation_request, seal_message
from service.errors import PeerRefused
from service.status import peer_errors
from service.wire import to_wire
from tests.support.exchange import PERSON
from tests.support.key_holders import held_key, pair_of
from tests.support.locating import consent, locate, member, publish, refresh_all
from tests.support.network import NETWORK, Network, network
from tests.support.waiting import PATIENCE_SECONDS
from trust.directory import Directory
from trust.errors import DirectoryRollback
from trust.locator_terms import HeldKey, LocatorEpoch, LocatorTerms
from trust.parties import COORDINATOR_ID
from trust.signing import Ed25519Signer

pytestmark = [pytest.mark.invariant(5), pytest.mark.invariant(8)]

PUPPET: Final = Ed25519Signer.generate()


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """A network in which burgos holds the second key; leon asks, soria holds a person."""
    with network(tmp_path) as made:
        for entity, people in (("leon", ()), ("soria", (PERSON,)), ("burgos", ())):
            member(made, entity, *people)
        refresh_all(made)
        made.serve("burgos")
        made.nodes["burgos"].key_holding.serve()
        own = made.coordinator
        change_holder(
            own.context, own.registry, own.locator_epochs, lambda h, now: h.choose("burgos", now), timedelta(0)
        )
        consent(made, "soria", "leon")
        refresh_all(made)
        yield made


def told(net: Network, terms: LocatorTerms) -> None:
    """Give leon a directory of the coordinator's own log that names other key holders."""
    context = net.nodes["leon"].context
    known = context.directory.current(net.clock.now())
    log = net.directory_log()
    lie = known.model_copy(update={"serial": known.serial + 1, "locator": terms})
    logged = log.since(log.add(Directory.model_validate(lie.model_dump()), net.clock.now()), context.directory.size())
    context.directory.accept(logged, net.clock.now())


def epochs(net: Network) -> tuple[LocatorEpoch, ...]:
    known = net.nodes["leon"].context.directory.current(net.clock.now())
    assert known.locator is not None
    return known.locator.epochs


def next_epoch(net: Network, *held: HeldKey) -> LocatorEpoch:
    """Return an epoch that begins now, with a key of the coordinator."""
    own = HeldKey(holder=COORDINATOR_ID, public_key=pair_of(COORDINATOR_ID, 9).public.hex())
    return LocatorEpoch(number=epochs(net)[-1].number + 1, keys=(own, *held), started=net.clock.now())


def test_a_holder_that_answers_one_asker_with_another_key_is_named(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, false = OwnEvaluationKeys.pair, oprf.derive_key_pair(b"\7" * 32, b"false")
    monkeypatch.setattr(OwnEvaluationKeys, "pair", lambda *_: false)
    with pytest.raises(OprfProofInvalid) as caught:
        locate(net, "leon")
    assert "burgos" in caught.value.message
    with net.nodes["leon"].context.snapshot() as session:
        assert session.query(LocatorPseudonymRow).count() == 0
    monkeypatch.setattr(OwnEvaluationKeys, "pair", real)
    assert locate(net, "leon").holders == ("soria",)


def test_a_holder_that_sends_a_proof_of_another_batch_is_named(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    def replaying(key: oprf.KeyPair, points: Sequence[bytes]) -> tuple[tuple[bytes, ...], bytes]:
        _, proof = proved(key, [oprf.blind(b"another").element])
        return tuple(oprf.evaluate(key.secret, point) for point in points), proof

    proved = oprf.evaluate_proved
    monkeypatch.setattr("records_exchange.key_holding.evaluations.oprf.evaluate_proved", replaying)
    with pytest.raises(OprfProofInvalid):
        locate(net, "leon")


def test_the_coordinator_cannot_put_a_puppet_in_the_holders_place(net: Network) -> None:
    assert locate(net, "leon").holders == ("soria",)
    puppet = member(net, "puppet")
    refresh_all(net)
    keys = held_key("puppet", net.clock.now(), signer=puppet.context.keys.signing, network=NETWORK)
    told(net, LocatorTerms(epochs=(next_epoch(net, keys),)))
    with pytest.raises(KeyHoldersChanged) as caught:
        locate(net, "leon")
    assert "burgos" in caught.value.message
    assert publish_is_refused(net)


def test_the_coordinator_cannot_sign_for_the_holder(net: Network) -> None:
    false = held_key("burgos", net.clock.now(), sequence=5, signer=PUPPET, network=NETWORK)
    told(net, LocatorTerms(epochs=(next_epoch(net, false),)))
    with pytest.raises(HeldKeyUnproven) as caught:
        locate(net, "leon")
    assert "burgos" in caught.value.message


def test_the_coordinator_cannot_change_a_key_or_take_the_locator_away_and_give_another(net: Network) -> None:
    (known,) = epochs(net)
    own = HeldKey(holder=COORDINATOR_ID, public_key=pair_of(COORDINATOR_ID, 9).public.hex())
    alone = LocatorEpoch(number=known.number, keys=(own,), started=known.started)
    earlier = LocatorEpoch(number=1, keys=(own,), started=known.started)
    for terms in (
        LocatorTerms(epochs=(alone,)),
        LocatorTerms(epochs=(earlier,)),
        LocatorTerms(epochs=(earlier, known)),
    ):
        with pytest.raises(DirectoryRollback):
            told(net, terms)
    assert locate(net, "leon").holders == ("soria",)


def test_a_statement_of_the_holder_for_a_key_that_it_never_made_is_an_alarm_at_the_holder(net: Network) -> None:
    """A thief of its signing key, together with the coordinator, passes every other node."""
    burgos = net.nodes["burgos"]
    stolen = held_key(
        "burgos",
        net.clock.now(),
        sequence=2,
        signer=burgos.context.keys.signing,
        network=NETWORK,
        pair=pair_of("thief"),
    )
    context = burgos.context
    known = context.directory.current(net.clock.now())
    log = net.directory_log()
    terms = LocatorTerms(epochs=(*epochs(net), next_epoch(net, stolen)))
    lie = known.model_copy(update={"serial": known.serial + 1, "locator": terms})
    cache = context.directory
    cache.accept(log.since(log.add(lie, net.clock.now()), cache.size()), net.clock.now())
    with context.snapshot() as session:
        assert pseudonym_key_state(context, session)["foreign_epochs"] == [3]


def test_a_request_on_the_wire_is_answered_once_and_to_who_signed_it(net: Network) -> None:
    leon = net.nodes["leon"]
    points = (oprf.blind(b"x").element,)
    request = evaluation_request("leon", 2, points, net.clock.now())
    envelope = seal_message(request, leon.context.keys.signing)
    message = locator_pb2.EvaluateRequest(request=to_wire(envelope), points=points)

    def ask(sender: str, sent: locator_pb2.EvaluateRequest) -> str:
        node = net.nodes[sender]
        (channel,) = key_holder_channels(node.context, node.channels, node.coordinator_channel, "burgos")
        with pytest.raises(PeerRefused) as caught, peer_errors("burgos"):
            locator_pb2_grpc.PseudonymKeyStub(channel).Evaluate(sent, timeout=PATIENCE_SECONDS)
        return caught.value.peer_code

    assert ask("soria", message) == "signature_invalid"
    assert leon.locator_client().evaluate("burgos", envelope, points).points
    assert ask("leon", message) == "request_replayed"
    other = locator_pb2.EvaluateRequest(request=message.request, points=[oprf.blind(b"y").element])
    assert ask("leon", other) == "locator_message_malformed"
    assert locate(net, "leon").holders == ("soria",)


def publish_is_refused(net: Network) -> bool:
    """Return whether leon publishes nothing in an epoch that it does not use."""
    try:
        publish(net.nodes["leon"])
    except KeyHoldersChanged:
        return True
    return False
