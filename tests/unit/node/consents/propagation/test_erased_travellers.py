"""Erasing a person leaves nothing of the consents that travelled: not what was sent, not what was taken in."""

import pytest
from sqlalchemy import select, update

from consent_ledger.consents.model import ConsentState
from node.consents.consents import GrantInput, ScopeInput
from node.consents.propagation.background import maintain_copies, send_heartbeats
from node.people.linking import pseudonym_of
from node.wiring import Node
from records_exchange.mailboxes import NoticeState, SqlMailbox
from records_exchange.message import NOTICE_LIFETIME
from records_exchange.tables import ConsentCopy, OutboxMessage
from records_exchange.travel import CONSENT_COPY
from records_exchange.withdrawal import PART_LOST
from tests.support.exchange import OTHER_PERSON, PERSON, hold, person_record
from tests.support.town import FIELDS, Town

BASIS = "eu-gdpr:A17-1-b"


def disk(node: Node) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(node.context.home.glob("node.sqlite*")))


def copies(node: Node) -> list[str]:
    with node.context.snapshot() as session:
        return list(session.scalars(select(ConsentCopy.consent_id)))


def envelopes(node: Node) -> list[bytes]:
    with node.context.snapshot() as session:
        return [each for each in session.scalars(select(OutboxMessage.envelope)) if each is not None]


def outbox(node: Node, consent: str) -> list[tuple[str, NoticeState]]:
    with node.context.snapshot() as session:
        return [(each.kind, each.state) for each in SqlMailbox(session).about(consent)]


def test_a_message_that_was_answered_or_given_up_is_not_kept(town: Town) -> None:
    town.give("holder", "other")
    town.wires.partition(["other"], ["origin"])
    town.deliver("origin")
    assert len(envelopes(town["origin"])) == 1
    town.later(seconds=NOTICE_LIFETIME.total_seconds())
    town.network.publish()
    town.deliver("origin")
    assert envelopes(town["origin"]) == []


@pytest.mark.invariant(3)
def test_where_it_was_given_the_outbox_has_nothing_of_what_was_erased(town: Town) -> None:
    consent = town.give("holder")
    town.wires.lose_reply = lambda _sender, recipient: recipient == "holder"
    town.deliver("origin")
    (sent,) = envelopes(town["origin"])  # the entry with its salt, signed
    parts = [sent[start : start + 64] for start in range(64, len(sent) - 64, 64)]  # a page's end may fall in one
    assert any(part in disk(town["origin"]) for part in parts)
    town.wires.lose_reply = lambda _sender, _recipient: False
    town.later(hours=1)
    town.deliver()
    town["origin"].erasures.erase_person(PERSON, BASIS)
    assert outbox(town["origin"], consent) == [(CONSENT_COPY, NoticeState.ACKNOWLEDGED)]
    assert not any(part in disk(town["origin"]) for part in parts)


def test_what_was_answered_before_messages_were_let_go_is_erased_with_the_person(town: Town) -> None:
    town.give("holder")
    town.deliver()
    with town["origin"].context.transaction() as session:
        session.execute(update(OutboxMessage).values(envelope=b"an older program kept it"))
    town["origin"].erasures.erase_person(PERSON, BASIS)
    assert envelopes(town["origin"]) == []


@pytest.mark.invariant(3)
def test_where_it_was_taken_in_no_proof_and_no_pseudonym_is_left(town: Town) -> None:
    hold(town["origin"], person_record(OTHER_PERSON, name="Otra Ficticia"))
    hold(town["holder"], person_record(OTHER_PERSON, name="Otra Ficticia"))
    town.give("holder")
    stays = grant_to_holder(town)
    town.deliver()
    pseudonym = pseudonym_of(town["holder"].context, town.network.parties["origin"], PERSON).encode()
    assert pseudonym in disk(town["holder"])
    town["holder"].erasures.erase_person(PERSON, BASIS)
    assert pseudonym not in disk(town["holder"])
    assert copies(town["holder"]) == [stays]


def test_a_copy_that_came_to_nothing_goes_too(town: Town) -> None:
    """As when the person turns out to be a child, who cannot have signed alone."""
    child = person_record(PERSON, birth=town.network.clock.now().date().replace(year=2020))
    hold(town["other"], child)
    consent = town.give("other")
    town.deliver()
    assert (town.state("other", consent), copies(town["other"])) == (None, [consent])
    town["other"].erasures.erase_person(PERSON, BASIS)
    assert copies(town["other"]) == []


@pytest.mark.invariant(4)
def test_a_holder_that_waits_for_less_is_told_that_the_consent_ended(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town.wires.partition(["holder"], ["origin"])
    town["origin"].consents.narrow(consent, ScopeInput(fields=("work.status",)))
    town.deliver("origin")  # signed, and lost
    town["origin"].erasures.erase_person(PERSON, BASIS)
    assert envelopes(town["origin"]) == []
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 0
    town.wires.heal()
    town.later(hours=2)
    town.deliver()
    assert town.state("holder", consent) is ConsentState.WITHDRAWN
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 1
    assert outbox(town["origin"], consent)[-1] == (PART_LOST, NoticeState.ACKNOWLEDGED)


@pytest.mark.invariant(4)
@pytest.mark.parametrize("withdrawn", [True, False], ids=["withdrawn", "live"])
def test_a_withdrawal_outlives_the_erasure_of_the_person(town: Town, *, withdrawn: bool) -> None:
    """The person is recorded again, and the origin, which has heard nothing yet, sends a newer version."""
    consent = town.give("holder")
    town.deliver()
    town.wires.partition(["holder"], ["origin"])
    if withdrawn:
        town["holder"].consents.withdraw(consent)
    town["holder"].erasures.erase_person(PERSON, BASIS)
    town["origin"].consents.narrow(consent, ScopeInput(fields=("work.status",)))
    town.wires.heal()
    town.later(minutes=1)
    town.deliver("origin")
    hold(town["holder"], person_record(PERSON))
    maintain_copies(town["holder"].context, town["holder"].consent_changes, "")
    assert town.state("holder", consent) is (None if withdrawn else ConsentState.GIVEN)


def test_what_the_retention_schedule_erases_leaves_no_proof_either(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town["origin"].consents.withdraw(consent)
    town.deliver()
    town.later(days=1826)
    assert town["holder"].erasures.retain().entries == {"consents": 2}
    assert copies(town["holder"]) == []


def grant_to_holder(town: Town) -> str:
    given = GrantInput(OTHER_PERSON, ("casework",), ("asker",), FIELDS, holders=("holder",))
    return town["origin"].consents.grant(given).consent_id
