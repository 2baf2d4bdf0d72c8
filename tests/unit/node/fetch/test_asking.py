import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from consent_ledger.log.entry import EntryType, Leaf
from node.care.questions import ProfessionalInput, case_question
from node.consents.errors import RecipientNotAllowed
from node.fetch.asking import Fetched, question_of
from node.fetch.report import exit_code, fetched_document, fetched_text
from node.ledger.own import own_ledger
from node.people.documents import Document
from node.people.lookup import PersonLookup
from node.people.model import PersonRef
from node.people.store import PersonStore, people_store
from policies.access_documents import policy_sha256
from policies.case_access import AccessGained, CaseAccess
from policies.errors import UnknownTerm
from presentation import messages
from presentation.formats import day
from records_exchange.answer import Value
from records_exchange.errors import RequestInvalid
from records_exchange.travel_store import SqlTravelStore
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer
from tests.support.parts import hold
from tests.support.people import PERSON, person_record
from tests.support.simulated_peer import SimulatedPeer, forged
from trust.errors import DirectoryExpired, UnknownParty
from trust.parties import EntityKind, EntityStatus

HELD: dict[str, Value] = {
    "person.sex": "f",
    "work.status": "unemployed",
    "housing.risk": True,
    "edu.level": "lower_secondary",
}


@pytest.fixture
def ngo(tmp_path: Path) -> Iterator[OneSide]:
    """An agent that asks, and a public holder, ``town``, that shares what it holds; its ledger has an entry."""
    made = OneSide(tmp_path, "ngo", {"town": EntityKind.PUBLIC}, kind=EntityKind.AGENT)
    town = OriginPeer(made, "town")
    town.shares_under(town.give(town.terms(recipients=("ngo",))), HELD)
    yield made
    made.context.close()


def fetch(ngo: OneSide, *holders: str, fields: tuple[str, ...] = ()) -> Fetched:
    return ngo.asking.fetch(PERSON, question_of(ngo.context, "casework", fields=fields), holders)


def received(ngo: OneSide) -> list[dict[str, object]]:
    with ngo.context.snapshot() as session:
        ledger = own_ledger(ngo.context, session)
        kept = list(ledger.store.bodies(0, ledger.size()))
        kinds = {Leaf.parse(ledger.leaf(entry.index)).type for entry in kept}
        assert kinds <= {EntryType.RELEASE_RECEIVED}
        return [json.loads(entry.body) for entry in kept]


def test_what_was_released_is_shown_with_source_and_date_and_logged(ngo: OneSide) -> None:
    fetched = fetch(ngo, "town", fields=("work", "person.sex", "housing.risk"))
    text = fetched_text(fetched)
    assert "Entidad town" in text
    assert day(ngo.clock.now(), "es") in text
    assert "No compartido" in text
    assert exit_code(fetched) == 0
    (body,) = received(ngo)
    assert (body["holder"], body["outcome"], body["holder_index"]) == ("town", "released", 1)


