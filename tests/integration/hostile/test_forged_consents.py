"""A member makes consents up, with a ledger that its own witnesses vouch for: they open nothing, and it is noticed."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.log.bodies import ConsentBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.receipts.entry_proofs import prove_entry
from consent_ledger.receipts.tlog_proof import TlogProof
from node.consents.assurance.policy import policy_in_force, set_policy
from node.consents.consents import GrantInput
from node.fetch.asking import question_of
from node.inbox.items import Inbox, ItemKind
from node.ledger.own import own_consents
from node.operations.doctor import examine
from node.people.documents import Document, parse_document
from node.people.linking import pseudonym_of
from policies.assurance import OriginLimits
from protos.redpact.v1 import messages_pb2
from records_exchange.assurance.evidence import FormScan, PersonCode
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.message import NOTIFICATION_LIFETIME, MessageOutcome, MessageReply
from records_exchange.sealing import Route, seal_paper
from records_exchange.travel import CONSENT_COPY, encode_copy
from service.errors import PeerRefused
from service.wire import from_wire
from tests.support.assurance import confirm, signed_form
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork, hold, person_record
from tests.support.ledgers import NOTICE
from tests.support.peer_on_the_wire import DELIVER, PeerOnTheWire
from tests.support.simulated_peer import SimulatedPeer
from trust.parties import EntityKind

pytestmark = [pytest.mark.invariant(1), pytest.mark.invariant(8)]

FIELDS = ("person.sex", "work.status")
LIMITS = OriginLimits(consents_a_day=60, alarm_at=20)
LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
"""The control letter of a DNI is the remainder of its number by 23."""


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    """Make a county that holds many people, a town where people sign, and an asker."""
    network = ExchangeNetwork(tmp_path)
    for entity in ("town", "ngo"):
        network.add(entity, kind=EntityKind.PUBLIC)
    county = network.add("county", kind=EntityKind.PUBLIC)
    hold(network.nodes["town"], person_record())
    hold(county, person_record(), *(person_record(person(number)) for number in range(1, 41)))
    before = policy_in_force(county.context).policy
    set_policy(county.context, before.model_copy(update={"limits": LIMITS}))
    with network.serving("county"):
        yield network
    network.close()


@pytest.fixture
def liar(network: ExchangeNetwork) -> Iterator[PeerOnTheWire]:
    peer = PeerOnTheWire(network, SimulatedPeer("liar", kind=EntityKind.PUBLIC))
    yield peer
    peer.close()


def person(number: int) -> Document:
    return parse_document(f"{number:08d}{LETTERS[number % 23]}")


def forged(network: ExchangeNetwork, number: int = 0, **changes: Any) -> ConsentBody:
    now = network.clock.now()
    values = {
        "consent_id": f"{number:032x}",
        "person_ref": "somebody",
        "controller": "liar",
        "fields": FIELDS,
        "purposes": ("casework",),
        "recipients": ("liar", "ngo"),
        "holders": ("county",),
        "valid_from": now,
        "valid_until": now + timedelta(days=365),
        "agreed_at": now,
        "acted_by": "person",
        "notice": {"id": NOTICE.id, "version": NOTICE.version, "sha256": NOTICE.sha256},
        "language": "es",
        "method": "in-person",
    }
    return ConsentBody.model_validate(values | changes)


def proved(network: ExchangeNetwork, liar: PeerOnTheWire, record: ConsentBody, at: datetime | None = None) -> TlogProof:
    """Return the proof that a consent is in the liar's own ledger, where it writes what it likes."""
    now = at or network.clock.now()
    (entry,) = liar.peer.ledger.append([NewEntry(EntryType.CONSENT_GIVEN, record)], now)
    _, proof = prove_entry(liar.peer.ledger, entry.index)
    return proof


def send(network: ExchangeNetwork, liar: PeerOnTheWire, document: Document, body: dict[str, Any]) -> MessageReply:
    now, parties = network.clock.now(), network.directory()
    linked = pseudonym_of(network.nodes["county"].context, parties.party("liar"), document)  # as both compute it
    message = liar.peer.tell("county", now, CONSENT_COPY, body, subject=linked, expires=now + NOTIFICATION_LIFETIME)
    data = liar.send_to("county", DELIVER, message)
    return MessageReply.model_validate_json(from_wire(messages_pb2.DeliverReply.FromString(data).reply).payload)


