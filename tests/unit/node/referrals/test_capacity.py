import json

import pytest

from node.referrals.errors import ReferralInvalid
from node.referrals.report import asked_document, asked_exit_code, asked_text
from policies.errors import UnknownTerm
from records_exchange.message import new_message, seal_message
from records_exchange.referral import CAPACITY
from tests.support.exchange import PERSON
from tests.support.postoffice import PostOffice
from trust.parties import EntityStatus


def test_a_question_about_places_gets_bands_and_names_nobody(office: PostOffice) -> None:
    network = office.network
    network.nodes["ngo"].capacities.set("training", places=7, wait_days=20, is_open=True)
    replies = network.nodes["town"].capacities.ask("training")
    answers = {reply.entity.id: reply.answer for reply in replies}
    said = answers["ngo"]
    assert said is not None
    assert (said.offered, said.open, said.places, said.wait) == (True, True, "some", "weeks")
    nothing = answers["bank"]
    assert nothing is not None
    assert (nothing.offered, nothing.places, nothing.wait) == (False, None, None)
    for envelope in office.carried:
        assert b'"subject":null' in envelope.payload or b'"message_id"' in envelope.payload
        assert PERSON.number.encode() not in envelope.payload
        assert b'"places":7' not in envelope.payload


def test_who_does_not_answer_takes_nothing_from_what_the_others_say(office: PostOffice) -> None:
    network = office.network
    network.nodes["ngo"].capacities.set("training", places=0, wait_days=0, is_open=False)
    office.away.add("bank")
    network.change("bank", status=EntityStatus.ACTIVE)
    replies = network.nodes["town"].capacities.ask("training", ["ngo", "bank", "ngo"])
    document = asked_document("training", replies)
    assert [answer["error"] and answer["error"]["code"] for answer in document["answers"]] == [None, "peer_unreachable"]
    assert (document["complete"], document["exit_code"]) == (False, 0)
    text = asked_text(replies)
    assert "1 de 2 entidades no ha contestado" in text
    assert "cerrado" in text
    office.away.add("ngo")
    assert asked_exit_code(network.nodes["town"].capacities.ask("training", ["ngo", "bank"])) == 3


def test_figures_and_services_are_checked_before_they_are_stated_or_asked(office: PostOffice) -> None:
    ngo = office.network.nodes["ngo"].capacities
    for places, wait in ((-1, 0), (0, -1), (10**6, 0), (0, 10**5)):
        with pytest.raises(ReferralInvalid):
            ngo.set("training", places=places, wait_days=wait, is_open=True)
    with pytest.raises(UnknownTerm):
        ngo.set("miracles", places=1, wait_days=1, is_open=True)
    with pytest.raises(UnknownTerm):
        ngo.ask("miracles")
    assert office.carried == []
    assert ngo.list() == ()


def test_what_is_stated_replaces_what_was(office: PostOffice) -> None:
    ngo = office.network.nodes["ngo"].capacities
    ngo.set("training", places=1, wait_days=1, is_open=True)
    ngo.set("training", places=2, wait_days=9, is_open=False)
    (stated,) = ngo.list()
    assert (stated.places, stated.wait_days, stated.open) == (2, 9, False)


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    ("body", "reason"), [({"service": "juan_perez"}, "unknown_term"), ({"service": "training", "for": "Juan"}, None)]
)
def test_a_question_in_other_words_is_refused(office: PostOffice, body: dict[str, str], reason: str | None) -> None:
    ngo, now = office.network.nodes["ngo"], office.network.clock.now()
    envelope = seal_message(
        new_message(CAPACITY, body, sender="ngo", recipient="town", now=now), ngo.context.keys.signing
    )
    if reason is None:
        with pytest.raises(Exception, match="not a question about places"):
            office.carry("ngo", office.network.parties["town"], envelope)
    else:
        reply = office.carry("ngo", office.network.parties["town"], envelope)
        assert json.loads(reply.payload)["reason"] == reason
