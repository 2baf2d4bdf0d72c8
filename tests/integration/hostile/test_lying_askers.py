"""Another entity asks our node with requests that lie: refused, nothing changed, and honest askers are served."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from node.fetch.asking import Asking, question_of
from policies.errors import RedpactError
from records_exchange.answer import AnswerOutcome, parse_answer
from records_exchange.message import MESSAGE_TYPE
from records_exchange.request import MAX_REQUEST_BYTES, REQUEST_TYPE, parse_request
from service.errors import PeerRefused, PeerUnreachable
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork, grant
from tests.support.lies import REQUEST_LIES, SIGNED_GARBAGE, UNSIGNED, signed, signed_by
from tests.support.peer_on_the_wire import DELIVER, FETCH, PeerOnTheWire
from tests.support.pki import authority
from tests.support.simulated_peer import SimulatedPeer
from tests.support.state import ANSWERED, state_digest
from trust.canonical import encode
from trust.parties import EntityStatus
from trust.signing import Envelope, seal

pytestmark = [pytest.mark.invariant(1), pytest.mark.invariant(8)]


@contextmanager
def nothing_changes(network: ExchangeNetwork) -> Iterator[None]:
    """Expect that the town writes nothing meanwhile, and answers an honest asker afterwards."""
    town, ngo = network.nodes["town"], network.nodes["ngo"]
    before = state_digest(town.context)
    yield
    assert state_digest(town.context) == before
    assert ngo.asking.fetch(PERSON, question_of(ngo.context, "casework"), ["town"]).replies[0].released


def refusal(liar: PeerOnTheWire, envelope: Envelope) -> str:
    with pytest.raises(PeerRefused) as caught:
        liar.send("town", envelope)
    return caught.value.peer_code


def honest(liar: PeerOnTheWire, network: ExchangeNetwork, **changes: object) -> Envelope:
    return liar.peer.ask("town", network.clock.now(), **changes)  # type: ignore[arg-type]  # subject, or a field


@pytest.mark.parametrize("lie", REQUEST_LIES)
def test_a_request_that_lies_about_itself(network: ExchangeNetwork, liar: PeerOnTheWire, lie: str) -> None:
    now = network.clock.now()
    with nothing_changes(network):
        found = REQUEST_LIES[lie]
        assert refusal(liar, honest(liar, network, **found.changes(now))) == found.code


@pytest.mark.parametrize("lie", UNSIGNED)
def test_a_request_whose_signature_does_not_hold(network: ExchangeNetwork, liar: PeerOnTheWire, lie: str) -> None:
    with nothing_changes(network):
        changed = UNSIGNED[lie](honest(liar, network))
        if changed.payload_type == REQUEST_TYPE:
            assert refusal(liar, changed) == "signature_invalid"
        else:
            with pytest.raises(PeerRefused) as caught:
                liar.send_to("town", FETCH, changed)
            assert caught.value.peer_code == "malformed_document"  # nobody takes what is of no known type


@pytest.mark.parametrize("lie", SIGNED_GARBAGE)
def test_a_request_that_is_none(network: ExchangeNetwork, liar: PeerOnTheWire, lie: str) -> None:
    with nothing_changes(network):
        garbage = signed(honest(liar, network), liar.peer.signing, SIGNED_GARBAGE[lie])
        assert refusal(liar, garbage) == "request_malformed"


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 3},
        {"more": 1},
        {"fields": []},
        {"fields": ["person.sex"] * 101},
        {"fields": ["Person Sex"]},
        {"case_ref": PERSON.number},
        {"subject": PERSON.number},
        {"nonce": ""},
        {"issued": "yesterday"},
        {"asker": "../liar"},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_a_request_with_wrong_fields(network: ExchangeNetwork, liar: PeerOnTheWire, changes: dict[str, object]) -> None:
    with nothing_changes(network):
        request = honest(liar, network)
        document = parse_request(request.payload).model_dump(mode="json") | changes
        assert refusal(liar, signed(request, liar.peer.signing, encode(document))) == "request_malformed"


def test_a_request_replayed_or_its_nonce_used_again(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    first = honest(liar, network)
    liar.send("town", first)
    nonce = parse_request(first.payload).nonce
    with nothing_changes(network):
        assert refusal(liar, first) == "request_replayed"
        assert refusal(liar, honest(liar, network, nonce=nonce, purpose="emergency")) == "request_replayed"


def test_another_entity_has_no_use_for_a_request_of_ours(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    stolen: list[Envelope] = []

    def steal(_holder: object, envelope: Envelope) -> Envelope:
        stolen.append(envelope)
        raise PeerUnreachable("stolen on the way")

    ngo = network.nodes["ngo"]
    Asking(ngo.context, ngo.peer_ledgers, steal).fetch(PERSON, question_of(ngo.context, "casework"), ["town"])
    with nothing_changes(network):
        assert refusal(liar, stolen[0]) == "signature_invalid"
        assert refusal(liar, signed_by(stolen[0], liar.peer.signing)) == "request_misaddressed"


def test_a_message_where_a_request_belongs(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    message = liar.peer.tell("town", network.clock.now(), "pulse", {})
    with nothing_changes(network), pytest.raises(PeerRefused) as caught:
        liar.send_to("town", FETCH, message)
    assert caught.value.peer_code == "message_malformed"  # what it is decides who takes it, not the call it came by
    with nothing_changes(network), pytest.raises(PeerRefused) as caught:
        liar.send_to("town", DELIVER, seal(MESSAGE_TYPE, honest(liar, network).payload, liar.peer.signing))
    assert caught.value.peer_code == "message_malformed"


@pytest.mark.parametrize("data", [b"", b"\x0a\xff\xff\xff\xff", b"\x00" * 50, b"\x0a\x02\x08\x01", b"\xff" * 1000])
@pytest.mark.parametrize("method", [FETCH, DELIVER])
def test_bytes_that_are_no_call(network: ExchangeNetwork, liar: PeerOnTheWire, method: str, data: bytes) -> None:
    with nothing_changes(network), pytest.raises(PeerRefused) as caught:
        liar.send_bytes("town", method, data)
    assert caught.value.peer_code == "malformed_document"


@pytest.mark.parametrize("size", [2 * MAX_REQUEST_BYTES, 600_000, 3_000_000])
def test_a_request_that_is_too_large(network: ExchangeNetwork, liar: PeerOnTheWire, size: int) -> None:
    with nothing_changes(network), pytest.raises(RedpactError) as caught:
        liar.send_bytes("town", FETCH, b"x" * size)
    if isinstance(caught.value, PeerRefused):
        assert caught.value.peer_code == "call_too_large"
    else:  # beyond what gRPC itself reads
        assert isinstance(caught.value, PeerUnreachable)
        assert "larger than max" in str(caught.value)


def test_what_nobody_consented_to_stays_whatever_is_asked_for(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    town = network.nodes["town"]
    before = state_digest(town.context, but=ANSWERED)
    everything = ("person.sex", "action.notes", "person.contact", "protect.gender_violence", "no.such_field")
    for changes in ({}, {"fields": everything}, {"purpose": "no_such_purpose"}, {"role": "no_such_role"}):
        answer = parse_answer(liar.send("town", honest(liar, network, **changes)).payload)
        assert (answer.outcome, answer.fields) == (AnswerOutcome.REFUSED, ())
    assert state_digest(town.context, but=ANSWERED) == before


def test_fields_beyond_the_consent_are_withheld_from_a_consented_asker(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    question = question_of(ngo.context, "casework", fields=("person.sex", "action.notes", "protect.gender_violence"))
    (reply,) = ngo.asking.fetch(PERSON, question, ["town"]).replies
    assert reply.answer is not None
    assert [field.id for field in reply.answer.fields] == ["person.sex"]
    assert {field.id for field in reply.answer.withheld} == {"action.notes", "protect.gender_violence"}


class TestCertificates:
    """Each has a peer of its own: the certificate is what it lies with."""

    def test_one_that_ran_out(self, network: ExchangeNetwork) -> None:
        late = PeerOnTheWire(network, SimulatedPeer("late"))
        late.expire_certificate()
        with nothing_changes(network), pytest.raises(RedpactError) as caught:
            late.send("town", late.peer.ask("town", network.clock.now()))
        assert caught.value.code in ("peer_untrusted", "peer_unreachable")
        late.close()

    def test_one_of_another_authority(self, network: ExchangeNetwork) -> None:
        stranger = PeerOnTheWire(network, SimulatedPeer("stranger"))
        stranger.credentials.issue(authority(NETWORK), "stranger")
        with nothing_changes(network), pytest.raises(RedpactError) as caught:
            stranger.send("town", stranger.peer.ask("town", network.clock.now()))
        assert caught.value.code in ("peer_untrusted", "peer_unreachable")
        stranger.close()

    def test_one_of_an_entity_that_the_directory_does_not_list(
        self, network: ExchangeNetwork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nobody = PeerOnTheWire(network, SimulatedPeer("nobody"))
        monkeypatch.setattr("node.directory_cache.require_continuity", lambda _new, _known: None)  # it was never listed
        del network.parties["nobody"]
        network.publish()
        with nothing_changes(network):
            assert refusal(nobody, nobody.peer.ask("town", network.clock.now())) == "unknown_party"
        nobody.close()

    def test_one_of_a_suspended_entity(self, network: ExchangeNetwork) -> None:
        banned = PeerOnTheWire(network, SimulatedPeer("banned"))
        network.change("banned", status=EntityStatus.SUSPENDED)
        with nothing_changes(network):
            assert refusal(banned, banned.peer.ask("town", network.clock.now())) == "party_suspended"
        banned.close()

    def test_one_of_another_entity_than_the_request(self, network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
        other = PeerOnTheWire(network, SimulatedPeer("borrower"))
        with nothing_changes(network):
            assert refusal(other, liar.peer.ask("town", network.clock.now())) == "signature_invalid"
        other.close()


def test_a_consent_for_one_entity_is_none_for_another_that_knows_of_it(
    network: ExchangeNetwork, liar: PeerOnTheWire
) -> None:
    grant(network.nodes["town"], "county")
    answer = parse_answer(liar.send("town", honest(liar, network)).payload)
    assert answer.outcome is AnswerOutcome.REFUSED
