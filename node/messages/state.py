"""The state of the outbox, for ``status`` and ``doctor``: entities that have not answered, and why."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from node.context import NodeContext
from node.messages.no_answer import NoAnswer, no_answer_label, no_answer_remedy, reason_for
from policies.errors import RedpactError
from presentation.messages import _, joined, speaking
from records_exchange.mailboxes import Notification, SqlMailbox
from service.findings import Finding, Level

LATE: Final = timedelta(days=1)
"""After this time without an answer, ``doctor`` warns."""


def unanswered(context: NodeContext) -> list[dict[str, Any]]:
    """Return the number of notifications without an answer, by entity and reason, as JSON values.

    Raises:
        RedpactError: the database is unusable.
    """
    counts: dict[tuple[str, NoAnswer], int] = {}
    with context.snapshot() as session:
        for notification in SqlMailbox(session).waiting():
            key = (notification.recipient, reason_for(notification))
            counts[key] = counts.get(key, 0) + 1
    return [
        {"entity": entity, "notices": count, "why": reason.value} for (entity, reason), count in sorted(counts.items())
    ]


def notification_lines(waiting: Sequence[Mapping[str, Any]], names: Mapping[str, str], lang: str) -> list[str]:
    """Return the lines of ``status`` about notifications without an answer, one for each reason; none without any.

    Args:
        waiting: see `unanswered`.
        names: entity id -> name.
        lang: of the reader.
    """
    say = speaking(lang)
    by_reason: dict[NoAnswer, list[str]] = {}
    for each in waiting:
        named = names.get(each["entity"], each["entity"])
        by_reason.setdefault(NoAnswer(each["why"]), []).append(f"{named} ({each['notices']})")
    return [
        say("Avisos sin acuse ({why}): {entities}", why=no_answer_label(reason), entities=", ".join(sorted(entities)))
        for reason, entities in by_reason.items()
    ]


def check_outbox(context: NodeContext) -> Finding:
    """Check that no entity has left a notification unanswered for more than a day."""
    try:
        with context.snapshot() as session:
            waiting = SqlMailbox(session).waiting()
    except RedpactError as error:
        return Finding.of_error("outbox", error)
    late = _by_reason(each for each in waiting if context.clock.now() - each.created_at > LATE)
    if not late:
        text = _("Avisos por entregar: {waiting_count}", waiting_count=len(waiting))
        return Finding("outbox", Level.OK, text)
    parts = [
        _("{entities}: {why}", entities=", ".join(entities), why=no_answer_label(reason))
        for reason, entities in late.items()
    ]
    text = _("Avisos sin acuse desde hace más de un día. {parts}", parts=joined(parts, "; "))
    return Finding("outbox", Level.WARNING, text, joined([no_answer_remedy(reason) for reason in late], "; "))


def _by_reason(notifications: Iterable[Notification]) -> dict[NoAnswer, list[str]]:
    found: dict[NoAnswer, set[str]] = {}
    for each in notifications:
        found.setdefault(reason_for(each), set()).add(each.recipient)
    return {reason: sorted(entities) for reason, entities in found.items()}