def forge(
    network: ExchangeNetwork, liar: PeerOnTheWire, number: int, document: Document = PERSON, **changes: Any
) -> MessageReply:
    return send(network, liar, document, encode_copy(proved(network, liar, forged(network, number, **changes))))


def shares(network: ExchangeNetwork, document: Document = PERSON) -> bool:
    ngo = network.nodes["ngo"]
    question = question_of(ngo.context, "casework", fields=FIELDS)
    return ngo.asking.fetch(document, question, ["county"]).replies[0].released


def unproved(network: ExchangeNetwork, number: int) -> str | None:
    county = network.nodes["county"]
    with county.context.snapshot() as session:
        view = own_consents(county.context, session).get(f"{number:032x}")
    assert view.record.origin is not None
    assert view.record.origin.proofs == ()
    return view.record.origin.unproved


def test_consents_for_a_hundred_documents_open_nothing_and_honest_traffic_goes_on(
    network: ExchangeNetwork, liar: PeerOnTheWire, tmp_path: Path
) -> None:
    county, town = network.nodes["county"], network.nodes["town"]
    replies = [forge(network, liar, number, person(number)) for number in range(1, 101)]
    taken = [reply for reply in replies if reply.outcome is MessageOutcome.ACCEPTED]
    assert len(taken) == LIMITS.consents_a_day
    assert {reply.reason for reply in replies} == {None, "too_many_consents"}
    assert {str(reply.body) for reply in taken} == {str(taken[0].body)}  # known and unknown people alike
    assert not any(shares(network, person(number)) for number in (1, 17, 40))
    with county.context.snapshot() as session:
        alarms = [item for item in Inbox(session).list() if item.kind == ItemKind.ORIGIN_ALARM]
    assert {(item.peer, item.detail) for item in alarms} == {("liar", "many_unproved"), ("liar", "too_many_consents")}
    (finding,) = [each for each in examine(county.context, county.connections) if each.check == "assurance"]
    assert "liar" in finding.text

    given = GrantInput(PERSON, ("casework",), ("ngo",), FIELDS, holders=("county",), evidence=signed_form(tmp_path))
    consent = town.consents.grant(given).consent_id
    town.outbox.deliver_due()
    confirm(county, consent)
    assert shares(network)
    network.clock.advance(hours=25)  # type: ignore[attr-defined]  # a frozen clock
    assert forge(network, liar, 101, person(3)).reason is None  # the limit is of a day


