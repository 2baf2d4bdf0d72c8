import pytest

from node.referrals.capacity import Capacities
from node.referrals.errors import ReferralInvalid
from node.referrals.report import asked_document, asked_exit_code, asked_text
from policies.errors import UnknownTerm
from policies.referrals import WordList, load_referral_words
from records_exchange.errors import MessageMalformed
from records_exchange.referral import CAPACITY, CapacityAnswer
from tests.support.one_side import OneSide
from tests.support.people import PERSON


def capacities(side: OneSide) -> Capacities:
    return Capacities(side.context, side.outbox)


def answers(side: OneSide, peer: str, **said: object) -> None:
    """Let a peer answer questions about training so."""
    body = CapacityAnswer.model_validate({"service": "training", "offered": True} | said).model_dump(mode="json")
    side.peers[peer].change_reply = lambda reply: reply.model_copy(update={"body": body})


def test_a_question_about_places_gets_bands(ngo: OneSide) -> None:
    asked = {"service": "training"}
    nothing = CapacityAnswer.model_validate(ngo.hears("town", CAPACITY, asked).body)
    assert (nothing.offered, nothing.places, nothing.wait) == (False, None, None)
    capacities(ngo).set("training", places=7, wait_days=20, is_open=True)
    reply = ngo.hears("town", CAPACITY, asked)
    said = CapacityAnswer.model_validate(reply.body)
    assert (said.offered, said.open, said.places, said.wait) == (True, True, "some", "weeks")
    assert "7" not in {str(value) for value in reply.body.values()}


def test_a_question_about_places_names_nobody(town: OneSide) -> None:
    answers(town, "ngo", open=True, places="some", wait="weeks")
    answers(town, "bank", offered=False)
    replies = {reply.entity.id: reply.answer for reply in capacities(town).ask("training")}
    said, nothing = replies["ngo"], replies["bank"]
    assert said is not None
    assert nothing is not None
    assert (said.offered, said.open, said.places, said.wait) == (True, True, "some", "weeks")
    assert (nothing.offered, nothing.places, nothing.wait) == (False, None, None)
    assert len(town.peers.sent) == 2
    for envelope in town.peers.sent:
        assert b'"subject":null' in envelope.payload
        assert PERSON.number.encode() not in envelope.payload


def test_who_does_not_answer_takes_nothing_from_what_the_others_say(town: OneSide) -> None:
    words = load_referral_words()
    answers(town, "ngo", open=False, places=words.band(WordList.PLACES, 0), wait=words.band(WordList.WAITS, 0))
    town.peers.away.add("bank")
    replies = capacities(town).ask("training", ["ngo", "bank", "ngo"])
    document = asked_document("training", replies)
    assert [answer["error"] and answer["error"]["code"] for answer in document["answers"]] == [None, "peer_unreachable"]
    assert (document["complete"], document["exit_code"]) == (False, 0)
    text = asked_text(replies)
    assert "Falta la respuesta de 1 de 2 entidades" in text
    assert "cerrado" in text
    town.peers.away.add("ngo")
    assert asked_exit_code(capacities(town).ask("training", ["ngo", "bank"])) == 3


def test_figures_and_services_are_checked_before_they_are_stated_or_asked(ngo: OneSide) -> None:
    for places, wait in ((-1, 0), (0, -1), (10**6, 0), (0, 10**5)):
        with pytest.raises(ReferralInvalid):
            capacities(ngo).set("training", places=places, wait_days=wait, is_open=True)
    with pytest.raises(UnknownTerm):
        capacities(ngo).set("miracles", places=1, wait_days=1, is_open=True)
    with pytest.raises(UnknownTerm):
        capacities(ngo).ask("miracles")
    assert ngo.peers.sent == []
    assert capacities(ngo).list() == ()


def test_what_is_stated_replaces_what_was(ngo: OneSide) -> None:
    capacities(ngo).set("training", places=1, wait_days=1, is_open=True)
    capacities(ngo).set("training", places=2, wait_days=9, is_open=False)
    (stated,) = capacities(ngo).list()
    assert (stated.places, stated.wait_days, stated.open) == (2, 9, False)


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    ("body", "reason"), [({"service": "juan_perez"}, "unknown_term"), ({"service": "training", "for": "Juan"}, None)]
)
def test_a_question_in_other_words_is_refused(town: OneSide, body: dict[str, str], reason: str | None) -> None:
    if reason is None:
        with pytest.raises(MessageMalformed, match="not a question about places"):
            town.hears("ngo", CAPACITY, body)
    else:
        assert town.hears("ngo", CAPACITY, body).reason == reason
