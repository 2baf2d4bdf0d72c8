"""The alarm on members that report many withdrawals of unknown consents, for doctor, status and the inbox."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from node.context import NodeContext
from node.inbox.items import ItemKind, NewItem
from policies.errors import RedpactError
from presentation.messages import _, plural, speaking
from records_exchange.reported_ends import SqlReportedEnds
from service.findings import Finding, Level

WINDOW: Final = timedelta(days=1)
ALARMING: Final = 500
"""Reports of one entity in a day about consents not known here. Honest ones are about consents that named this entity
without anything being shared under them, or that arrived before the consent."""


def alarming_reports(context: NodeContext) -> dict[str, int]:
    """Return the entities that reported alarmingly many unknown consents as withdrawn in a day, with the number.

    Raises:
        RedpactError: the database is unusable.
    """
    with context.snapshot() as session:
        return _alarming(session, context.clock.now())


def report_lines(alarming: Mapping[str, int], lang: str) -> list[str]:
    """Return the lines of ``status`` about the alarm; none without any."""
    if not alarming:
        return []
    counts = ", ".join(f"{entity} ({count})" for entity, count in sorted(alarming.items()))
    say = speaking(lang)
    return [
        say("! Avisan de la retirada de consentimientos que aquí no constan, en un día: {entities}", entities=counts)
    ]


def check_reports(context: NodeContext) -> Finding:
    """Check that no entity reports unknown consents as withdrawn in numbers that no honest one has."""
    try:
        alarming = alarming_reports(context)
    except RedpactError as error:
        return Finding.of_error("withdrawals", error)
    if not alarming:
        return Finding("withdrawals", Level.OK, _("Retiradas comunicadas por otras entidades: sin nada anormal"))
    names, total = ", ".join(sorted(alarming)), sum(alarming.values())
    text = plural(
        "{names}: {n} retirada de un consentimiento que aquí no consta, en un día",
        "{names}: {n} retiradas de consentimientos que aquí no constan, en un día",
        total,
        names=names,
    )
    return Finding("withdrawals", Level.WARNING, text, _("pregunte a esa entidad qué le ocurre a su nodo"))


def alarming_items(_context: NodeContext, session: Session, now: datetime) -> Iterator[NewItem]:
    """Yield an inbox item for each entity and day with the alarm."""
    for entity in _alarming(session, now):
        yield NewItem(ItemKind.WITHDRAWALS_UNKNOWN, now.date().isoformat(), entity)


def _alarming(session: Session, now: datetime) -> dict[str, int]:
    found = SqlReportedEnds(session).unknown_since(now - WINDOW)
    return {entity: count for entity, count in found.items() if count >= ALARMING}
