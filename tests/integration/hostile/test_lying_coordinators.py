"""Whoever speaks for the coordinator sends directories that lie: refused, the one kept stays, and the node goes on."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

import grpc
import pytest

from consent_ledger.directories.logged import LoggedDirectory
from consent_ledger.proofs.note import Note, parse_note
from consent_ledger.witnessing.fork_evidence import acknowledge_evidence, check_evidence, evidence_files
from node.fetch.asking import question_of
from node.inbox.items import Inbox, ItemKind
from policies.errors import RedpactError
from service.findings import Level
from tests.support.directory_log import DirectoryLog, directory_reply, pin
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.lies import SIGNED_GARBAGE, UNSIGNED, signed
from tests.support.parts import keys_of, party_of
from tests.support.peer_on_the_wire import PeerOnTheWire
from tests.support.simulated_peer import SimulatedPeer
from tests.support.state import state_digest
from trust.canonical import encode
from trust.directory import DIRECTORY_TYPE, Directory, open_directory, seal_directory
from trust.key_changes import KeyChange, KeyChangeRecord
from trust.key_proofs import KeyPurpose
from trust.parties import COORDINATOR_ID, directory_origin
from trust.signing import Ed25519Signer, Envelope, seal

pytestmark = [pytest.mark.invariant(8), pytest.mark.invariant(13)]

ANCHORS: Final = {"town": Ed25519Signer.generate(), "county": Ed25519Signer.generate()}
Tell = Callable[[LoggedDirectory], None]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path_factory.mktemp("network"))
    network.log.anchors = dict(ANCHORS)
    pin(network.add("ngo").context, ANCHORS, 2)
    hold(network.add("town"), person_record())
    grant(network.nodes["town"], "ngo")
    with network.serving("town"):
        yield network
    network.close()


@pytest.fixture
def told(network: ExchangeNetwork) -> Iterator[Tell]:
    """Give a function that has the node ask for a directory, and a coordinator give it this one."""
    reply: list[bytes] = []
    voice = PeerOnTheWire(network, SimulatedPeer("voice"))
    voice.credentials.issue(network.authority, COORDINATOR_ID)  # a coordinator that somebody broke into
    with voice.serving(lambda _method, _data, _context: reply[-1]) as address:
        network.coordinator_address = address
        network.publish()

        def tell(logged: LoggedDirectory) -> None:
            reply.append(directory_reply(logged).SerializeToString())
            network.nodes["ngo"].directory_follower.refresh()

        yield tell
    voice.close()


def without_town(directory: Directory) -> Directory:
    return directory.model_copy(update={"entities": tuple(p for p in directory.entities if p.id != "town")})


def with_key(directory: Directory, entity: str, field: str, key: str) -> Directory:
    entities = tuple(p.model_copy(update={field: key}) if p.id == entity else p for p in directory.entities)
    return directory.model_copy(update={"entities": entities})


def another_key_for(entity: str, directory: Directory) -> Directory:
    false = Ed25519Signer.generate().public_key.hex()
    changed = [p.model_copy(update={"signing_key": false}) if p.id == entity else p for p in directory.entities]
    return directory.model_copy(update={"entities": tuple(changed)})


def with_stranger(directory: Directory) -> Directory:
    """Return a directory with an entity that was never admitted."""
    stranger = party_of("stranger", keys_of("stranger"))
    return directory.model_copy(update={"entities": (*directory.entities, stranger)})


def with_false_change(directory: Directory, entity: str) -> Directory:
    """Return a directory with a statement that the coordinator signed with keys that it made up."""
    new = Ed25519Signer.generate()
    party = directory.party(entity)
    change = KeyChange(
        network=directory.network,
        entity=entity,
        purpose=KeyPurpose.SIGNING,
        sequence=1,
        time=directory.issued,
        old=party.signing_key,
        new=new.public_key.hex(),
    )
    record = KeyChangeRecord.signed(change, signing_key=new, old=new, new=new)
    changed = with_key(directory, entity, "signing_key", change.new)
    entities = tuple(p.model_copy(update={"key_changes": (record,)}) if p.id == entity else p for p in changed.entities)
    return changed.model_copy(update={"entities": entities})


def following(net: ExchangeNetwork, real: Directory, **changes: object) -> LoggedDirectory:
    """Return a directory that continues the log, proved and cosigned, whatever it says."""
    log = net.log.fork()
    following = real.model_copy(update={"serial": real.serial + 1, **changes})
    return log.since(log.add(following, net.clock.now()), real.serial)


def beside(net: ExchangeNetwork, directory: Directory) -> LoggedDirectory:
    """Return a directory in a second log of the coordinator's key, which anchors have not seen."""
    return DirectoryLog(net.log.network, net.coordinator).add(directory, net.clock.now())


