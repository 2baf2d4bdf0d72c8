"""Consents that travel and withdrawals that arrive, between nodes with real databases and wires that can be cut."""

from pathlib import Path

import pytest

from consent_ledger.audit.verify import verify_export
from consent_ledger.consents.model import ConsentState
from consent_ledger.errors import ConsentInvalid, ConsentUnknown
from consent_ledger.log.actors import Actor
from consent_ledger.log.entry import EntryType
from consent_ledger.receipts.receipt import load_policy
from node.consents.consents import GrantInput, ScopeInput
from node.consents.propagation.background import send_heartbeats
from node.fetch.cached_copies import shared_copies
from node.ledger.export import export_own_ledger
from node.ledger.own import own_consents
from policies.local_days import end_after
from records_exchange.mailboxes import NotificationState, SqlMailbox
from records_exchange.message import MessageOutcome, VerifiedReply
from records_exchange.travel import CONSENT_COPY
from records_exchange.withdrawal import CONSENT_WITHDRAWN
from tests.support.exchange import OTHER_PERSON, PERSON, grant, hold, person_record
from tests.support.town import ENTITIES, FIELDS, Town


def test_one_signature_lets_another_entity_share(town: Town) -> None:
    consent = town.give("holder")
    assert town.shares("holder") == set()
    town.deliver()
    assert town.shares("holder") == set(FIELDS)
    assert town.types("holder").index(EntryType.CONSENT_GIVEN) < town.types("holder").index(EntryType.RELEASE)
    assert town.status("origin", consent).notifications[0].state is NotificationState.ACKNOWLEDGED


