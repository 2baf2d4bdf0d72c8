import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from consent_ledger.log.entry import EntryType, Leaf
from node.care.questions import ProfessionalInput, case_question
from node.consents.errors import RecipientNotAllowed
from node.fetch.asking import Asking, Fetched, question_of
from node.fetch.report import exit_code, fetched_document, fetched_text
from node.ledger.own import own_ledger
from node.people.documents import Document
from node.people.lookup import PersonLookup
from node.people.model import PersonRef
from node.people.store import PersonStore, people_store
from node.wiring import Node
from policies.access_documents import policy_sha256
from policies.case_access import AccessGained, CaseAccess
from policies.catalogue import load_catalogue
from policies.errors import UnknownTerm
from policies.reasons import reason_label
from presentation import messages
from presentation.formats import day
from records_exchange.errors import RequestInvalid
from records_exchange.request import parse_request
from records_exchange.travel_store import SqlTravelStore
from service.errors import PeerUnreachable
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.simulated_peer import SimulatedPeer, forged
from trust.errors import DirectoryExpired, UnknownParty
from trust.parties import EntityStatus, Party
from trust.signing import Envelope


def direct(network: ExchangeNetwork, **peers: SimulatedPeer) -> Callable[[Party, Envelope], Envelope]:
    """Carry envelopes without a socket: to real nodes, to simulated peers, or nowhere."""

    def send(holder: Party, envelope: Envelope) -> Envelope:
        caller = parse_request(envelope.payload).asker
        if holder.id in peers:
            return peers[holder.id].answer(envelope, network.clock.now())
        if holder.id in network.nodes:
            return network.nodes[holder.id].answering.answer(envelope, caller)
        raise PeerUnreachable(f"no answer from {holder.id}")

    return send


def fetch(network: ExchangeNetwork, *holders: str, fields: tuple[str, ...] = (), **peers: SimulatedPeer) -> Fetched:
    ngo = network.nodes["ngo"]
    question = question_of(ngo.context, "casework", fields=fields)
    return Asking(ngo.context, ngo.peer_ledgers, direct(network, **peers)).fetch(PERSON, question, holders)


def received(node: Node) -> list[dict[str, object]]:
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        kept = list(ledger.store.bodies(0, ledger.size()))
        kinds = {Leaf.parse(ledger.leaf(entry.index)).type for entry in kept}
        assert kinds <= {EntryType.RELEASE_RECEIVED}
        return [json.loads(entry.body) for entry in kept]


def list_peer(network: ExchangeNetwork, peer: SimulatedPeer) -> None:
    network.parties[peer.entity] = peer.party
    network.publish()


def test_what_was_released_is_shown_with_source_and_date_and_logged(network: ExchangeNetwork) -> None:
    grant(network.nodes["town"], "ngo")
    fetched = fetch(network, "town", fields=("work", "person.sex", "housing.risk"))
    text = fetched_text(fetched)
    assert "Entidad town" in text
    assert day(network.clock.now(), "es") in text
    assert "No compartido" in text
    assert exit_code(fetched) == 0
    (body,) = received(network.nodes["ngo"])
    assert (body["holder"], body["outcome"], body["holder_index"]) == ("town", "released", 1)


