"""The state of the outbox, for ``status`` and ``doctor``: entities that have not answered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from node.context import NodeContext
from policies.errors import RedpactError
from presentation.messages import _, speaking
from records_exchange.mailboxes import SqlMailbox
from service.findings import Finding, Level

LATE: Final = timedelta(days=1)
"""After this time without an answer, ``doctor`` warns."""


def waiting_for(context: NodeContext) -> dict[str, int]:
    """Return the number of notifications that each entity has not acknowledged.

    Raises:
        RedpactError: the database is unusable.
    """
    counts: dict[str, int] = {}
    with context.snapshot() as session:
        for notification in SqlMailbox(session).waiting():
            counts[notification.recipient] = counts.get(notification.recipient, 0) + 1
    return counts


def notification_lines(waiting: Mapping[str, int], lang: str) -> list[str]:
    """Return the lines of ``status`` about waiting notifications; none when no notification waits."""
    if not waiting:
        return []
    counts = ", ".join(f"{entity} ({count})" for entity, count in sorted(waiting.items()))
    return [speaking(lang)("Avisos sin acuse de recibo: {entities}", entities=counts)]


def check_outbox(context: NodeContext) -> Finding:
    """Check that no entity has left a notification unanswered for more than a day."""
    try:
        with context.snapshot() as session:
            waiting = SqlMailbox(session).waiting()
    except RedpactError as error:
        return Finding.of_error("outbox", error)
    late = sorted(
        {notification.recipient for notification in waiting if context.clock.now() - notification.created_at > LATE}
    )
    if not late:
        text = _("Avisos por entregar: {waiting_count}", waiting_count=len(waiting))
        return Finding("outbox", Level.OK, text)
    names = ", ".join(late)
    text = _("No contestan a los avisos desde hace más de un día: {names}", names=names)
    return Finding("outbox", Level.WARNING, text, _("pregunte a esas entidades si su nodo está en marcha"))
