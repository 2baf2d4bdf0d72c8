import pytest

from node.consents.due_items import due_consent_items
from node.consents.report import due_reason_label
from node.context import NodeContext
from node.inbox.errors import ItemUnknown
from node.inbox.items import Inbox, Item, ItemKind
from node.inbox.report import items_document, items_text
from node.inbox.sweep import InboxSweep, unacknowledged_notifications
from node.referrals.expiry import lapse_unanswered
from node.referrals.referrals import NewReferral, Referrals
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, grant
from tests.support.people import PERSON


@pytest.fixture
def sweep(context: NodeContext) -> InboxSweep:
    """The sweep with every deadline and finder of a node."""
    finders = (unacknowledged_notifications, due_consent_items)
    return InboxSweep(context, deadlines=(lapse_unanswered,), finders=finders)


def items(context: NodeContext, *, with_done: bool = False) -> tuple[Item, ...]:
    with context.snapshot() as session:
        return Inbox(session).list(with_done=with_done)


def wait_days(clock: FrozenClock, directory: SignedDirectory, days: float) -> None:
    clock.advance(days=days)
    directory.publish()


def test_a_consent_that_ends_soon_is_shown_once(context: NodeContext, sweep: InboxSweep) -> None:
    consent = grant(context, "ngo", valid_days=20)
    assert sweep.run() == 1
    assert sweep.run() == 0
    (item,) = items(context)
    assert (item.kind, item.reference, item.detail) == ("consent_due", consent, "ends_soon")
    assert "caduca pronto" in items_text([item], {ItemKind.CONSENT_DUE: due_reason_label}, {})


def test_a_notice_nobody_acknowledges_is_shown_after_the_days_of_the_settings(
    context: NodeContext, sweep: InboxSweep, clock: FrozenClock, directory: SignedDirectory
) -> None:
    grant(context, "ngo", purposes=("referral",), valid_days=300)
    referral = Referrals(context).send(NewReferral(PERSON, "ngo", "training"))
    wait_days(clock, directory, 2.9)
    assert sweep.run() == 0
    wait_days(clock, directory, 0.2)
    assert sweep.run() == 1
    (item,) = items(context)
    assert (item.kind, item.reference, item.peer) == ("notice_unanswered", referral.referral_id, "ngo")


def test_an_unanswered_referral_lapses_with_its_item_or_not_at_all(
    context: NodeContext,
    sweep: InboxSweep,
    clock: FrozenClock,
    directory: SignedDirectory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grant(context, "ngo", purposes=("referral",), valid_days=300)
    referral = Referrals(context).send(NewReferral(PERSON, "ngo", "training", "immediate"))
    wait_days(clock, directory, 2.1)

    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(Inbox, "add", broken)
        with pytest.raises(RuntimeError):
            sweep.run()
    assert Referrals(context).show(referral.referral_id)[0].state == "sent"
    sweep.run()
    assert Referrals(context).show(referral.referral_id)[0].state == "lapsed"
    assert [item.kind for item in items(context)] == ["referral_lapsed"]


def test_an_item_is_dealt_with_once_and_stays_on_record(context: NodeContext, sweep: InboxSweep) -> None:
    grant(context, "ngo", valid_days=20)
    sweep.run()
    (item,) = items(context)
    with context.transaction() as session:
        done = Inbox(session).done(item.number, context.clock.now())
        assert Inbox(session).done(item.number, context.clock.now()) == done
    assert items(context) == ()
    assert items(context, with_done=True) == (done,)
    assert items_document([done])["items"][0]["done_at"]
    assert sweep.run() == 0
    with context.transaction() as session, pytest.raises(ItemUnknown):
        Inbox(session).done(99, context.clock.now())
    assert items_text([], {}, {}) == "✓ Nada pendiente."