def test_a_fetch_that_goes_well_renders_no_text_for_people(
    network: ExchangeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(network.nodes["town"], "ngo")
    fetch(network, "town")  # loads what is loaded once
    rendered, templates = messages.rendered, []

    def counting(template: str, many: str | None, values: Mapping[str, object], lang: str) -> str:
        templates.append(template)
        return rendered(template, many, values, lang)

    monkeypatch.setattr(messages, "rendered", counting)
    assert fetch(network, "town").replies[0].released
    assert templates == []


def test_who_asked_and_how_is_in_the_askers_ledger_and_who_it_was_crosses_to_nobody(network: ExchangeNetwork) -> None:
    seen: list[bytes] = []
    send = direct(network)

    def recording(holder: Party, envelope: Envelope) -> Envelope:
        seen.append(envelope.payload)
        return send(holder, envelope)

    ngo = network.nodes["ngo"]
    team = AccessGained(CaseAccess.TEAM)
    question = question_of(ngo.context, "casework", fields=("person.sex",), access=team, professional="staff-0042")
    Asking(ngo.context, ngo.peer_ledgers, recording).fetch(PERSON, question, ["town"])
    (body,) = received(ngo)
    assert (body["professional"], body["case_access"], body["opening_reason"]) == ("staff-0042", "team", None)
    assert body["policy_sha256"] == policy_sha256()
    (payload,) = seen
    assert b'"case_access":"team"' in payload
    assert b"0042" not in payload
    with network.nodes["town"].context.snapshot() as session:
        ledger = own_ledger(network.nodes["town"].context, session)
        assert all(b"0042" not in kept.body for kept in ledger.store.bodies(0, ledger.size()))


def test_whoever_says_nothing_of_the_case_opened_it_for_the_default_reason(network: ExchangeNetwork) -> None:
    grant(network.nodes["town"], "ngo")
    fetched = fetch(network, "town", fields=("person.sex",))
    document = fetched_document(fetched)
    assert (document["case_access"], document["opening_reason"]) == ("opened", "attended_now")
    assert "Atiende ahora a la persona" in fetched_text(fetched)
    (body,) = received(network.nodes["ngo"])
    assert (body["case_access"], body["opening_reason"], body["professional"]) == ("opened", "attended_now", None)


def test_a_partial_answer_is_shown_as_partial(network: ExchangeNetwork) -> None:
    grant(network.nodes["town"], "ngo")
    list_peer(network, SimulatedPeer("silent"))
    liar = SimulatedPeer("liar", {"person.sex": "f"}, change_envelope=forged)
    list_peer(network, liar)
    refuser = SimulatedPeer("refuser", refuses=True)
    list_peer(network, refuser)
    fetched = fetch(network, "town", "silent", "liar", "refuser", fields=("person.sex",), liar=liar, refuser=refuser)
    document = fetched_document(fetched)
    outcomes = {answer["holder"]: answer["outcome"] for answer in document["answers"]}
    assert outcomes == {"town": "released", "silent": "failed", "liar": "failed", "refuser": "refused"}
    assert document["answers"][2]["error"]["code"] == "signature_invalid"
    assert exit_code(fetched) == 0
    assert [body["holder"] for body in received(network.nodes["ngo"])] == ["town", "refuser"]


@pytest.mark.parametrize(("holder", "code"), [("silent", 3), ("refuser", 1), ("liar", 1)])
def test_the_exit_code_tells_no_from_no_answer(network: ExchangeNetwork, holder: str, code: int) -> None:
    peers = {"liar": SimulatedPeer("liar", change_envelope=forged), "refuser": SimulatedPeer("refuser", refuses=True)}
    for peer in (*peers.values(), SimulatedPeer("silent")):
        list_peer(network, peer)
    assert exit_code(fetch(network, holder, fields=("person.sex",), **peers)) == code


def test_a_lie_is_neither_shown_nor_logged(network: ExchangeNetwork) -> None:
    liar = SimulatedPeer("liar", {"person.sex": "free text from the other side"})
    list_peer(network, liar)
    fetched = fetch(network, "liar", fields=("person.sex",), liar=liar)
    assert "free text" not in json.dumps(fetched_document(fetched)) + fetched_text(fetched)
    assert received(network.nodes["ngo"]) == []


def test_an_answer_replayed_by_the_holder_is_not_taken(network: ExchangeNetwork) -> None:
    peer = SimulatedPeer("peer", {"person.sex": "f"})
    list_peer(network, peer)
    fetch(network, "peer", fields=("person.sex",), peer=peer)
    peer.change_envelope = lambda _: peer.answered[0]
    (reply,) = fetch(network, "peer", fields=("person.sex",), peer=peer).replies
    assert reply.error is not None
    assert reply.error.code == "answer_unbound"


@pytest.mark.invariant(5)
def test_no_document_or_name_is_in_what_is_sent(network: ExchangeNetwork) -> None:
    seen: list[bytes] = []
    send = direct(network)

    def recording(holder: Party, envelope: Envelope) -> Envelope:
        seen.append(envelope.payload)
        return send(holder, envelope)

    ngo = network.nodes["ngo"]
    Asking(ngo.context, ngo.peer_ledgers, recording).fetch(PERSON, question_of(ngo.context, "casework"), ["town"])
    assert seen
    assert all(secret not in payload for payload in seen for secret in (b"00000000", b"Ana", b"1980"))


def test_one_look_up_serves_the_case_team_and_the_ledger(
    network: ExchangeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    ngo, made = network.nodes["ngo"], []
    hold(ngo, person_record(PERSON))
    grant(network.nodes["town"], "ngo")
    find = PersonStore.find_by_document

    def counting(store: PersonStore, document: Document) -> PersonRef | None:
        made.append(document)
        return find(store, document)

    monkeypatch.setattr(PersonStore, "find_by_document", counting)
    lookup = PersonLookup(PERSON)
    question = case_question(ngo.context, lookup, "casework", ProfessionalInput("staff-7"))
    fetched = Asking(ngo.context, ngo.peer_ledgers, direct(network)).ask(lookup, question, ["town"])
    assert fetched.replies[0].released
    assert made == [PERSON]
    (body,) = received(ngo)
    assert body["person_ref"] is not None


def test_a_person_erased_while_the_holder_answers_is_named_nowhere(network: ExchangeNetwork) -> None:
    ngo, send = network.nodes["ngo"], direct(network)
    hold(ngo, person_record(PERSON))
    grant(network.nodes["town"], "ngo")
    lookup = PersonLookup(PERSON)
    question = case_question(ngo.context, lookup, "casework", ProfessionalInput("staff-7"))
    with ngo.context.snapshot() as session:
        person = lookup.person_id(people_store(ngo.context, session))

    def erasing(holder: Party, envelope: Envelope) -> Envelope:
        answer = send(holder, envelope)
        ngo.erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
        return answer

    (reply,) = Asking(ngo.context, ngo.peer_ledgers, erasing).ask(lookup, question, ["town"]).replies
    assert reply.released
    assert person is not None
    with ngo.context.snapshot() as session:
        ledger = own_ledger(ngo.context, session)
        kept = [json.loads(entry.body) for entry in ledger.store.bodies(0, ledger.size())]
        assert [body["person_ref"] for body in kept if body.get("request_id")] == [None]
        assert SqlTravelStore(session).received_of(person, ngo.context.clock.now()) == []


def test_nothing_is_sent_for_words_outside_the_vocabulary(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    with pytest.raises(UnknownTerm):
        question_of(ngo.context, "curiosity")
    with pytest.raises(UnknownTerm):
        question_of(ngo.context, "casework", fields=("person.shoe_size",))
    with pytest.raises(UnknownTerm):
        question_of(ngo.context, "casework", role="boss")
    with pytest.raises(UnknownTerm):
        question_of(ngo.context, "risk_training")


def test_nothing_is_sent_to_strangers_or_oneself(network: ExchangeNetwork) -> None:
    with pytest.raises(UnknownParty):
        fetch(network, "town", "nobody")
    with pytest.raises(RecipientNotAllowed):
        fetch(network, "ngo")


def test_a_case_reference_may_not_be_a_document(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    question = question_of(ngo.context, "casework", case_ref="00000000T")
    with pytest.raises(RequestInvalid) as caught:
        Asking(ngo.context, ngo.peer_ledgers, direct(network)).fetch(PERSON, question, ["town"])
    assert "00000000T" not in caught.value.message


def test_a_suspended_holder_is_not_asked(network: ExchangeNetwork) -> None:
    network.change("town", status=EntityStatus.SUSPENDED)
    (reply,) = fetch(network, "town").replies
    assert reply.error is not None
    assert reply.error.code == "party_suspended"


def test_nothing_is_asked_under_an_expired_directory(network: ExchangeNetwork) -> None:
    assert isinstance(network.clock, FrozenClock)
    network.clock.advance(days=8)
    with pytest.raises(DirectoryExpired):
        fetch(network, "town")
    network.publish(life=timedelta(days=1))
    assert fetch(network, "town").replies[0].answer is not None


def test_control_sequences_of_a_peer_do_not_reach_the_terminal(network: ExchangeNetwork) -> None:
    grant(network.nodes["town"], "ngo")
    network.change("town", name="Town[bold]")
    assert "Town[bold]" in fetched_text(fetch(network, "town", fields=("person.sex",)), lang="en")


def test_a_reason_is_said_once_for_the_fields_that_it_concerns(network: ExchangeNetwork) -> None:
    grant(network.nodes["town"], "ngo", fields=["person.birth_year"])
    fetched = fetch(network, "town", fields=("person.birth_year", "household.size", "work.status", "edu.level"))
    text = " ".join(fetched_text(fetched, lang="es").split())
    reason = reason_label("not_consented", "es")
    assert text.count(reason) == 1
    labels = [load_catalogue().field(field).label("es") for field in ("household.size", "work.status", "edu.level")]
    assert all(label in text.split(reason)[1] for label in labels)
