"""A consent given elsewhere opens nothing while its origin may have given it for another person."""

import base64
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consent_ledger.consents.in_force import Obstacle
from consent_ledger.consents.model import ConsentState, ConsentView
from node.consents.in_force import consent_in_force
from node.consents.in_force_report import in_force_message
from node.doubts.decisions import decide_doubt
from presentation.messages import in_language
from records_exchange.errors import IdentityCheckUnknown
from records_exchange.identity_check import identity_check
from records_exchange.linkage import PairwiseKey
from records_exchange.message import MessageReply
from records_exchange.request import parse_request
from records_exchange.travel import CONSENT_COPY, parse_copy
from tests.support.consent_sides import give, side_of
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.parts import NETWORK, hold
from tests.support.people import PERSON, STRANGER, person_record

BORN = date(1980, 5, 17)
OTHER_DAY = date(1979, 12, 3)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[OneSide]:
    made = side_of(tmp_path, "holder")
    yield made
    made.context.close()


@pytest.fixture
def origin(holder: OneSide) -> OriginPeer:
    peer = OriginPeer(holder)
    peer.vouch()
    return peer


def send(holder: OneSide, origin: OriginPeer, consent: ConsentView, birth: date | None) -> MessageReply:
    """Send a consent of a person who is born, at its origin, on a day."""
    key = PairwiseKey.derive(origin.peer.exchange, holder.context.keys.exchange_public, network=NETWORK)
    check = identity_check(key, holder.peers.subject("origin", holder.context), birth, "f")
    body: dict[str, object] = {"proof": base64.b64encode(origin.proof(consent.last_index)).decode()}
    if check is not None:
        body["identity"] = check.model_dump(mode="json")
    return holder.hears("origin", CONSENT_COPY, body, PERSON)


def obstacle(holder: OneSide, consent: ConsentView) -> Obstacle | None:
    return consent_in_force(holder.context, consent.consent_id).obstacle


@pytest.mark.parametrize("birth", [BORN, None])
def test_a_consent_whose_origin_agrees_or_does_not_know_is_in_force(
    holder: OneSide, origin: OriginPeer, birth: date | None
) -> None:
    consent = origin.give(origin.terms("holder"))
    send(holder, origin, consent, birth)
    assert obstacle(holder, consent) is None
    assert holder.shares("asker", FIELDS) == set(FIELDS)


@pytest.mark.invariant(1)
def test_a_consent_for_another_person_opens_nothing_until_somebody_decides(holder: OneSide, origin: OriginPeer) -> None:
    consent, plain = origin.give(origin.terms("holder")), origin.give(origin.terms("holder"))
    replies = [send(holder, origin, consent, OTHER_DAY), send(holder, origin, plain, BORN)]
    assert len({(reply.outcome, reply.reason, str(reply.body)) for reply in replies}) == 1  # the origin learns nothing
    assert holder.state(consent.consent_id) is ConsentState.GIVEN
    assert obstacle(holder, consent) is Obstacle.IDENTITY_DOUBT
    found = consent_in_force(holder.context, consent.consent_id)
    assert "otra persona" in in_language(in_force_message(found, {}), "es")
    assert holder.shares("asker", FIELDS) == set()
    decide_doubt(holder.context, PERSON, "origin", "ts-01", same=True)
    assert holder.shares("asker", FIELDS) == set(FIELDS)


def test_a_narrower_version_is_taken_in_during_a_doubt(holder: OneSide, origin: OriginPeer) -> None:
    consent = origin.give(origin.terms("holder"))
    send(holder, origin, consent, OTHER_DAY)
    send(holder, origin, origin.narrow(consent, FIELDS[0]), OTHER_DAY)
    decide_doubt(holder.context, PERSON, "origin", "ts-01", same=True)
    assert holder.shares("asker", FIELDS) == {FIELDS[0]}


def test_values_of_an_unknown_form_are_refused_by_name(holder: OneSide, origin: OriginPeer) -> None:
    consent = origin.give(origin.terms("holder"))
    body = {
        "proof": base64.b64encode(origin.proof(consent.last_index)).decode(),
        "identity": {"scheme": "face/1", "birth": "ab", "sex": None},
    }
    with pytest.raises(IdentityCheckUnknown):
        holder.hears("origin", CONSENT_COPY, body, PERSON)
    assert holder.state(consent.consent_id) is None


def test_a_consent_goes_out_with_the_check_values_of_its_holder(tmp_path: Path) -> None:
    side = side_of(tmp_path, "origin")
    give(side, "holder", "other")
    side.deliver()
    told = {name: parse_copy(side.peers.told(name, CONSENT_COPY)[0].body).identity for name in ("holder", "other")}
    for name, check in told.items():
        key = PairwiseKey.derive(side.peers[name].exchange, side.context.keys.exchange_public, network=NETWORK)
        assert check == identity_check(key, side.peers.subject(name, side.context), BORN, "f")
    side.context.close()


def test_an_asker_tells_the_check_values_of_its_own_record_and_of_a_stranger_none(tmp_path: Path) -> None:
    side = side_of(tmp_path, "asker")
    hold(side.context, person_record(PERSON, birth=OTHER_DAY))
    side.fetch("holder", FIELDS)
    side.fetch("holder", FIELDS, document=STRANGER)
    sent = [parse_request(envelope.payload) for envelope in side.peers.sent]
    key = PairwiseKey.derive(side.peers["holder"].exchange, side.context.keys.exchange_public, network=NETWORK)
    assert [each.identity for each in sent] == [identity_check(key, sent[0].subject, OTHER_DAY, "f"), None]
    side.context.close()
