"""The stored entities as the directory lists them."""

import json
from typing import Final, NamedTuple, cast

from pydantic import ValidationError
from sqlalchemy import Table, bindparam, select

from coordinator.certificates import NONE_LISTED, ListedCertificates
from coordinator.errors import CoordinatorError
from coordinator.tables import EntityRow
from presentation.messages import _
from service.sql_driver import DriverStatement
from trust.parties import EntityKind, EntityStatus, Party, WitnessAddress
from trust.published_keys import key_of_vkey, published_keys


class ListedEntity(NamedTuple):
    """The stored columns of an entity that go into the directory."""

    id: str
    name: str
    kind: str
    status: str
    addresses: str
    signing_key: str
    exchange_key: str
    ledger_vkey: str
    witness_vkey: str
    witness_key: str
    witness_url: str
    key_changes: str
    recoveries: str
    recovery: str
    admission: str
    reinstatement: str


_ENTITIES: Final = cast("Table", EntityRow.__table__)
_LISTED_COLUMNS: Final = tuple(_ENTITIES.c[name] for name in ListedEntity._fields)
LISTED: Final = DriverStatement(
    select(*_LISTED_COLUMNS).where(_ENTITIES.c.id == bindparam("at_id")), ["at_id"], _LISTED_COLUMNS
)
"""Runs for every task and every answer of a training round."""


def keys_of(party: Party) -> list[bytes]:
    """Return the keys that an entity publishes, and those that it had: nobody else may take either."""
    recoveries = (*party.recoveries, *([party.recovery] if party.recovery else []))
    return [
        *published_keys(party).values(),
        *(bytes.fromhex(record.change.old) for record in party.key_changes),
        *(key for each in recoveries for key in (*each.old_keys().values(), *each.new_keys().values())),
    ]


def set_witness(row: EntityRow, witness: WitnessAddress | None) -> None:
    """Store where an entity witnesses; None: nowhere. Its key stays when it stops witnessing."""
    row.witness_vkey, row.witness_url = (witness.vkey, witness.url) if witness else ("", "")
    if witness:
        row.witness_key = key_of_vkey(witness.vkey).hex()


def listed_party(row: EntityRow | ListedEntity, certificates: ListedCertificates = NONE_LISTED) -> Party:
    """Return a stored entity as the directory lists it.

    Raises:
        CoordinatorError: what is stored is damaged.
    """
    try:
        return Party(
            id=row.id,
            name=row.name,
            kind=EntityKind(row.kind),
            status=EntityStatus(row.status),
            addresses=tuple(row.addresses.splitlines()),
            signing_key=row.signing_key,
            exchange_key=row.exchange_key,
            ledger_vkey=row.ledger_vkey,
            witness=WitnessAddress(vkey=row.witness_vkey, url=row.witness_url) if row.witness_url else None,
            witness_key=row.witness_key or "",  # None in a row that was not written yet
            key_changes=json.loads(row.key_changes or "[]"),
            recoveries=json.loads(row.recoveries or "[]"),
            recovery=json.loads(row.recovery or "null"),
            admission=json.loads(row.admission or "null"),
            reinstatement=json.loads(row.reinstatement or "null"),
            certificates=certificates.serials,
            tls_key=certificates.tls_key,
        )
    except (ValidationError, ValueError) as error:
        raise CoordinatorError(
            _("los datos de {entity!r} en la lista de entidades están dañados", entity=row.id),
            remedy=_("restaure una copia de seguridad"),
        ) from error
