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
    """Return the number of notices that each entity has not acknowledged.

    Raises:
        RedpactError: the database is unusable.
    """
    counts: dict[str, int] = {}
    with context.snapshot() as session:
        for notice in SqlMailbox(session).waiting():
            counts[notice.recipient] = counts.get(notice.recipient, 0) + 1
    return counts


def notice_lines(waiting: Mapping[str, int], lang: str) -> list[str]:
    """Return the lines of ``status`` about waiting notices; none when no notice waits."""
    if not waiting:
        return []
    counts = ", ".join(f"{entity} ({count})" for entity, count in sorted(waiting.items()))
    return [speaking(lang)("Avisos sin acuse de recibo: {entities}", entities=counts)]


def check_outbox(context: NodeContext) -> Finding:
    """Check that no entity has left a notice unanswered for more than a day."""
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
