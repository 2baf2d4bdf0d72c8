"""What a holder makes of a consent that another entity sends: proved or refused, in force or waiting."""

import base64
from datetime import timedelta

import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.receipts.tlog_proof import TlogProof
from node.consents.errors import RecipientNotAllowed
from node.consents.propagation.background import maintain_copies
from node.ledger.own import own_ledger
from records_exchange.mailboxes import SqlMailbox
from records_exchange.message import MessageOutcome, VerifiedReply
from records_exchange.travel import CONSENT_COPY
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.town import FIELDS, Town
from trust.parties import EntityKind


def test_a_consent_waits_for_its_person_to_be_known(town: Town) -> None:
    consent = town.give("other")
    town.deliver()
    stamp = maintain_copies(town["other"].context, town["other"].consent_changes, "")
    assert town.state("other", consent) is None
    hold(town["other"], person_record(PERSON))
    maintain_copies(town["other"].context, town["other"].consent_changes, stamp)
    assert town.state("other", consent) is ConsentState.GIVEN
    assert town.shares("other") == set(FIELDS)


def test_the_reply_does_not_tell_whether_the_person_is_known(town: Town) -> None:
    town.give("holder", "other")
    town.deliver()
    replies = [
        payload for sender, to, payload in town.wires.crossed if to == "origin" and sender in ("holder", "other")
    ]
    assert len(replies) == 2
    assert len({len(reply) - len(sender) for reply, sender in zip(replies, ("holder", "other"), strict=True)}) <= 2
    assert all(b'"effect":"kept"' in reply for reply in replies)


def test_a_minor_cannot_have_signed_alone(town: Town) -> None:
    hold(town["other"], person_record(PERSON, birth=town.network.clock.now().date() - timedelta(days=366 * 10)))
    consent = town.give("other")
    town.deliver()
    assert town.state("other", consent) is None


def test_no_copy_is_made_of_a_holder_that_is_no_holder(town: Town) -> None:
    with pytest.raises(RecipientNotAllowed):
        town.give("origin")
    town.network.change("other", kind=EntityKind.COLLABORATOR)
    with pytest.raises(RecipientNotAllowed):
        town.give("other")


@pytest.mark.invariant(8)
@pytest.mark.parametrize("change", ["another_consent", "another_ledger", "no_proof", "cut", "flipped"])
def test_a_consent_that_is_not_proved_is_refused(town: Town, change: str) -> None:
    consent = town.give("holder")
    with town["origin"].context.snapshot() as session:
        (notification,) = SqlMailbox(session).due(town.network.clock.now(), 10)
    genuine = base64.b64decode(str(_composed(town, notification.number)["proof"]))
    proofs = {
        "another_consent": _altered(genuine),
        "another_ledger": _proof_of(town, "asker"),
        "no_proof": b"",
        "cut": genuine[: len(genuine) // 2],
        "flipped": bytes([*genuine[:-30], genuine[-30] ^ 1, *genuine[-29:]]),
    }
    verified = _send_copy(town, proofs[change])
    assert (verified.reply.outcome, verified.reply.reason) == (MessageOutcome.REFUSED, "copy_invalid")
    assert town.state("holder", consent) is None


def _composed(town: Town, number: int) -> dict[str, object]:
    with town["origin"].context.snapshot() as session:
        notification = next(each for each in SqlMailbox(session).waiting() if each.number == number)
    return dict(town["origin"].message_kinds[CONSENT_COPY].compose(notification))


def _send_copy(town: Town, proof: bytes) -> VerifiedReply:
    body = {"proof": base64.b64encode(proof).decode()}
    return town["origin"].outbox.ask("holder", CONSENT_COPY, body, document=PERSON)


def _altered(genuine: bytes) -> bytes:
    proof = TlogProof.parse(genuine)
    extra = (proof.extra or b"").replace(b"work.status", b"housing.risk")
    return TlogProof(proof.index, proof.hashes, proof.checkpoint, extra).to_bytes()


def _proof_of(town: Town, entity: str) -> bytes:
    from consent_ledger.receipts.receipt import prove_entry

    grant(town[entity], "other", fields=FIELDS)
    with town[entity].context.snapshot() as session:
        return prove_entry(own_ledger(town[entity].context, session), 0)[1].to_bytes()
