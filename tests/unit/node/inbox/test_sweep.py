from collections.abc import Iterator
from pathlib import Path

import pytest

from node.consents.report import due_reason_label
from node.inbox.errors import ItemUnknown
from node.inbox.items import Inbox, Item, ItemKind
from node.inbox.report import items_document, items_text
from node.referrals.referrals import NewReferral
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.postoffice import PostOffice
from trust.parties import EntityKind


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    network = ExchangeNetwork(tmp_path)
    hold(network.add("town", kind=EntityKind.PUBLIC), person_record(PERSON))
    network.add("ngo")
    yield PostOffice(network)
    network.close()


def items(office: PostOffice, entity: str = "town", *, with_done: bool = False) -> tuple[Item, ...]:
    with office.network.nodes[entity].context.snapshot() as session:
        return Inbox(session).list(with_done=with_done)


def wait_days(office: PostOffice, days: float) -> None:
    assert isinstance(office.network.clock, FrozenClock)
    office.network.clock.advance(days=days)
    office.network.publish()


def test_a_consent_that_ends_soon_is_shown_once(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    consent = grant(town, "ngo", valid_days=20)
    assert town.inbox_sweep.run() == 1
    assert town.inbox_sweep.run() == 0
    (item,) = items(office)
    assert (item.kind, item.reference, item.detail) == ("consent_due", consent, "ends_soon")
    assert "caduca pronto" in items_text([item], {ItemKind.CONSENT_DUE: due_reason_label}, {})


def test_a_notice_nobody_acknowledges_is_shown_after_the_days_of_the_settings(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    grant(town, "ngo", purposes=("referral",), valid_days=300)
    referral = town.referrals.send(NewReferral(PERSON, "ngo", "training"))
    office.away.add("ngo")
    wait_days(office, 2.9)
    assert town.inbox_sweep.run() == 0
    wait_days(office, 0.2)
    assert town.inbox_sweep.run() == 1
    (item,) = items(office)
    assert (item.kind, item.reference, item.peer) == ("notice_unanswered", referral.referral_id, "ngo")


def test_an_unanswered_referral_lapses_with_its_item_or_not_at_all(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = office.network.nodes["town"]
    grant(town, "ngo", purposes=("referral",), valid_days=300)
    referral = town.referrals.send(NewReferral(PERSON, "ngo", "training", "immediate"))
    wait_days(office, 1.1)

    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(Inbox, "add", broken)
        with pytest.raises(RuntimeError):
            town.inbox_sweep.run()
    assert town.referrals.show(referral.referral_id)[0].state == "sent"
    town.inbox_sweep.run()
    assert town.referrals.show(referral.referral_id)[0].state == "lapsed"
    assert [item.kind for item in items(office)] == ["referral_lapsed"]


def test_an_item_is_dealt_with_once_and_stays_on_record(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    grant(town, "ngo", valid_days=20)
    town.inbox_sweep.run()
    (item,) = items(office)
    with town.context.transaction() as session:
        done = Inbox(session).done(item.number, office.network.clock.now())
        assert Inbox(session).done(item.number, office.network.clock.now()) == done
    assert items(office) == ()
    assert items(office, with_done=True) == (done,)
    assert items_document([done])["items"][0]["done_at"]
    assert town.inbox_sweep.run() == 0
    with town.context.transaction() as session, pytest.raises(ItemUnknown):
        Inbox(session).done(99, office.network.clock.now())
    assert items_text([], {}, {}) == "✓ Nada pendiente."
