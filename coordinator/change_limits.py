"""The changes of addresses and keys that one entity may make, so that none can fill the log of directories."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from coordinator.errors import ChangesTooFrequent
from coordinator.settings import CoordinatorSettings
from coordinator.tables import ChangeRow
from presentation.messages import _, plural

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def spend_change(session: Session, settings: CoordinatorSettings, entity: str, now: datetime) -> None:
    """Count a change of an entity. Call it under the lock of the registry.

    Raises:
        ChangesTooFrequent: it has made as many as the settings allow; the remedy says when it may make the next.
    """
    session.execute(delete(ChangeRow).where(ChangeRow.entity == entity, ChangeRow.changed_at <= now - _DAY))
    made = session.scalars(
        select(ChangeRow.changed_at).where(ChangeRow.entity == entity).order_by(ChangeRow.changed_at)
    )
    times = list(made)
    for window, most in ((_HOUR, settings.changes_per_hour), (_DAY, settings.changes_per_day)):
        within = [each for each in times if each > now - window]
        if len(within) >= most:
            again = within[len(within) - most] + window
            raise ChangesTooFrequent(
                plural(
                    "{entity} ha cambiado sus direcciones o claves {n} vez; puede volver a hacerlo el {again}",
                    "{entity} ha cambiado sus direcciones o claves {n} veces; puede volver a hacerlo el {again}",
                    len(within),
                    entity=entity,
                    again=again,
                ),
                remedy=_("espere; el nodo lo repetirá entonces"),
            )
    session.add(ChangeRow(entity=entity, changed_at=now))
