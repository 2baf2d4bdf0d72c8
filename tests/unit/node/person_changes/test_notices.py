"""What other entities are told, and what a lying one gains."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.log.end_bodies import PERSON_DECEASED
from node.inbox.items import Inbox, ItemKind
from node.people.documents import Document
from node.person_changes.documents import change_document
from node.person_changes.notices import DOCUMENT_CHANGED
from records_exchange.errors import MessageMalformed
from records_exchange.withdrawal import CONSENT_WITHDRAWN
from tests.support.consent_sides import give, side_of
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.people import OTHER_PERSON, PERSON, STRANGER
from tests.support.person_changes import NEW, WHO, dies, ref_of


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[OneSide]:
    made = side_of(tmp_path, "holder")
    yield made
    made.context.close()


def items(side: OneSide) -> list[tuple[str, str]]:
    with side.context.snapshot() as session:
        return [(item.kind, item.peer) for item in Inbox(session).list()]


def notice(side: OneSide, sender: str, document: Document = PERSON) -> dict[str, object]:
    return {"former": [side.peers.subject(sender, side.context, document)]}


def test_parties_hear_of_another_document_and_not_which(tmp_path: Path) -> None:
    side = side_of(tmp_path, "origin")
    give(side, "holder")
    old = side.peers.subject("holder", side.context)
    change_document(side.context, PERSON, NEW, WHO)
    side.deliver()
    told = {name: side.peers.told(name, DOCUMENT_CHANGED) for name in ("holder", "asker", "other")}
    assert {name: len(messages) for name, messages in told.items()} == {"holder": 1, "asker": 1, "other": 0}
    assert told["holder"][0].body == {"former": [old]}
    side.context.close()


def test_a_notice_of_a_party_is_an_item_for_a_professional_and_joins_nobody(holder: OneSide) -> None:
    origin = OriginPeer(holder)
    origin.given("holder")
    origin.vouch()
    before = ref_of(holder.context)
    replies = [holder.hears("origin", DOCUMENT_CHANGED, notice(holder, "origin"), OTHER_PERSON) for _ in range(2)]
    assert [reply.body for reply in replies] == [{"effect": "noted"}] * 2
    assert items(holder) == [(ItemKind.DOCUMENT_CHANGE_TOLD, "origin")]
    assert ref_of(holder.context) == before
    assert holder.shares("asker", FIELDS) == set(FIELDS)


def test_who_is_no_party_or_names_a_stranger_gets_the_same_reply_and_writes_nothing(holder: OneSide) -> None:
    OriginPeer(holder).given("holder")
    replies = [
        holder.hears("other", DOCUMENT_CHANGED, notice(holder, "other"), PERSON),
        holder.hears("origin", DOCUMENT_CHANGED, notice(holder, "origin", STRANGER), PERSON),
    ]
    assert [reply.body for reply in replies] == [{"effect": "noted"}] * 2
    assert items(holder) == []
    with pytest.raises(MessageMalformed):
        holder.hears("origin", DOCUMENT_CHANGED, {"former": "x"}, PERSON)


def test_whoever_received_data_is_told_of_a_death(tmp_path: Path) -> None:
    side = side_of(tmp_path, "origin")
    consent = give(side, "holder")
    dies(side.context)
    side.deliver()
    for name in ("holder", "asker"):
        (message,) = side.peers.told(name, CONSENT_WITHDRAWN)
        assert (message.body["consent_id"], message.body["reason"]) == (consent, PERSON_DECEASED)
    side.context.close()


def test_a_death_told_by_a_party_ends_its_consent_and_declares_nobody_dead(holder: OneSide) -> None:
    origin = OriginPeer(holder)
    consent = origin.given("holder")
    origin.vouch()
    own = give(holder)
    when = holder.clock.now().isoformat()
    acted = {"consent_id": consent.consent_id, "acted_at": when, "acted_by": "person"}
    holder.hears("origin", CONSENT_WITHDRAWN, {**acted, "reason": PERSON_DECEASED})
    assert holder.state(consent.consent_id) is ConsentState.ENDED
    assert holder.state(own) is ConsentState.GIVEN
    assert (ItemKind.DEATH_TOLD, "origin") in items(holder)
    assert holder.shares("asker", FIELDS) == set(FIELDS)  # by the consent given here


@pytest.mark.invariant(4)
def test_a_withdrawal_counts_after_a_party_said_falsely_that_the_person_had_died(holder: OneSide) -> None:
    origin = OriginPeer(holder)
    consent = origin.given("holder")
    origin.vouch()
    give(holder)
    when = holder.clock.now().isoformat()
    acted = {"consent_id": consent.consent_id, "acted_at": when, "acted_by": "person"}
    holder.hears("asker", CONSENT_WITHDRAWN, {**acted, "reason": PERSON_DECEASED})
    assert holder.state(consent.consent_id) is ConsentState.ENDED
    holder.hears("origin", CONSENT_WITHDRAWN, acted)
    assert holder.state(consent.consent_id) is ConsentState.WITHDRAWN
    assert holder.shares("asker", FIELDS) == set()  # the no counts for the other consent too
