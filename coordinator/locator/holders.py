"""The entities that hold a key of pseudonyms beside the coordinator, and their keys; in the caller's session.

An entity offers a key with a signed statement. The Gerencia chooses which entities are key holders; the keys of those
are needed from the next epoch on.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from coordinator.locator.errors import KeyHolderUnknown, KeyOfferRefused
from coordinator.locator.tables import EpochHolderRow, KeyHolderRow, OfferedKeyRow
from presentation.messages import _
from records_exchange.key_holding.statements import stated_key
from trust.entity_statements import MAX_CLOCK_SKEW
from trust.locator_terms import MAX_KEY_HOLDERS, HeldKey, KeyStatementRecord
from trust.parties import Party


@dataclass(frozen=True, slots=True)
class OfferedKey:
    """A key that an entity offered, and whether the Gerencia chose the entity."""

    holder: str
    sequence: int
    public_key: str
    offered_at: datetime
    chosen: bool


class KeyHolders:
    """The key holders of one network beside the coordinator, working inside a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take_offer(self, party: Party, record: KeyStatementRecord, network: str, now: datetime) -> bool:
        """Keep the key that an active entity offers, and return whether it is a chosen key holder.

        Raises:
            HeldKeyUnproven: the entity did not sign it, or does not have the key.
            KeyOfferRefused: not of this time; older than the one kept; a key in use by somebody; no published address.
        """
        statement = stated_key(record, party, network)
        if not party.addresses:
            raise _refused(_("una entidad que guarda una clave necesita una dirección publicada"))
        if abs(statement.time - now) > MAX_CLOCK_SKEW:
            raise _refused(_("la declaración lleva la hora {time}; aquí son las {now}", time=statement.time, now=now))
        row = self._session.get(OfferedKeyRow, party.id, with_for_update=True)
        again = row is not None and (statement.sequence, statement.public_key) == (row.sequence, row.public_key)
        if row is not None and not again and statement.sequence <= row.sequence:
            raise _refused(_("la entidad ya ofreció una clave posterior"))
        others = select(OfferedKeyRow.holder).where(
            OfferedKeyRow.public_key == statement.public_key, OfferedKeyRow.holder != party.id
        )
        if self._session.scalars(others).first() is not None:
            raise _refused(_("la clave ya es de otra entidad"))
        if row is None:
            row = OfferedKeyRow(holder=party.id)
            self._session.add(row)
        row.sequence, row.public_key = statement.sequence, statement.public_key
        row.statement, row.offered_at = record.model_dump_json(), now
        self._session.flush()
        return self._session.get(KeyHolderRow, party.id) is not None

    def choose(self, holder: str, now: datetime) -> None:
        """Make an entity a key holder, from the next epoch on.

        Raises:
            KeyHolderUnknown: it offered no key.
            KeyOfferRefused: there are as many key holders as an epoch names.
        """
        if self._session.get(OfferedKeyRow, holder) is None:
            raise KeyHolderUnknown(
                _("{holder} no ha ofrecido ninguna clave", holder=holder),
                remedy=_("pida a esa entidad que ejecute: redpact-node pseudonym-key serve"),
            )
        if self._session.get(KeyHolderRow, holder) is None:
            if len(self.chosen()) + 1 >= MAX_KEY_HOLDERS:
                raise _refused(_("una época tiene {most} custodios como máximo", most=MAX_KEY_HOLDERS))
            self._session.add(KeyHolderRow(holder=holder, chosen_at=now))
            self._session.flush()

    def dismiss(self, holder: str) -> None:
        """Make an entity a key holder no longer, from the next epoch on.

        Raises:
            KeyHolderUnknown: it is none.
        """
        row = self._session.get(KeyHolderRow, holder)
        if row is None:
            raise KeyHolderUnknown(
                _("{holder} no es custodio de ninguna clave", holder=holder),
                remedy=_("consulte: redpact-coordinator locator status"),
            )
        self._session.delete(row)
        self._session.flush()

    def chosen(self) -> tuple[str, ...]:
        """Return the ids of the chosen key holders."""
        return tuple(self._session.scalars(select(KeyHolderRow.holder).order_by(KeyHolderRow.holder)))

    def offered(self) -> tuple[OfferedKey, ...]:
        """Return the newest key of each entity that offered one."""
        chosen = set(self.chosen())
        rows = self._session.scalars(select(OfferedKeyRow).order_by(OfferedKeyRow.holder))
        return tuple(
            OfferedKey(row.holder, row.sequence, row.public_key, row.offered_at, row.holder in chosen) for row in rows
        )

    def name_in(self, epoch: int) -> None:
        """Name the newest key of every chosen holder in a new epoch."""
        chosen = select(OfferedKeyRow).where(OfferedKeyRow.holder.in_(self.chosen()))
        for row in self._session.scalars(chosen):
            self._session.add(
                EpochHolderRow(epoch=epoch, holder=row.holder, public_key=row.public_key, statement=row.statement)
            )
        self._session.flush()

    def keys_of(self, epoch: int) -> tuple[HeldKey, ...]:
        """Return the keys of the entities in an epoch, by holder."""
        query = select(EpochHolderRow).where(EpochHolderRow.epoch == epoch).order_by(EpochHolderRow.holder)
        return tuple(
            HeldKey(
                holder=row.holder,
                public_key=row.public_key,
                statement=KeyStatementRecord.model_validate_json(row.statement),
            )
            for row in self._session.scalars(query)
        )

    def wait_for(self, epoch: int) -> bool:
        """Return whether the key holders, or the keys that they offer, are no longer those of an epoch."""
        named = {key.holder: key.public_key for key in self.keys_of(epoch)}
        return named != {each.holder: each.public_key for each in self.offered() if each.chosen}

    def forget(self, epoch: int) -> None:
        """Delete the keys of an epoch that has ended."""
        self._session.execute(delete(EpochHolderRow).where(EpochHolderRow.epoch == epoch))


def _refused(reason: str) -> KeyOfferRefused:
    return KeyOfferRefused(reason, remedy=_("corríjalo y repita: redpact-node pseudonym-key serve"))
