"""How the outbox stands, for ``status`` and ``doctor``: who has not answered, and since when."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from node.context import NodeContext
from policies.errors import RedpactError
from presentation.messages import _
from records_exchange.mailboxes import SqlMailbox
from service.findings import Finding, Level

LATE: Final = timedelta(days=1)
"""An entity that has not answered for a day: somebody should ask it why."""


def waiting_for(context: NodeContext) -> dict[str, int]:
    """Return how many notices each entity has still to acknowledge.

    Raises:
        RedpactError: the database is unusable.
    """
    counts: dict[str, int] = {}
    with context.snapshot() as session:
        for notice in SqlMailbox(session).waiting():
            counts[notice.recipient] = counts.get(notice.recipient, 0) + 1
    return counts


def notice_lines(waiting: Mapping[str, int], lang: str) -> list[str]:
    """Return what ``status`` says of notices that wait: nothing when there are none."""
    if not waiting:
        return []
    counts = ", ".join(f"{entity} ({count})" for entity, count in sorted(waiting.items()))
    return [f"{'Notices not acknowledged yet' if lang == 'en' else 'Avisos sin acuse de recibo'}: {counts}"]


def check_outbox(context: NodeContext) -> Finding:
    """Check that nobody has left a notice unanswered for more than a day."""
    try:
        with context.snapshot() as session:
            waiting = SqlMailbox(session).waiting()
    except RedpactError as error:
        return Finding.of_error("outbox", error)
    late = sorted({notice.recipient for notice in waiting if context.clock.now() - notice.created_at > LATE})
    if not late:
        text = _("Avisos por entregar: {waiting_count}", waiting_count=len(waiting))
        return Finding("outbox", Level.OK, text)
    names = ", ".join(late)
    text = _("No contestan a los avisos desde hace más de un día: {names}", names=names)
    return Finding("outbox", Level.WARNING, text, _("pregunte a esas entidades si su nodo está en marcha"))
