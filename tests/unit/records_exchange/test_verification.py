from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_ledger.log.entry import EntryType
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.note import NoteSigner
from policies.catalogue import load_catalogue
from records_exchange.answer import ANSWER_TYPE, AnswerOutcome, FetchAnswer
from records_exchange.errors import (
    AnswerMalformed,
    AnswerOverreaches,
    AnswerUnbound,
    EvidenceInvalid,
    ExchangeError,
)
from records_exchange.request import parse_request
from records_exchange.verification import SentRequest, VerifiedAnswer, open_answer
from tests.support.clock import START
from tests.support.lies import ANSWER_LIES, UNSIGNED, update, value
from tests.support.memory_stores import InMemoryLedgerStore
from tests.support.parts import keys_of
from tests.support.simulated_peer import NETWORK, SimulatedPeer, sent
from trust.errors import SignatureInvalid, TrustError
from trust.parties import ledger_origin
from trust.signing import Envelope, seal

ASKER = SimulatedPeer("asker")
VALUES = {"person.sex": "f", "work.status": "unemployed"}


def holder() -> SimulatedPeer:
    return SimulatedPeer("holder", VALUES)


def check(peer: SimulatedPeer, received: Envelope, asked: SentRequest, *, later: int = 0) -> VerifiedAnswer:
    return open_answer(
        received,
        asked,
        holder=peer.party,
        origin=ledger_origin(NETWORK, "holder"),
        values=load_catalogue(),
        now=START + timedelta(seconds=later),
    )


def exchange(peer: SimulatedPeer) -> VerifiedAnswer:
    asked = sent(ASKER.ask("holder", START))
    return check(peer, peer.answer(asked.envelope, START), asked)


def test_an_honest_release_verifies() -> None:
    verified = exchange(holder())
    assert {field.id: field.value for field in verified.answer.fields} == VALUES
    assert verified.checkpoint.size == 1


def test_an_honest_refusal_verifies() -> None:
    peer = holder()
    peer.refuses = True
    assert exchange(peer).answer.outcome is AnswerOutcome.REFUSED


def logged_as_refusal(peer: SimulatedPeer) -> Callable[[FetchAnswer], FetchAnswer]:
    request = parse_request(ASKER.ask("holder", START).payload)
    return lambda answer: answer.model_copy(update={"ledger": peer.log(EntryType.REFUSAL, request, START)})


def logged_long_ago(peer: SimulatedPeer) -> Callable[[FetchAnswer], FetchAnswer]:
    request = parse_request(ASKER.ask("holder", START).payload)
    old = peer.log(EntryType.RELEASE, request, START - timedelta(days=1))
    return update(ledger=old)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("lie", ANSWER_LIES)
def test_a_lie_is_found(lie: str) -> None:
    peer = holder()
    peer.change_answer, error = ANSWER_LIES[lie]
    with pytest.raises(error):
        exchange(peer)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("trick", [logged_as_refusal, logged_long_ago])
def test_evidence_of_something_else_is_found(
    trick: Callable[[SimulatedPeer], Callable[[FetchAnswer], FetchAnswer]],
) -> None:
    peer = holder()
    peer.change_answer = trick(peer)
    with pytest.raises(EvidenceInvalid):
        exchange(peer)


def test_a_checkpoint_by_another_key_is_found() -> None:
    peer, other = holder(), keys_of("somebody").ledger
    peer.ledger = ConsentLedger(InMemoryLedgerStore(), NoteSigner(ledger_origin(NETWORK, "holder"), other))
    with pytest.raises(EvidenceInvalid):
        exchange(peer)


def test_an_answer_replayed_to_a_new_request_is_found() -> None:
    peer = holder()
    first = sent(ASKER.ask("holder", START))
    answer = peer.answer(first.envelope, START)
    with pytest.raises(AnswerUnbound):
        check(peer, answer, sent(ASKER.ask("holder", START)))


@pytest.mark.invariant(8)
@pytest.mark.parametrize("lie", UNSIGNED)
def test_an_answer_not_signed_by_the_holder_is_found(lie: str) -> None:
    peer = holder()
    peer.change_envelope = UNSIGNED[lie]
    with pytest.raises(SignatureInvalid):
        exchange(peer)


@pytest.mark.invariant(8)
@given(st.one_of(st.binary(max_size=200), st.just(b" " * 300_000), st.just(b'{"v":1}')))
def test_any_signed_bytes_raise_only_our_errors(payload: bytes) -> None:
    peer = holder()
    with pytest.raises((ExchangeError, TrustError)):
        check(peer, seal(ANSWER_TYPE, payload, peer.signing), sent(ASKER.ask("holder", START)))


def test_an_oversized_answer_is_malformed() -> None:
    peer = holder()
    with pytest.raises(AnswerMalformed):
        check(
            peer, seal(ANSWER_TYPE, b'{"x":"' + b"a" * 300_000 + b'"}', peer.signing), sent(ASKER.ask("holder", START))
        )


def test_no_message_repeats_a_value() -> None:
    peer = holder()
    peer.change_answer = value("work.status", "secret words")
    with pytest.raises(AnswerOverreaches) as caught:
        exchange(peer)
    assert "secret" not in caught.value.message
