"""A holder's answer about a consent given here: its professional confirmed or declined it."""

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from node.consents.propagation.withdrawals import NOT_A_PARTY
from node.inbox.items import Inbox, ItemKind, NewItem
from node.ledger.own import own_consents
from node.messages.kinds import Kind, Response
from records_exchange.assurance.decisions import CONSENT_DECIDED, SqlDecisions, parse_decision

if TYPE_CHECKING:
    from datetime import datetime

    from node.context import NodeContext
    from records_exchange.message import VerifiedMessage


def decision_kind(context: "NodeContext") -> Kind:
    """Return the kind of message that reports a holder's decision."""
    return Kind(CONSENT_DECIDED, partial(_receive, context))


def _receive(context: "NodeContext", session: Session, received: "VerifiedMessage", now: "datetime") -> Response:
    sender, said = received.message.sender, parse_decision(received.message.body)
    view = own_consents(context, session).find(said.consent_id)
    ours = view is not None and view.record.origin is None and said.index <= view.last_index
    if view is None or not ours or sender not in view.record.holders:
        return Response(refusal=NOT_A_PARTY, remembered=False)
    if SqlDecisions(session).keep(sender, said, now):
        item = NewItem(ItemKind.CONSENT_DECIDED, said.consent_id, sender, said.outcome.value)
        Inbox(session).add_once([item], now)
    return Response({"effect": "noted"})