def uncosigned(net: ExchangeNetwork, real: Directory, anchors: dict[str, Ed25519Signer]) -> LoggedDirectory:
    log = net.log.fork()
    log.anchors = anchors
    return log.since(log.add(with_stranger(real.model_copy(update={"serial": real.serial + 1}))), real.serial)


def with_false_line(logged: LoggedDirectory) -> LoggedDirectory:
    """Return a directory whose checkpoint has a cosignature of the right key over something else."""
    note = parse_note(logged.checkpoint)
    last = note.signatures[-1]
    false = replace(last, signature=last.signature[:-1] + bytes([last.signature[-1] ^ 1]))
    return replace(logged, checkpoint=Note(note.text, (*note.signatures[:-1], false)).to_bytes())


LIES: dict[str, tuple[Callable[[ExchangeNetwork, Directory], LoggedDirectory], str]] = {
    "an older one": (
        lambda net, real: beside(net, real.model_copy(update={"serial": real.serial - 1})),
        "directory_rollback",
    ),
    "another one of the same number": (lambda net, real: beside(net, without_town(real)), "directory_forked"),
    "an entity that nobody admitted, which no anchor cosigned": (
        lambda net, real: uncosigned(net, real, {}),
        "directory_unvouched",
    ),
    "an entity that nobody admitted, which one anchor of two cosigned": (
        lambda net, real: uncosigned(net, real, {"town": ANCHORS["town"]}),
        "directory_unvouched",
    ),
    "an entity that nobody admitted, cosigned by other keys in the anchors' names": (
        lambda net, real: uncosigned(net, real, {name: Ed25519Signer.generate() for name in ANCHORS}),
        "directory_unvouched",
    ),
    "a cosignature over something else": (
        lambda net, real: with_false_line(following(net, real)),
        "signature_invalid",
    ),
    "one of another log": (
        lambda net, real: replace(beside(net, real.model_copy(update={"serial": real.serial + 1})), since=real.serial),
        "directory_forked",
    ),
    "one that is not in the log": (
        lambda net, real: replace(
            following(net, real),
            envelope=net.log.sign(without_town(real.model_copy(update={"serial": real.serial + 1}))),
        ),
        "proof_invalid",
    ),
    "one that is not the newest of the log": (
        lambda net, real: replace(following(net, real), envelope=net.log.sign(real)),
        "proof_invalid",
    ),
    "a checkpoint of another key": (
        lambda net, real: replace(
            following(net, real),
            checkpoint=DirectoryLog(net.log.network, Ed25519Signer.generate()).add(real).checkpoint,
        ),
        "signature_invalid",
    ),
    "no checkpoint": (lambda net, real: replace(following(net, real), checkpoint=b""), "malformed_document"),
    "false keys for the node itself": (
        lambda net, real: following(net, another_key_for("ngo", real)),
        "own_keys_replaced",
    ),
    "one that ran out": (
        lambda net, real: following(net, real, expires=net.clock.now() - timedelta(seconds=1)),
        "directory_expired",
    ),
    "one that another key signed": (
        lambda net, real: replace(
            following(net, real),
            envelope=seal_directory(real.model_copy(update={"serial": real.serial + 1}), Ed25519Signer.generate()),
        ),
        "signature_invalid",
    ),
    "one of another network": (lambda net, real: following(net, real, network="other.example"), "malformed_document"),
    "one that names another key": (
        lambda net, real: following(net, real, coordinator_key="ab" * 32),
        "malformed_document",
    ),
    "one with a key that everybody has": (
        lambda net, real: following(net, with_key(real, "town", "exchange_key", "00" * 32)),
        "key_refused",
    ),
    "one that gives an entity another's key": (
        lambda net, real: following(net, with_key(real, "town", "exchange_key", real.party("ngo").exchange_key)),
        "key_refused",
    ),
    "one that gives an entity a new key of its own": (
        lambda net, real: following(net, another_key_for("town", real)),
        "key_change_unproven",
    ),
    "one whose change of key somebody else signed": (
        lambda net, real: following(net, with_false_change(real, "town")),
        "key_change_unproven",
    ),
    "one that leaves out an entity": (
        lambda net, real: following(net, without_town(real)),
        "key_change_unproven",
    ),
    "one that lists an entity twice": (
        lambda net, real: net.log.fork().add_signed(
            seal(
                DIRECTORY_TYPE,
                encode(
                    real.model_dump(mode="json")
                    | {"serial": real.serial + 1, "entities": [real.entities[0].model_dump(mode="json")] * 2}
                ),
                net.coordinator,
            ),
            real.serial + 1,
            net.clock.now(),
        ),
        "malformed_document",
    ),
}

