"""What an older version wrote is sealed once; a database without seals is not believed a second time."""

from typing import Final, cast

import pytest
from sqlalchemy import Table, delete, insert, select, update

from consent_ledger.log.tables import LedgerHeadRow
from node.context import NodeContext
from node.errors import RecordsTampered, RecordsUnreadable
from node.keys import FOLDER
from node.messages.kept_envelopes import kept_envelope, opened_envelope
from node.operations.sealing import MARKER, check_seals, note_sealed, seal_once
from node.people.linking import hidden_pseudonym
from node.people.store import people_store
from node.people.tables import VALUES
from records_exchange.answer import AnswerOutcome
from records_exchange.mailboxes import NewNotification, SqlMailbox
from records_exchange.message import new_message, seal_message
from records_exchange.tables import ConsentCopy, CopyArrival, LinkedPerson, OutboxMessage
from service.findings import Level
from tests.support.answering import ask, pairwise_key, request
from tests.support.clock import START
from tests.support.parts import answering_of, grant, keys_of
from tests.support.people import PERSON
from tests.support.put_back import SEAL_TABLES
from trust.signing import Envelope

FIELDS: Final = ("person.sex", "work.status")
HEAD: Final = cast("Table", LedgerHeadRow.__table__)
SUBJECT: Final = "ab" * 32


def without_seals(context: NodeContext) -> None:
    with context.transaction() as session:
        for table in SEAL_TABLES:
            session.execute(delete(table))
        session.execute(update(HEAD).values(binding=None))


def a_message(context: NodeContext) -> Envelope:
    message = new_message("test.kind", {}, sender="town", recipient="ngo", now=context.clock.now(), subject=SUBJECT)
    return seal_message(message, keys_of("town").signing)


def test_what_is_there_at_the_upgrade_is_sealed_and_then_used(context: NodeContext) -> None:
    grant(context, "ngo", fields=FIELDS)
    without_seals(context)
    assert check_seals(context).level is Level.FAILED
    assert seal_once(context)
    assert check_seals(context).level is Level.OK
    answered = ask(answering_of(context), request(context, fields=FIELDS))
    assert answered.outcome is AnswerOutcome.RELEASED


@pytest.mark.invariant(8)
def test_a_database_that_lost_its_seals_is_not_sealed_again(context: NodeContext) -> None:
    """Deleting the seals is no way to have altered rows believed."""
    note_sealed(context.home)
    with context.transaction() as session:
        session.execute(update(VALUES).where(VALUES.c.field_id == "work.status").values(readable='"employed"'))
    without_seals(context)
    assert not seal_once(context)
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        list(people_store(context, session).records())
    assert check_seals(context).level is Level.FAILED


def test_an_interrupted_sealing_is_done_again(context: NodeContext) -> None:
    grant(context, "ngo", fields=FIELDS)
    without_seals(context)
    assert seal_once(context)
    (context.home / FOLDER / MARKER).unlink()
    assert seal_once(context)
    assert check_seals(context).level is Level.OK


def test_pseudonyms_and_messages_of_before_are_hidden_once(context: NodeContext) -> None:
    message = a_message(context)
    with context.transaction() as session:
        arrival = {"origin": "ngo", "subject": SUBJECT, "outcome": "proved", "arrived_at": START}
        session.execute(insert(CopyArrival).values(**arrival))
        session.execute(
            insert(ConsentCopy).values(
                sender="ngo", consent_id="c", entry_index=1, proof=b"", subject=SUBJECT, waiting=True,
                expires_at=START, told_at=START, evidence=None,
            )
        )  # fmt: skip
        SqlMailbox(session).post([NewNotification("test.kind", "ngo", "r", {}, envelope=message.to_json())], START)
    for _again in range(2):
        seal_once(context)
        (context.home / FOLDER / MARKER).unlink()
    with context.snapshot() as session:
        hidden = hidden_pseudonym(context, SUBJECT)
        assert session.scalars(select(CopyArrival.subject)).one() == hidden
        assert session.scalars(select(ConsentCopy.subject)).one() == hidden
        kept = session.scalars(select(OutboxMessage.envelope)).one()
    assert kept is not None
    assert opened_envelope(context, "ngo", kept) == message


@pytest.mark.invariant(8)
def test_no_pairwise_pseudonym_is_in_the_database(context: NodeContext) -> None:
    """A copy of it and the keys of one member must name nobody."""
    pseudonym = pairwise_key().pseudonym(PERSON.kind.value, PERSON.number)
    grant(context, "ngo", fields=FIELDS)
    ask(answering_of(context), request(context, fields=FIELDS))
    with context.snapshot() as session:
        stored = session.scalars(select(LinkedPerson.pseudonym)).one()
        dump = "\n".join(session.connection().connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    assert stored == hidden_pseudonym(context, pseudonym)
    assert pseudonym not in dump
    assert bytes.fromhex(pseudonym).hex().upper() not in dump.upper()


@pytest.mark.invariant(8)
def test_a_message_that_others_put_into_the_outbox_is_not_signed_and_sent(context: NodeContext) -> None:
    """Signed with any key, it would have been signed anew with ours, as after a change of key."""
    forged = seal_message(
        new_message("consent.withdrawn", {}, sender="town", recipient="ngo", now=START), keys_of("ngo").signing
    )
    with pytest.raises(RecordsUnreadable):
        opened_envelope(context, "ngo", forged.to_json())
    with pytest.raises(RecordsUnreadable):
        opened_envelope(context, "other", kept_envelope(context, "ngo", forged))
