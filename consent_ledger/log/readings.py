"""The entries about readings inside the entity, found by person and by day.

They are found by reading the remaining bodies, streaming: the ledger keeps no index by person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from consent_ledger.errors import LedgerDamaged
from consent_ledger.log.entry import EntryType, Leaf
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.reading_bodies import RecordReadBody
from presentation.formats import local
from presentation.messages import _
from trust.errors import MalformedDocument

_MARK = f'"type":"{EntryType.RECORD_READ}"'.encode()


@dataclass(frozen=True, slots=True)
class Reading:
    """An entry about a reading."""

    index: int
    time: datetime
    body: RecordReadBody


def readings(
    ledger: ConsentLedger,
    *,
    person_ref: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Iterator[Reading]:
    """Yield the readings of a person's data, those of many people included; everybody's when no person is given.

    Args:
        ledger: of the entity.
        person_ref: the entity's random id of the person.
        since: the first day, local.
        until: the last day, local.

    Raises:
        LedgerDamaged: an entry does not read.
    """
    store, size = ledger.store, ledger.size()
    leaves = enumerate(store.leaves(0, size))
    for stored in store.bodies(0, size):
        leaf = next(leaf for index, leaf in leaves if index == stored.index)
        if _MARK not in leaf:
            continue
        found = _read(stored.index, leaf, stored.body)
        on_day = (since or date.min) <= local(found.time).date() <= (until or date.max)
        if on_day and (person_ref is None or found.body.person_ref in (None, person_ref)):
            yield found


def _read(index: int, leaf: bytes, body: bytes) -> Reading:
    try:
        return Reading(index, Leaf.parse(leaf).time, RecordReadBody.model_validate_json(body))
    except (MalformedDocument, ValueError) as error:
        raise LedgerDamaged(
            _("no se puede leer la anotación {index!s}", index=index),
            remedy=_("restaure la última copia de seguridad"),
        ) from error