CONTRADICTIONS: Final = {
    "another one of the same number",
    "one of another log",
    "false keys for the node itself",
    "one that gives an entity a new key of its own",
    "one whose change of key somebody else signed",
    "one that leaves out an entity",
}


def refused(network: ExchangeNetwork, tell: Tell, logged: LoggedDirectory) -> str:
    ngo = network.nodes["ngo"]
    before = state_digest(ngo.context)
    with pytest.raises(RedpactError) as caught:
        tell(logged)
    assert state_digest(ngo.context) == before
    # The exchange goes on with the directory that was kept, which the anchors cosigned.
    assert ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies[0].released
    return caught.value.code


def known_to(network: ExchangeNetwork, entity: str = "ngo") -> Directory:
    known = network.nodes[entity].context.directory.newest()
    assert known is not None
    return known


@pytest.mark.parametrize("lie", LIES)
def test_a_directory_that_lies(network: ExchangeNetwork, told: Tell, lie: str) -> None:
    make, code = LIES[lie]
    home = network.nodes["ngo"].context.home
    before = len(evidence_files(home))
    assert refused(network, told, make(network, known_to(network))) == code
    # What shows the coordinator's misconduct is kept, with the signatures that prove it.
    assert len(evidence_files(home)) == before + (lie in CONTRADICTIONS)
    if lie in CONTRADICTIONS:
        document = json.loads(max(evidence_files(home), key=lambda path: path.stat().st_mtime_ns).read_bytes())
        offered = Envelope.from_json(encode(document["offered_directory"]))
        open_directory(offered, coordinator_key=network.coordinator.public_key)


@pytest.mark.parametrize("lie", UNSIGNED)
def test_a_directory_whose_signature_does_not_hold(network: ExchangeNetwork, told: Tell, lie: str) -> None:
    logged = following(network, known_to(network))
    envelope = UNSIGNED[lie](logged.envelope)
    if lie == "another type":
        envelope = Envelope("text/plain", envelope.payload, envelope.key_id, envelope.signature)
    assert refused(network, told, replace(logged, envelope=envelope)) == "signature_invalid"


@pytest.mark.parametrize("lie", SIGNED_GARBAGE)
def test_a_directory_that_is_none(network: ExchangeNetwork, told: Tell, lie: str) -> None:
    logged = following(network, known_to(network))
    garbage = signed(logged.envelope, network.coordinator, SIGNED_GARBAGE[lie])
    assert refused(network, told, replace(logged, envelope=garbage)) == "malformed_document"


def test_after_the_lies_the_next_directory_that_the_anchors_cosigned_is_taken(network: ExchangeNetwork) -> None:
    network.publish()
    assert known_to(network).serial == network.serial


def test_a_coordinator_that_never_answers_stops_nobody(network: ExchangeNetwork) -> None:
    voice = PeerOnTheWire(network, SimulatedPeer("voice"))
    voice.credentials.issue(network.authority, COORDINATOR_ID)

    def abort(_method: str, _data: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        raise AssertionError

    ngo = network.nodes["ngo"]
    with voice.serving(abort) as address:
        network.coordinator_address = address
        network.publish()
        with pytest.raises(RedpactError) as caught:
            ngo.directory_follower.refresh()
    assert caught.value.code == "peer_silent"  # the call arrived, and no answer came
    assert ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies[0].released
    voice.close()


def test_a_directory_that_changes_keys_is_kept_as_evidence_and_everybody_is_told(
    network: ExchangeNetwork, told: Tell
) -> None:
    ngo = network.nodes["ngo"]
    acknowledge_evidence(ngo.context.home, directory_origin(network.log.network))
    false = following(network, another_key_for("town", known_to(network)))
    assert refused(network, told, false) == "key_change_unproven"
    ngo.inbox_sweep.run()
    with ngo.context.snapshot() as session:
        details = {(item.kind, item.detail) for item in Inbox(session).list()}
    assert (ItemKind.DIRECTORY_FALSE, "keys_changed") in details
    assert check_evidence(ngo.context.home).level is Level.FAILED
    (path,) = evidence_files(ngo.context.home)
    shown = json.loads(path.read_bytes())
    key = network.coordinator.public_key
    known, offered = (Envelope.from_json(encode(shown[f"{name}_directory"])) for name in ("known", "offered"))
    before, after = open_directory(known, coordinator_key=key), open_directory(offered, coordinator_key=key)
    assert before.party("town").signing_key != after.party("town").signing_key
