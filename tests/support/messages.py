"""Kinds of messages that only tests have: a notification and a question that do nothing but be counted."""

from datetime import datetime

from sqlalchemy.orm import Session

from node.messages.kinds import Kind, Response
from node.messages.outbox import Outbox
from node.messages.receiving import MessageReceiver
from records_exchange.message import VerifiedMessage
from tests.support.exchange import ExchangeNetwork

TEST_NOTIFICATION, TEST_QUESTION = "test.notice", "test.question"


def with_test_kinds(network: ExchangeNetwork) -> None:
    """Let every node of the network know the test's kinds; `ExchangeNetwork.taken` counts their messages."""
    for entity, node in network.nodes.items():

        def receive(_session: Session, received: VerifiedMessage, _now: datetime, entity: str = entity) -> Response:
            network.taken[entity] += 1
            return Response({"number": received.message.body.get("number", 0)})

        ours = [Kind(TEST_NOTIFICATION, receive), Kind(TEST_QUESTION, receive, question=True)]
        kinds = {**node.message_kinds, **{kind.name: kind for kind in ours}}
        node.__dict__["message_receiver"] = MessageReceiver(node.context, kinds, node.limits)
        node.__dict__["outbox"] = Outbox(node.context, kinds, node.transport.call)
