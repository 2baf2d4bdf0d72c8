"""Watches which subscriber of consent changes is reached, while each does its work."""

from sqlalchemy.orm import Session

from node.consent_subscribers import consent_subscribers
from node.consents.changes import ConsentChanged, ConsentChanges, Subscriber
from node.wiring import Node


def watch_changes(node: Node) -> list[tuple[str, ConsentChanged]]:
    """Return the list to which a node adds each (subscriber, change) from now on; call it before the node is used."""
    reached: list[tuple[str, ConsentChanged]] = []

    def watched(name: str, subscriber: Subscriber) -> Subscriber:
        def act(session: Session, change: ConsentChanged) -> None:
            subscriber(session, change)
            reached.append((name, change))

        return act

    table = consent_subscribers(node.context, node.publisher_wakeup)
    node.consent_changes = ConsentChanges({name: watched(name, subscriber) for name, subscriber in table.items()})
    return reached
