"""Every way in which a consent ends or loses something reaches every subscriber, and each draws its consequence."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from consent_ledger.consents.model import ConsentState
from node.consent_subscribers import consent_subscribers
from node.consents.changes import ChangeSource
from node.consents.consents import GrantInput, RenewalInput, ScopeInput
from node.consents.propagation.background import send_heartbeats
from node.fetch.asking import question_of
from node.fetch.cached_copies import shared_copies
from node.referrals.expiry import lapse_unanswered
from node.referrals.referrals import NewReferral
from policies.referrals import NEED_FIELD, ReferralState
from records_exchange.mailboxes import NoticeState, SqlMailbox
from records_exchange.referral import OFFER, STEP
from records_exchange.tables import ReceivedRelease
from records_exchange.travel import CONSENT_COPY
from records_exchange.withdrawal import CONSENT_WITHDRAWN, PART_LOST
from tests.support.consent_changes import watch_changes
from tests.support.exchange import PERSON
from tests.support.town import FIELDS, Town

pytestmark = pytest.mark.invariant(4)
Change = Callable[[Town, str], None]
"""Changes a consent given at `origin` in one way."""

BASIS = "eu-gdpr:A17-1-b"


def give(town: Town, **changes: object) -> str:
    """Give a consent at `origin`, that `holder` holds too: `asker`, `holder` and `other` may receive under it."""
    values = {
        "document": PERSON,
        "purposes": ("casework", "referral"),
        "recipients": ("asker", "holder", "other"),
        "fields": (*FIELDS, NEED_FIELD),
        "holders": ("holder",),
    }
    return town["origin"].consents.grant(GrantInput(**(values | changes))).consent_id  # type: ignore[arg-type]  # by name


def fetch(town: Town, asker: str, holder: str) -> None:
    node = town[asker]
    node.asking.fetch(PERSON, question_of(node.context, "casework", fields=FIELDS), [holder])


def waiting(town: Town, entity: str, kind: str) -> list[str]:
    with town[entity].context.snapshot() as session:
        return sorted(notice.recipient for notice in SqlMailbox(session).waiting() if notice.kind == kind)


def withdraw(town: Town, consent: str) -> None:
    town["origin"].consents.withdraw(consent)


def narrow(town: Town, consent: str) -> None:
    town["origin"].consents.narrow(consent, ScopeInput(recipients=("holder", "other")))


def expire(town: Town, _consent: str) -> None:
    town.later(days=366)
    town.network.publish()
    town["origin"].consents.expire_due()


def renew_for_less(town: Town, consent: str) -> None:
    town["origin"].consents.renew(RenewalInput(consent, valid_days=1))


def erase(town: Town, _consent: str) -> None:
    town["origin"].erasures.erase_person(PERSON, BASIS)


def retain(town: Town, consent: str) -> None:
    town["origin"].consents.withdraw(consent)
    town.later(days=1826)
    town.network.publish()
    town["origin"].erasures.retain()


def withdraw_elsewhere(town: Town, consent: str) -> None:
    town.deliver()
    town["holder"].consents.withdraw(consent)
    town.deliver()


def receive_narrower(town: Town, consent: str) -> None:
    town.deliver()
    narrow(town, consent)
    town.deliver()


def take_out_the_holder(town: Town, consent: str) -> None:
    town.deliver()
    town["origin"].consents.narrow(consent, ScopeInput(drop_holders=("holder",)))
    town.deliver()


def withdraw_where_only_received(town: Town, consent: str) -> None:
    fetch(town, "asker", "origin")
    town["asker"].consents.withdraw(consent)


SOURCES: dict[ChangeSource, tuple[str, Change]] = {
    ChangeSource.WITHDRAWN: ("origin", withdraw),
    ChangeSource.RECEIPT_WITHDRAWN: ("asker", withdraw_where_only_received),
    ChangeSource.WITHDRAWAL_RECEIVED: ("origin", withdraw_elsewhere),
    ChangeSource.PART_LOST: ("holder", take_out_the_holder),
    ChangeSource.NARROWED: ("origin", narrow),
    ChangeSource.COPY_RECEIVED: ("holder", receive_narrower),
    ChangeSource.RENEWED: ("origin", renew_for_less),
    ChangeSource.EXPIRED: ("origin", expire),
    ChangeSource.PERSON_ERASED: ("origin", erase),
    ChangeSource.RETENTION: ("origin", retain),
}
"""For each source: the entity at which it is one, and the acts that lead to it."""


def test_no_source_of_changes_is_forgotten() -> None:
    assert set(SOURCES) == set(ChangeSource)


@pytest.mark.parametrize("source", ChangeSource)
def test_every_change_reaches_every_subscriber_in_its_transaction(town: Town, source: ChangeSource) -> None:
    entity, act = SOURCES[source]
    reached = watch_changes(town[entity])
    consent = give(town)
    act(town, consent)
    found = [(name, change) for name, change in reached if change.source is source]
    assert [name for name, _ in found] == list(consent_subscribers(town[entity].context, town[entity].publisher_wakeup))
    for _, change in found:
        assert change.consent_id == consent
        assert change.recorded_at <= town.network.clock.now()
        assert (change.reported_by is None) == (
            source not in (ChangeSource.WITHDRAWAL_RECEIVED, ChangeSource.PART_LOST, ChangeSource.COPY_RECEIVED)
        )


def test_a_change_by_which_nothing_is_lost_reaches_nobody(town: Town) -> None:
    reached = watch_changes(town["origin"])
    consent = give(town)
    town["origin"].consents.renew(RenewalInput(consent, valid_days=900))
    assert reached == []


# ---- referrals


def narrowed_to(**scope: tuple[str, ...]) -> Change:
    def act(town: Town, consent: str) -> None:
        town["origin"].consents.narrow(consent, ScopeInput(**scope))

    return act


OUT: dict[str, Change] = {
    "recipient": narrowed_to(recipients=("asker",)),
    "purpose": narrowed_to(purposes=("casework",)),
    "need": narrowed_to(fields=FIELDS),
    "withdrawn": withdraw,
    "erased": erase,
}


def refer(town: Town, need: str | None = "employment") -> str:
    return town["origin"].referrals.send(NewReferral(PERSON, "other", "job_guidance", need=need)).referral_id


@pytest.mark.parametrize("lost", OUT)
def test_a_referral_that_its_consent_does_not_cover_any_more_is_revoked_and_its_offer_never_leaves(
    town: Town, lost: str
) -> None:
    consent = give(town)
    referral = refer(town)
    OUT[lost](town, consent)
    found, _ = town["origin"].referrals.show(referral)
    assert found.state is ReferralState.REVOKED
    assert found.code == ("person_erased" if lost == "erased" else "consent_withdrawn")
    assert waiting(town, "origin", OFFER) == []
    assert waiting(town, "origin", STEP) == ["other"]
    town.deliver()
    (arrived,) = town["other"].referrals.list()
    assert (arrived.state, arrived.subject, arrived.need) == (ReferralState.REVOKED, None, None)
    assert not any(b'"kind":"referral.offer"' in payload for _, _, payload in town.wires.crossed)


def test_a_withdrawal_that_arrives_revokes_what_was_agreed(town: Town) -> None:
    consent = give(town)
    referral = refer(town)
    town.deliver()
    town["other"].referrals.accept(referral)
    withdraw_elsewhere(town, consent)
    assert town["origin"].referrals.show(referral)[0].state is ReferralState.REVOKED
    assert town["other"].referrals.show(referral)[0].state is ReferralState.REVOKED


def test_a_referral_that_is_still_covered_goes_on(town: Town) -> None:
    consent = give(town)
    with_need, without = refer(town), refer(town, need=None)
    town["origin"].consents.narrow(consent, ScopeInput(fields=FIELDS))
    assert town["origin"].referrals.show(with_need)[0].state is ReferralState.REVOKED
    assert town["origin"].referrals.show(without)[0].state is ReferralState.SENT


def test_an_acceptance_that_crosses_a_narrowing_does_not_revive_a_lapsed_referral(town: Town) -> None:
    consent = give(town)
    referral = refer(town)
    town.deliver()
    town.wires.partition(["other"], ["origin"])
    town["other"].referrals.accept(referral)
    town.later(days=61)
    town.network.publish()
    assert lapse_unanswered(town["origin"].context)
    town["origin"].consents.narrow(consent, ScopeInput(recipients=("asker",)))
    town.wires.heal()
    town.later(hours=2)
    town.deliver()
    assert town["origin"].referrals.show(referral)[0].state is ReferralState.REVOKED


def test_an_offer_that_nobody_has_taken_does_not_outlive_its_consent(town: Town) -> None:
    given = GrantInput(PERSON, ("referral",), ("other",), FIELDS, valid_days=2)
    town["origin"].consents.grant(given)
    referral = refer(town, need=None)
    town.later(days=2)
    town.network.publish()
    town["origin"].consents.expire_due()
    assert waiting(town, "origin", OFFER) == []
    assert town["origin"].referrals.show(referral)[0].state is ReferralState.LAPSED


# ---- outbox

ENDS: dict[str, Change] = {
    "holder taken out": narrowed_to(drop_holders=("holder",)),
    "withdrawn": withdraw,
    "expired": expire,
    "erased": erase,
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("signed", [False, True])
def test_a_copy_that_waits_for_a_holder_that_is_out_is_taken_back(town: Town, end: str, *, signed: bool) -> None:
    town.wires.partition(["origin"], ["holder"])
    consent = give(town)
    if signed:
        town["origin"].outbox.deliver_due()
    ENDS[end](town, consent)
    assert waiting(town, "origin", CONSENT_COPY) == []


def test_a_notice_that_is_taken_back_while_the_queue_is_worked_off_is_not_sent(town: Town) -> None:
    """The queue is read in one go; the withdrawal comes while the first notice of it is on its way."""
    first = give(town)
    second = give(town)
    origin = town["origin"]
    town.wires.before = lambda: withdraw(town, second) if town.state("origin", second) is ConsentState.GIVEN else None
    origin.outbox.deliver_due()
    about = {consent: town.status("origin", consent).notices for consent in (first, second)}
    assert [notice.what for notice in about[first]] == [CONSENT_COPY]
    assert {notice.what for notice in about[second]} == {CONSENT_WITHDRAWN}
    sent = [payload for _, to, payload in town.wires.crossed if to == "holder"]
    assert [b"consent.copy" in payload for payload in sent] == [True]
    assert {notice.state for notice in about[second]} == {NoticeState.WAITING}


# ---- propagation


def test_a_recipient_that_is_out_is_told_by_each_entity_that_served_it(town: Town) -> None:
    consent = give(town)
    town.deliver()
    fetch(town, "asker", "holder")
    narrow(town, consent)
    assert waiting(town, "origin", PART_LOST) == []
    town.deliver("origin")
    assert waiting(town, "holder", PART_LOST) == ["asker"]
    town.deliver()
    assert shared_copies(town["asker"].context, PERSON) == ()


def test_a_recipient_that_still_holds_the_consent_goes_on_sharing_under_it(town: Town) -> None:
    consent = give(town)
    town.deliver()
    fetch(town, "holder", "origin")
    assert shared_copies(town["holder"].context, PERSON)
    town["origin"].consents.narrow(consent, ScopeInput(recipients=("asker", "other")))
    town.deliver()
    assert shared_copies(town["holder"].context, PERSON) == ()
    assert town.state("holder", consent) is ConsentState.RENEWED
    assert town.shares("holder") == set(FIELDS)


def test_a_consent_of_which_nothing_is_left_for_a_holder_ends_there(town: Town) -> None:
    consent = give(town, recipients=("asker", "holder"))
    town.deliver()
    assert town.shares("holder")
    town["origin"].consents.narrow(consent, ScopeInput(recipients=("holder",)))
    town.deliver()
    assert town.shares("holder") == set()
    assert town.state("holder", consent) is ConsentState.WITHDRAWN


def test_an_erasure_sends_no_withdrawal(town: Town) -> None:
    give(town)
    town.deliver()
    fetch(town, "asker", "origin")
    erase(town, "")
    assert waiting(town, "origin", CONSENT_WITHDRAWN) == []


# ---- cached copies


@pytest.mark.parametrize("end", ["withdrawn", "narrowed", "expired"])
def test_copies_received_under_a_consent_that_is_held_too_are_deleted(town: Town, end: str) -> None:
    consent = give(town)
    town.deliver()
    fetch(town, "holder", "origin")
    assert shared_copies(town["holder"].context, PERSON)
    if end == "withdrawn":
        town["holder"].consents.withdraw(consent)
    elif end == "narrowed":
        town["origin"].consents.narrow(consent, ScopeInput(fields=("work.status",)))
        town.deliver()
    else:
        town.later(days=366)
        town["holder"].consents.expire_due()
    with town["holder"].context.snapshot() as session:
        assert list(session.scalars(select(ReceivedRelease.content))) == [None]


# ---- locator


def test_the_publisher_is_woken_at_once(town: Town) -> None:
    consent = give(town)
    withdraw(town, consent)
    never = threading.Event()
    assert town["origin"].publisher_wakeup.wait(60, never)
    never.set()
    assert not town["origin"].publisher_wakeup.wait(60, never)


# ---- heartbeats


def test_no_heartbeat_vouches_for_an_entity_that_a_withdrawal_never_reached(town: Town) -> None:
    """Away for longer than a notice lives, the holder gets the withdrawal first and a heartbeat only then."""
    consent = give(town)
    town.deliver()
    origin = town["origin"]
    town.wires.partition(["origin"], ["holder"])
    withdraw(town, consent)
    town.later(days=91)
    town.network.publish()
    origin.outbox.deliver_due()
    states = {notice.entity: notice.state for notice in town.status("origin", consent).notices}
    assert states["holder"] is NoticeState.LAPSED
    town.wires.heal()
    assert send_heartbeats(origin.context, origin.outbox) == 0
    origin.outbox.deliver_due()
    assert town.state("holder", consent) is ConsentState.WITHDRAWN
    assert send_heartbeats(origin.context, origin.outbox) == 1
