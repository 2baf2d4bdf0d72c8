"""A member that sends more than anybody can look at, over mutual TLS: a limit, an alarm, and honest traffic goes on."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from node.fetch.asking import question_of
from node.inbox.items import Inbox, ItemKind
from node.referrals import messages
from node.referrals.tables import ReferralRow
from protos.redpact.v1 import messages_pb2
from records_exchange.message import NOTIFICATION_LIFETIME, MessageReply
from records_exchange.referral import OFFER, STEP
from records_exchange.tables import InboxMessage
from service.wire import from_wire
from tests.support.exchange import PERSON, ExchangeNetwork
from tests.support.peer_on_the_wire import DELIVER, PeerOnTheWire
from tests.support.simulated_peer import SUBJECT

pytestmark = pytest.mark.invariant(8)


def tell(network: ExchangeNetwork, liar: PeerOnTheWire, kind: str, body: Mapping[str, object]) -> str | None:
    now = network.clock.now()
    message = liar.peer.tell("town", now, kind, body, subject=SUBJECT, expires=now + NOTIFICATION_LIFETIME)
    data = liar.send_to("town", DELIVER, message)
    return MessageReply.model_validate_json(from_wire(messages_pb2.DeliverReply.FromString(data).reply).payload).reason


def rows(network: ExchangeNetwork, table: Any) -> int:
    with network.nodes["town"].context.snapshot() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_referrals_without_end_wait_for_nobody_here(
    network: ExchangeNetwork, liar: PeerOnTheWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_A_DAY", 4)
    town, ngo, now = network.nodes["town"], network.nodes["ngo"], network.clock.now()
    offer = {"kind": "referral", "service": "job_guidance", "urgency": "urgent", "consent_id": "ab" * 16}
    offer["answer_by"] = (now + timedelta(days=3)).isoformat()
    found = Counter(tell(network, liar, OFFER, offer | {"referral_id": f"{number:032x}"}) for number in range(30))
    kept = rows(network, InboxMessage)
    step = {"number": 2, "step": "revoke", "before": "sent", "code": "other"}
    found.update(tell(network, liar, STEP, step | {"referral_id": f"{number:032x}"}) for number in range(100, 120))
    assert found == {None: 4, "too_many_referrals": 46}
    assert (rows(network, ReferralRow), rows(network, InboxMessage)) == (4, kept)
    with town.context.snapshot() as session:
        kinds = Counter(item.kind for item in Inbox(session).list())
    assert (kinds[ItemKind.REFERRAL_RECEIVED.value], kinds[ItemKind.ORIGIN_ALARM.value]) == (4, 1)
    question = question_of(ngo.context, "casework", fields=("person.sex",))
    assert ngo.asking.fetch(PERSON, question, ["town"]).replies[0].released