def test_version_after_version_of_one_consent_meets_the_limit(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    county, now = network.nodes["county"], network.clock.now()
    found = [
        forge(network, liar, 999, valid_until=now + timedelta(days=100 + version)).reason
        for version in range(LIMITS.consents_a_day + 10)
    ]
    taken = found.count(None)
    assert 1 < taken <= LIMITS.consents_a_day
    assert found == [None] * taken + ["too_many_consents"] * (len(found) - taken)
    shorter = forge(network, liar, 999, valid_until=now + timedelta(days=1))  # what takes something away is taken
    assert shorter.reason is None
    with county.context.snapshot() as session:
        view = own_consents(county.context, session).get(f"{999:032x}")
    assert view.record.valid_until == now + timedelta(days=1)


def test_a_consent_of_a_collaborator_is_none(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    network.change("liar", kind=EntityKind.COLLABORATOR)
    assert forge(network, liar, 1).reason == "not_an_origin"
    assert not shares(network)


@pytest.mark.parametrize(
    "changes",
    [
        {"agreed_at": datetime(9998, 1, 1, tzinfo=UTC), "valid_until": datetime(9999, 1, 1, tzinfo=UTC)},
        {"valid_until": timedelta(days=6 * 366)},
        {"agreed_at": timedelta(minutes=2)},
    ],
    ids=["of the year 9998", "valid for six years", "later than its own entry"],
)
def test_a_consent_with_impossible_times_is_refused(
    network: ExchangeNetwork, liar: PeerOnTheWire, changes: dict[str, Any]
) -> None:
    now = network.clock.now()
    times: dict[str, Any] = {
        name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()
    }
    assert forge(network, liar, 1, **times).reason == "copy_invalid"
    county = network.nodes["county"]
    with county.context.snapshot() as session:
        assert own_consents(county.context, session).list() == ()


def test_an_entry_dated_ahead_of_our_clock_waits(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    ahead = network.clock.now() + timedelta(hours=2)
    late = proved(network, liar, forged(network, 1, agreed_at=ahead), ahead)
    assert send(network, liar, PERSON, encode_copy(late)).reason == "copy_too_early"


def paper(network: ExchangeNetwork, terms: ConsentTerms, scan: bytes = b"%PDF a form", digest: str = "") -> FormScan:
    key = network.nodes["county"].context.keys.exchange_public
    sealed = seal_paper(scan, Route(NETWORK, "liar", "county"), terms.digest, key)
    return FormScan(sealed=base64.b64encode(sealed).decode(), sha256=digest or signed_digest(scan))


def signed_digest(scan: bytes) -> str:
    return hashlib.sha256(scan).hexdigest()


def test_a_form_serves_for_the_terms_that_it_was_sealed_with(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    scan = b"%PDF a form"
    small = forged(network, 1, fields=FIELDS[:1], evidence_sha256=signed_digest(scan))
    replayed = paper(network, ConsentTerms.of(small), scan)
    wider = forged(network, 1, evidence_sha256=signed_digest(scan))
    assert send(network, liar, PERSON, encode_copy(proved(network, liar, wider), [replayed])).reason is None
    assert unproved(network, 1) == "seal_broken"
    claimed = encode_copy(proved(network, liar, forged(network, 2, evidence_sha256=signed_digest(scan))), [replayed])
    claimed["terms"] = ConsentTerms.of(small).model_dump(mode="json")  # of another consent
    assert send(network, liar, PERSON, claimed).reason is None
    assert unproved(network, 2) == "seal_broken"
    assert network.nodes["county"].consent_requests.list() == ()
    assert not shares(network)


def test_a_form_that_the_origins_ledger_does_not_name_is_none(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    record = forged(network, 1, evidence_sha256="d" * 64)
    body = encode_copy(proved(network, liar, record), [paper(network, ConsentTerms.of(record))])
    assert send(network, liar, PERSON, body).reason is None
    assert unproved(network, 1) == "other_kind"
    assert network.nodes["county"].consent_requests.list() == ()


def test_a_guessed_code_opens_nothing_and_counts_as_failed(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    code = PersonCode(card="ABCD2345", number=1, mac="0" * 64)
    body = encode_copy(proved(network, liar, forged(network, 1)), [code])
    assert send(network, liar, PERSON, body).reason is None
    assert unproved(network, 1) is not None
    assert not shares(network)


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": [{"kind": "trust_me"}]},
        {"evidence": "yes"},
        {"evidence": [{"kind": "form_scan", "sealed": "A" * 400_000, "sha256": "0" * 64}]},
        {"evidence": [{"kind": "person_code", "card": "ABCD2345", "number": 1, "mac": "0" * 64}] * 5},
        {"terms": {"v": 1}},
        {"assurance": "confirmed"},
    ],
    ids=["another kind", "no list", "too large", "too many", "no terms", "an assurance of its own"],
)
def test_evidence_of_a_wrong_form_is_refused_and_changes_nothing(
    network: ExchangeNetwork, liar: PeerOnTheWire, changes: dict[str, Any]
) -> None:
    body = encode_copy(proved(network, liar, forged(network, 1))) | changes
    with pytest.raises(PeerRefused) as caught:
        send(network, liar, PERSON, body)
    assert caught.value.peer_code == "message_malformed"
    assert network.nodes["county"].consents.list() == ()


def test_a_stranger_cannot_say_that_a_holder_confirmed(network: ExchangeNetwork, liar: PeerOnTheWire) -> None:
    county, now = network.nodes["county"], network.clock.now()
    consent = county.consents.grant(GrantInput(PERSON, ("casework",), ("ngo",), FIELDS, holders=("town",))).consent_id
    said = {"consent_id": consent, "index": 0, "outcome": "confirmed"}
    message = liar.peer.tell("county", now, "consent.decided", said, expires=now + NOTIFICATION_LIFETIME)
    data = liar.send_to("county", DELIVER, message)
    reply = MessageReply.model_validate_json(from_wire(messages_pb2.DeliverReply.FromString(data).reply).payload)
    assert reply.reason == "not_a_party"
    with county.context.snapshot() as session:
        assert own_consents(county.context, session).get(consent).state is ConsentState.GIVEN
