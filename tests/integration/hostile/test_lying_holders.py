"""Our node asks a holder that lies: nothing of it is shown or kept, and what honest holders answer is."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import grpc
import pytest

from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.note import NoteSigner
from node.clients.peers import call_peer
from node.fetch.asking import Asking, HolderReply, question_of
from policies.errors import RedpactError
from protos.redpact.v1 import records_pb2
from records_exchange.answer import MAX_ANSWER_BYTES, parse_answer
from service.errors import PeerRefused, PeerUnreachable
from service.wire import from_wire, to_wire
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork
from tests.support.fault_proxy import Fault, FaultProxy, Kind
from tests.support.lies import ANSWER_LIES, SIGNED_GARBAGE, UNSIGNED, signed, signed_by
from tests.support.memory_stores import InMemoryLedgerStore
from tests.support.peer_on_the_wire import Behave, PeerOnTheWire, answering
from tests.support.state import state_digest
from tests.support.waiting import PATIENCE_SECONDS, eventually
from trust.parties import Party, server_name
from trust.signing import Ed25519Signer, Envelope

pytestmark = pytest.mark.invariant(8)

FIELDS = ("person.sex", "work.status")


def fetch(network: ExchangeNetwork, *holders: str) -> tuple[HolderReply, ...]:
    ngo = network.nodes["ngo"]
    return ngo.asking.fetch(PERSON, question_of(ngo.context, "casework", fields=FIELDS), holders).replies


def caught_lying(network: ExchangeNetwork, liar: PeerOnTheWire, behave: Behave | None = None) -> RedpactError:
    """Ask the liar, expect that nothing is written for it, and return the error that stands in place of its answer."""
    ngo = network.nodes["ngo"]
    with liar.serving(behave or answering(liar.peer, network)):
        before = state_digest(ngo.context)
        (reply,) = fetch(network, "liar")
        assert state_digest(ngo.context) == before
        beside, honest = fetch(network, "liar", "town")
    assert reply.answer is None
    assert beside.answer is None
    assert honest.released
    assert reply.error is not None
    return reply.error


@pytest.fixture
def restored(liar: PeerOnTheWire) -> Iterator[PeerOnTheWire]:
    """Give the liar, and make it honest again afterwards."""
    yield liar
    for name in ("change_answer", "change_envelope"):
        setattr(liar.peer, name, lambda unchanged: unchanged)
    liar.peer.refuses = False


def test_an_honest_holder_of_this_kind_is_believed(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    # Else every lie below could be refused for something else than the lie.
    with liar.serving(answering(liar.peer, network)):
        (reply,) = fetch(network, "liar")
    assert reply.released


@pytest.mark.parametrize("lie", ANSWER_LIES)
def test_an_answer_that_lies(network: ExchangeNetwork, restored: PeerOnTheWire, lie: str) -> None:
    restored.peer.change_answer, error = ANSWER_LIES[lie]
    assert isinstance(caught_lying(network, restored), error)


@pytest.mark.parametrize("lie", UNSIGNED)
def test_an_answer_whose_signature_does_not_hold(network: ExchangeNetwork, restored: PeerOnTheWire, lie: str) -> None:
    restored.peer.change_envelope = UNSIGNED[lie]
    assert caught_lying(network, restored).code == "signature_invalid"


@pytest.mark.parametrize("lie", SIGNED_GARBAGE)
def test_an_answer_that_is_none(network: ExchangeNetwork, restored: PeerOnTheWire, lie: str) -> None:
    peer = restored.peer
    peer.change_envelope = lambda envelope: signed(envelope, peer.signing, SIGNED_GARBAGE[lie])
    assert caught_lying(network, restored).code == "answer_malformed"


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"more": 1},
        {"outcome": "refused"},
        {"reason": "because"},
        {"fields": [{"id": "person.sex", "value": {"deep": [1]}, "recorded_at": "2026-01-01T00:00:00Z"}]},
        {"fields": [{"id": "person.sex", "value": 2**53, "recorded_at": "2026-01-01T00:00:00Z"}]},
        {"withheld": [{"id": "person.sex", "reason": "Ana Ficticia told me"}]},
        {"issued": "today"},
    ],
    ids=lambda changes: str(changes)[:50],
)
def test_an_answer_with_wrong_fields(
    network: ExchangeNetwork, restored: PeerOnTheWire, changes: dict[str, object]
) -> None:
    peer = restored.peer

    def change(envelope: Envelope) -> Envelope:
        document = parse_answer(envelope.payload).model_dump(mode="json") | changes
        # Written by the plain encoder: a liar is not bound to numbers that canonical JSON has.
        return signed(envelope, peer.signing, json.dumps(document).encode())

    peer.change_envelope = change
    assert caught_lying(network, restored).code == "answer_malformed"


def test_an_answer_signed_by_another_entity(network: ExchangeNetwork, restored: PeerOnTheWire) -> None:
    town = network.nodes["town"].context.keys.signing
    restored.peer.change_envelope = lambda envelope: signed_by(envelope, town)
    assert caught_lying(network, restored).code == "signature_invalid"


def test_an_answer_too_large_to_be_one(network: ExchangeNetwork, restored: PeerOnTheWire) -> None:
    peer = restored.peer
    large = b'{"x":"' + b"a" * MAX_ANSWER_BYTES + b'"}'
    peer.change_envelope = lambda envelope: signed(envelope, peer.signing, large)
    assert caught_lying(network, restored).code == "answer_malformed"


def test_a_checkpoint_that_another_key_signed(network: ExchangeNetwork, restored: PeerOnTheWire) -> None:
    ledger, note = restored.peer.ledger, restored.peer.note
    other = NoteSigner(note.name, Ed25519Signer.generate())
    restored.peer.ledger = ConsentLedger(InMemoryLedgerStore(), other)
    try:
        assert caught_lying(network, restored).code == "evidence_invalid"
    finally:
        restored.peer.ledger, restored.peer.note = ledger, note


def test_answers_that_are_exchanged_with_those_to_other_requests(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    held: list[bytes] = []
    honest = answering(liar.peer, network)

    def exchanged(method: str, data: bytes, context: grpc.ServicerContext) -> bytes:
        held.append(honest(method, data, context))
        return held[0]  # the first is answered well; from then on everybody gets the first answer

    ngo = network.nodes["ngo"]
    with liar.serving(exchanged):
        assert fetch(network, "liar")[0].released
        before = state_digest(ngo.context)
        (reply,) = fetch(network, "liar")
        assert state_digest(ngo.context) == before
    assert reply.error is not None
    assert reply.error.code == "answer_unbound"


def _bytes(data: bytes) -> Behave:
    return lambda _method, _data, _context: data


def _abort(code: grpc.StatusCode, details: str) -> Behave:
    def behave(_method: str, _data: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata((("redpact-code", "x" * 3000), ("redpact-retry-after", "-1e999")))
        context.abort(code, details)
        raise AssertionError

    return behave


def _half_an_envelope(_method: str, data: bytes, _context: grpc.ServicerContext) -> bytes:
    envelope = from_wire(records_pb2.FetchSummaryRequest.FromString(data).request)
    reply = records_pb2.FetchSummaryReply(answer=to_wire(envelope)).SerializeToString()
    return reply[: len(reply) // 2]


def _fault(_method: str, _data: bytes, _context: grpc.ServicerContext) -> bytes:
    raise RuntimeError("my own trouble")


WIRE: dict[str, Behave] = {
    "nothing at all": _bytes(b""),
    "no protobuf": _bytes(b"\xff" * 100),
    "half an envelope": _half_an_envelope,
    "the request itself": lambda _method, data, _context: data,
    "more than is taken": _bytes(bytes(17 * 1024 * 1024)),
    "a fault": _fault,
    "a long no": _abort(grpc.StatusCode.PERMISSION_DENIED, "no" * 1000),
    "no such call": _abort(grpc.StatusCode.UNIMPLEMENTED, "what?"),
    "later": _abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "later"),
    "a status of another world": _abort(grpc.StatusCode.DATA_LOSS, "\x00\x1b[31m"),
}


@pytest.mark.parametrize("lie", WIRE)
def test_bytes_and_statuses_that_are_no_answer(network: ExchangeNetwork, liar: PeerOnTheWire, lie: str) -> None:
    error = caught_lying(network, liar, WIRE[lie])
    unanswered = {"peer_unreachable", "peer_silent", "peer_refused", "peer_busy"}
    assert error.code in {"malformed_document", "signature_invalid", *unanswered}
    assert len(str(error)) < 700


@contextmanager
def hurried(network: ExchangeNetwork, seconds: float) -> Iterator[Asking]:
    """Give an asker with less patience than ours, so that the test need not have it."""
    ngo = network.nodes["ngo"]

    def send(holder: Party, envelope: Envelope) -> Envelope:
        name = server_name(NETWORK, holder.id)
        channels = [ngo.channels.channel(address, name) for address in holder.addresses]
        patience = seconds if holder.id == "liar" else PATIENCE_SECONDS
        return call_peer(holder.id, channels, envelope, seconds=patience)

    yield Asking(ngo.context, ngo.peer_ledgers, send, prove=ngo.prove_consistency)


def test_a_holder_that_never_answers_costs_its_deadline_and_nothing_of_the_others(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    never = threading.Event()

    def silent(_method: str, _data: bytes, _context: grpc.ServicerContext) -> bytes:
        never.wait(PATIENCE_SECONDS)
        return b""

    ngo = network.nodes["ngo"]
    with liar.serving(silent), hurried(network, 1.5) as asking:
        question = question_of(ngo.context, "casework", fields=FIELDS)
        slow, honest = asking.fetch(PERSON, question, ["liar", "town"]).replies
        never.set()
    assert isinstance(slow.error, PeerUnreachable)
    assert honest.released


@pytest.mark.parametrize("fault", [Fault(Kind.THROTTLE, 100), Fault(Kind.HALF_OPEN), Fault(Kind.DROP_REPLIES)])
def test_a_line_that_dribbles_or_swallows_is_a_holder_that_does_not_answer(
    network: ExchangeNetwork, liar: PeerOnTheWire, fault: Fault
) -> None:
    ngo = network.nodes["ngo"]
    with liar.serving(answering(liar.peer, network)) as address, FaultProxy(address).running() as line:
        network.change("liar", addresses=(line.address,))
        line.suffer(fault)
        with hurried(network, 1.5) as asking:
            question = question_of(ngo.context, "casework", fields=FIELDS)
            before = state_digest(ngo.context)
            (slow,) = asking.fetch(PERSON, question, ["liar"]).replies
            assert state_digest(ngo.context) == before
            assert isinstance(slow.error, PeerUnreachable)
            line.heal()
            line.reset()  # bytes were lost: a new connection is needed, and gRPC makes one when it has waited
            assert eventually(lambda: asking.fetch(PERSON, question, ["liar"]).replies[0].released)


def test_a_byte_changed_on_the_way_is_noticed_before_anything_is_read(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    with liar.serving(answering(liar.peer, network)) as address, FaultProxy(address).running() as line:
        network.change("liar", addresses=(line.address,))
        assert fetch(network, "liar")[0].released
        before = line.connections
        line.suffer(Fault(Kind.CORRUPT))
        (reply,) = fetch(network, "liar")
        # The byte may be one that the transport itself had still to say: then the line is given up before the question
        # goes, which is asked over a new one.
        assert reply.answer is None or line.connections > before
        assert reply.error is None or isinstance(reply.error, PeerUnreachable | PeerRefused)
        assert eventually(lambda: fetch(network, "liar")[0].released)
        assert line.connections > before  # nothing more was taken from the old one


def test_a_holder_with_a_certificate_that_ran_out_is_asked_nothing(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    asked: list[bytes] = []

    def listen(_method: str, data: bytes, _context: grpc.ServicerContext) -> bytes:
        asked.append(data)
        return b""

    good = (liar.credentials.folder / "certificate.pem").read_bytes()
    liar.expire_certificate()
    try:
        error = caught_lying(network, liar, listen)
    finally:
        (liar.credentials.folder / "certificate.pem").write_bytes(good)
    assert error.code == "peer_untrusted"
    assert asked == []


def test_somebody_else_at_the_address_of_a_holder_is_asked_nothing(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    asked: list[bytes] = []
    listen = partial(_record, asked)
    address = network.parties["county"].addresses
    with liar.serving(listen) as stolen:
        network.change("county", addresses=(stolen,))
        (reply,) = fetch(network, "county")
        network.change("county", addresses=address)
    assert reply.error is not None
    assert reply.error.code == "peer_untrusted"
    assert asked == []


def _record(asked: list[bytes], _method: str, data: bytes, _context: grpc.ServicerContext) -> bytes:
    asked.append(data)
    return b""