def test_the_record_of_a_holder_says_where_the_consent_was_given(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    (view,) = town["holder"].consents.list()
    assert view.record.controller == "holder"
    assert view.record.origin is not None
    assert (view.record.origin.entity, view.record.consent_id) == ("origin", consent)


@pytest.mark.invariant(4)
def test_a_withdrawal_at_the_origin_reaches_holder_and_recipient(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town.shares("holder")
    assert shared_copies(town["asker"].context, PERSON)
    town["origin"].consents.withdraw(consent)
    assert town.shares("origin") == set()
    town.deliver()
    assert town.shares("holder") == set()
    assert shared_copies(town["asker"].context, PERSON) == ()
    assert town.types("asker").count(EntryType.WITHDRAWAL_RECEIVED) == 1
    assert EntryType.WITHDRAWAL_ACKNOWLEDGED in town.types("origin")
    assert EntryType.WITHDRAWAL_ACKNOWLEDGED in town.types("holder")
    assert town.status("origin", consent).outstanding == ()


@pytest.mark.invariant(4)
@pytest.mark.parametrize("where", ["holder", "asker"])
def test_a_withdrawal_at_any_entity_reaches_every_holder(town: Town, where: str) -> None:
    consent = town.give("holder")
    town.deliver()
    assert town.shares("holder")
    town[where].consents.withdraw(consent)
    town.deliver()
    assert {town.state(entity, consent) for entity in ("origin", "holder")} == {ConsentState.WITHDRAWN}
    assert town.shares("holder") | town.shares("origin") == set()
    assert shared_copies(town["asker"].context, PERSON) == ()


@pytest.mark.invariant(9)
def test_a_withdrawal_waits_for_an_entity_that_is_away_for_days(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town.wires.partition(["holder"], ["origin", "asker", "other"])
    town["origin"].consents.withdraw(consent)
    for _ in range(30):
        town.later(hours=4)
        town.deliver()
    status = town.status("origin", consent)
    assert status.outstanding == ("holder",)
    assert status.notifications[-1].attempts >= 10
    town.network.publish()
    town.wires.heal()
    town.later(hours=2)
    town.deliver()
    assert town.status("origin", consent).outstanding == ()
    assert town.state("holder", consent) is ConsentState.WITHDRAWN


@pytest.mark.invariant(4)
def test_a_holder_that_hears_nothing_of_the_origin_stops_sharing(town: Town) -> None:
    town.give("holder")
    town.deliver()
    town.later(hours=47)
    assert town.shares("holder")
    town.later(hours=2)
    assert town.shares("holder") == set()
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 1
    assert town.shares("holder")


@pytest.mark.invariant(4)
def test_the_heartbeat_keeps_silent_while_something_is_not_acknowledged(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town.wires.lose_reply = lambda _sender, recipient: recipient == "holder"
    town["origin"].consents.withdraw(consent)
    town.deliver("origin")
    assert send_heartbeats(town["origin"].context, town["origin"].outbox) == 0


def test_a_lost_reply_leads_to_the_same_message_and_one_effect(town: Town) -> None:
    consent = town.give("holder")
    town.wires.lose_reply = lambda _sender, recipient: recipient == "holder"
    town.deliver("origin")
    town.wires.lose_reply = lambda _sender, _recipient: False
    town.later(hours=1)
    town.deliver("origin")
    assert town.types("holder").count(EntryType.CONSENT_GIVEN) == 1
    sent = [payload for sender, to, payload in town.wires.crossed if (sender, to) == ("origin", "holder")]
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert town.status("origin", consent).notifications[0].state is NotificationState.ACKNOWLEDGED


def test_a_withdrawal_that_comes_before_the_consent_bars_it(town: Town) -> None:
    consent = town.give("holder")
    with town["origin"].context.snapshot() as session:
        (copy,) = SqlMailbox(session).due(town.network.clock.now(), 10)
    town["origin"].consents.withdraw(consent)
    with town["origin"].context.transaction() as session:
        SqlMailbox(session).defer([copy], "late", town.network.clock.now())
    town.deliver()
    town.later(hours=1)
    town.deliver()
    assert town.state("holder", consent) is None
    assert town.shares("holder") == set()


def test_narrowing_reaches_the_holder_and_an_older_copy_changes_nothing(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    older = next(payload for sender, to, payload in town.wires.crossed if (sender, to) == ("origin", "holder"))
    town["origin"].consents.narrow(consent, ScopeInput(fields=("work.status",)))
    town.deliver()
    assert town.shares("holder") == town.shares("origin") == {"work.status"}
    assert b"consent.copy" in older
    with town["origin"].context.transaction() as session:
        content = {"consent_id": consent, "index": 0}
        view = own_consents(town["origin"].context, session).get(consent)
        from records_exchange.mailboxes import NewNotification

        notification = NewNotification(CONSENT_COPY, "holder", consent, content, view.person_ref)
        SqlMailbox(session).post([notification], town.network.clock.now())
    town.deliver()
    assert town.shares("holder") == {"work.status"}


def test_a_holder_taken_out_stops_sharing(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town["origin"].consents.narrow(consent, ScopeInput(drop_holders=("holder",)))
    town.deliver()
    assert town.shares("holder") == set()
    assert town.shares("origin") == set(FIELDS)


def test_a_recipient_taken_out_deletes_its_copies(town: Town) -> None:
    given = GrantInput(PERSON, ("casework",), ("asker", "other"), FIELDS)
    consent = town["origin"].consents.grant(given).consent_id
    town.shares("origin")
    town["origin"].consents.narrow(consent, ScopeInput(recipients=("other",)))
    town.deliver()
    assert shared_copies(town["asker"].context, PERSON) == ()
    assert town.state("origin", consent) is ConsentState.RENEWED


def test_narrowing_is_no_new_yes(town: Town) -> None:
    consent = town.give()
    town.later(minutes=1)
    town["origin"].consents.refuse(GrantInput(PERSON, ("casework",), ("asker",), ("work.status",)))
    town.later(minutes=1)
    town["origin"].consents.narrow(consent, ScopeInput(purposes=("casework",), fields=("work.status",)))
    assert town.shares("origin") == set()


@pytest.mark.invariant(4)
def test_a_later_no_said_at_the_holder_prevails_over_a_yes_that_travelled(town: Town) -> None:
    town.give("holder")
    town.later(minutes=1)
    town["holder"].consents.refuse(GrantInput(PERSON, ("casework",), ("asker",), ("work.status",)))
    town.deliver()  # the yes arrives after the no
    assert town.shares("holder") == {"person.language"}


def test_a_renewal_travels(town: Town) -> None:
    from node.consents.consents import RenewalInput

    consent = town.give("holder")
    town.deliver()
    town["origin"].consents.renew(RenewalInput(consent, valid_days=900))
    town.deliver()
    (view,) = town["holder"].consents.list()
    assert view.state is ConsentState.RENEWED
    assert view.record.valid_until == end_after(town.network.clock.now(), 900)


def test_a_consent_given_elsewhere_is_changed_elsewhere(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    with pytest.raises(ConsentInvalid):
        town["holder"].consents.narrow(consent, ScopeInput(fields=("work.status",)))


def test_a_stranger_cannot_end_a_consent(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    verified = _tell(town, "other", "holder", consent)
    assert (verified.reply.outcome, verified.reply.reason) == (MessageOutcome.REFUSED, "not_a_party")
    assert town.state("holder", consent) is ConsentState.GIVEN


def test_nothing_is_withdrawn_that_nobody_gave(town: Town) -> None:
    with pytest.raises(ConsentUnknown):
        town["asker"].consents.withdraw("0" * 32)


def test_every_export_passes_the_audit(town: Town, tmp_path: Path) -> None:
    consent = town.give("holder")
    town.deliver()
    town.shares("holder")
    town["asker"].consents.withdraw(consent)
    town.deliver()
    for entity in ENTITIES[:3]:
        export_own_ledger(town[entity].context, tmp_path / "export" / entity)
        folder = tmp_path / "export" / entity
        report = verify_export(folder, load_policy(folder / "trust.policy"))
        assert report.passed, report.document()


@pytest.mark.invariant(5)
def test_no_document_name_or_local_id_crosses_with_a_consent(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    town["holder"].consents.withdraw(consent)
    town.deliver()
    crossed = b"".join(payload for _, _, payload in town.wires.crossed)
    assert town.wires.crossed
    assert PERSON.number.encode() not in crossed
    assert b"Ficticia" not in crossed


def test_the_outbox_names_nobody_once_a_person_is_erased(town: Town) -> None:

    consent = town.give("holder")
    town.deliver()
    town.wires.partition(["holder"], ["origin"])
    town["origin"].consents.withdraw(consent)
    town["origin"].erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    town.wires.heal()
    town.deliver()
    assert town.state("holder", consent) is ConsentState.WITHDRAWN


def test_two_consents_of_two_people_do_not_mix(town: Town) -> None:
    hold(town["origin"], person_record(OTHER_PERSON, name="Otra Ficticia"))
    mine = town.give("holder")
    theirs = grant(town["origin"], "asker", document=OTHER_PERSON, fields=FIELDS)
    town["origin"].consents.withdraw(theirs)
    town.deliver()
    assert town.shares("holder") == set(FIELDS)
    assert town.state("origin", mine) is ConsentState.GIVEN


def _tell(town: Town, sender: str, recipient: str, consent: str) -> VerifiedReply:
    body = {
        "consent_id": consent,
        "acted_at": town.network.clock.now().isoformat(),
        "acted_by": Actor.PERSON.value,
    }
    return town[sender].outbox.ask(recipient, CONSENT_WITHDRAWN, body)