def test_a_fetch_that_goes_well_renders_no_text_for_people(ngo: OneSide, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(ngo, "town")  # loads what is loaded once
    rendered, templates = messages.rendered, []

    def counting(template: str, many: str | None, values: Mapping[str, object], lang: str) -> str:
        templates.append(template)
        return rendered(template, many, values, lang)

    monkeypatch.setattr(messages, "rendered", counting)
    assert fetch(ngo, "town").replies[0].released
    assert templates == []


def test_who_asked_and_how_is_in_the_askers_ledger_and_who_it_was_crosses_to_nobody(ngo: OneSide) -> None:
    team = AccessGained(CaseAccess.TEAM)
    question = question_of(ngo.context, "casework", fields=("person.sex",), access=team, professional="staff-0042")
    ngo.asking.fetch(PERSON, question, ["town"])
    (body,) = received(ngo)
    assert (body["professional"], body["case_access"], body["opening_reason"]) == ("staff-0042", "team", None)
    assert body["policy_sha256"] == policy_sha256()
    (sent,) = ngo.peers.sent  # the holder can keep no more than this
    assert b'"case_access":"team"' in sent.payload
    assert b"0042" not in sent.payload


def test_whoever_says_nothing_of_the_case_opened_it_for_the_default_reason(ngo: OneSide) -> None:
    fetched = fetch(ngo, "town", fields=("person.sex",))
    document = fetched_document(fetched)
    assert (document["case_access"], document["opening_reason"]) == ("opened", "attended_now")
    assert "Atiende ahora a la persona" in fetched_text(fetched)
    (body,) = received(ngo)
    assert (body["case_access"], body["opening_reason"], body["professional"]) == ("opened", "attended_now", None)


def test_a_partial_answer_is_shown_as_partial(ngo: OneSide) -> None:
    liar = SimulatedPeer("liar", {"person.sex": "f"}, change_envelope=forged)
    ngo.peers.add(SimulatedPeer("silent"), liar, SimulatedPeer("refuser", refuses=True))
    ngo.peers.away.add("silent")
    fetched = fetch(ngo, "town", "silent", "liar", "refuser", fields=("person.sex",))
    document = fetched_document(fetched)
    outcomes = {answer["holder"]: answer["outcome"] for answer in document["answers"]}
    assert outcomes == {"town": "released", "silent": "failed", "liar": "failed", "refuser": "refused"}
    assert document["answers"][2]["error"]["code"] == "signature_invalid"
    assert exit_code(fetched) == 0
    assert [body["holder"] for body in received(ngo)] == ["town", "refuser"]


@pytest.mark.parametrize(("holder", "code"), [("silent", 3), ("refuser", 1), ("liar", 1)])
def test_the_exit_code_tells_no_from_no_answer(ngo: OneSide, holder: str, code: int) -> None:
    liar = SimulatedPeer("liar", change_envelope=forged)
    ngo.peers.add(liar, SimulatedPeer("refuser", refuses=True), SimulatedPeer("silent"))
    ngo.peers.away.add("silent")
    assert exit_code(fetch(ngo, holder, fields=("person.sex",))) == code


def test_a_lie_is_neither_shown_nor_logged(ngo: OneSide) -> None:
    liar = SimulatedPeer("liar", {"person.sex": "free text from the other side"})
    ngo.peers.add(liar)
    fetched = fetch(ngo, "liar", fields=("person.sex",))
    assert "free text" not in json.dumps(fetched_document(fetched)) + fetched_text(fetched)
    assert received(ngo) == []


def test_an_answer_replayed_by_the_holder_is_not_taken(ngo: OneSide) -> None:
    peer = SimulatedPeer("peer", {"person.sex": "f"})
    ngo.peers.add(peer)
    fetch(ngo, "peer", fields=("person.sex",))
    peer.change_envelope = lambda _: peer.answered[0]
    (reply,) = fetch(ngo, "peer", fields=("person.sex",)).replies
    assert reply.error is not None
    assert reply.error.code == "answer_unbound"


@pytest.mark.invariant(5)
def test_no_document_or_name_is_in_what_is_sent(ngo: OneSide) -> None:
    hold(ngo.context, person_record(PERSON))
    fetch(ngo, "town")
    (sent,) = ngo.peers.sent
    assert not [secret for secret in (b"00000000", b"Ana", b"1980") if secret in sent.payload]


def test_one_look_up_serves_the_case_team_and_the_ledger(ngo: OneSide, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    hold(ngo.context, person_record(PERSON))
    find = PersonStore.find_by_document

    def counting(store: PersonStore, document: Document) -> PersonRef | None:
        made.append(document)
        return find(store, document)

    monkeypatch.setattr(PersonStore, "find_by_document", counting)
    lookup = PersonLookup(PERSON)
    question = case_question(ngo.context, lookup, "casework", ProfessionalInput("staff-7"))
    fetched = ngo.asking.ask(lookup, question, ["town"])
    assert fetched.replies[0].released
    assert made == [PERSON]
    (body,) = received(ngo)
    assert body["person_ref"] is not None


def test_a_person_erased_while_the_holder_answers_is_named_nowhere(ngo: OneSide) -> None:
    hold(ngo.context, person_record(PERSON))
    lookup = PersonLookup(PERSON)
    question = case_question(ngo.context, lookup, "casework", ProfessionalInput("staff-7"))
    with ngo.context.snapshot() as session:
        person = lookup.person_id(people_store(ngo.context, session))
    ngo.peers.before = lambda: ngo.erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    (reply,) = ngo.asking.ask(lookup, question, ["town"]).replies
    assert reply.released
    assert person is not None
    with ngo.context.snapshot() as session:
        ledger = own_ledger(ngo.context, session)
        kept = [json.loads(entry.body) for entry in ledger.store.bodies(0, ledger.size())]
        assert [body["person_ref"] for body in kept if body.get("request_id")] == [None]
        assert SqlTravelStore(session).received_of(person, ngo.context.clock.now()) == []


def test_nothing_is_sent_for_words_outside_the_vocabulary(ngo: OneSide) -> None:
    with pytest.raises(UnknownTerm):
        question_of(ngo.context, "curiosity")
    with pytest.raises(UnknownTerm):
        question_of(ngo.context, "casework", fields=("person.shoe_size",))
    with pytest.raises(UnknownTerm):
        question_of(ngo.context, "casework", role="boss")
    with pytest.raises(UnknownTerm):
        question_of(ngo.context, "risk_training")


def test_nothing_is_sent_to_strangers_or_oneself(ngo: OneSide) -> None:
    with pytest.raises(UnknownParty):
        fetch(ngo, "town", "nobody")
    with pytest.raises(RecipientNotAllowed):
        fetch(ngo, "ngo")
    assert ngo.peers.sent == []


def test_a_case_reference_may_not_be_a_document(ngo: OneSide) -> None:
    question = question_of(ngo.context, "casework", case_ref="00000000T")
    with pytest.raises(RequestInvalid) as caught:
        ngo.asking.fetch(PERSON, question, ["town"])
    assert "00000000T" not in caught.value.message
    assert ngo.peers.sent == []


def test_a_suspended_holder_is_not_asked(ngo: OneSide) -> None:
    ngo.directory.change("town", status=EntityStatus.SUSPENDED)
    (reply,) = fetch(ngo, "town").replies
    assert reply.error is not None
    assert reply.error.code == "party_suspended"
    assert ngo.peers.sent == []


def test_nothing_is_asked_under_an_expired_directory(ngo: OneSide) -> None:
    ngo.clock.advance(days=8)
    with pytest.raises(DirectoryExpired):
        fetch(ngo, "town")
    assert ngo.peers.sent == []
    ngo.directory.publish(life=timedelta(days=1))
    assert fetch(ngo, "town").replies[0].answer is not None


def test_control_sequences_of_a_peer_do_not_reach_the_terminal(ngo: OneSide) -> None:
    ngo.directory.change("town", name="Town[bold]")
    assert "Town[bold]" in fetched_text(fetch(ngo, "town", fields=("person.sex",)), lang="en")
