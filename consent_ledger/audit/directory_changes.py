"""The differences between two directories that follow each other, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from presentation.messages import Message, _, listing
from trust.directory import Directory
from trust.parties import EntityStatus, Party

_KEYS: Final = {
    "signing_key": _("firma"),
    "exchange_key": _("intercambio"),
    "ledger_vkey": _("registro"),
}


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """One change: its code, the entity that it concerns (empty: the network), and its sentence."""

    serial: int
    code: str
    entity: str
    text: Message

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"serial": self.serial, "code": self.code, "entity": self.entity or None, "text": str(self.text)}


def changes_between(old: Directory | None, new: Directory) -> Iterator[DirectoryChange]:
    """Iterate over what changed; with no directory before, over those who are in the first one."""
    before = {party.id: party for party in old.entities} if old else {}
    for party in new.entities:
        known = before.pop(party.id, None)
        if known is None:
            yield DirectoryChange(new.serial, "joined", party.id, _("{entity} entra en la red", entity=party.id))
        else:
            yield from _of_party(new.serial, known, party)
    for gone in before:
        yield DirectoryChange(new.serial, "gone", gone, _("{entity} ya no figura", entity=gone))
    if old is not None:
        yield from _of_network(old, new)


def _of_party(serial: int, old: Party, new: Party) -> Iterator[DirectoryChange]:
    entity = new.id
    if old.status is not new.status:
        suspended = new.status is EntityStatus.SUSPENDED
        text = _("{entity} queda suspendida", entity=entity) if suspended else _("{entity} vuelve", entity=entity)
        yield DirectoryChange(serial, "suspended" if suspended else "reinstated", entity, text)
    yield from _of_recovery(serial, old, new)
    keys = [word for name, word in _KEYS.items() if getattr(old, name) != getattr(new, name)]
    if old.witness and new.witness and old.witness.vkey != new.witness.vkey:
        keys.append(_("testigo"))
    if keys:
        text = _("{entity} cambia de claves: {keys}", entity=entity, keys=listing(keys))
        yield DirectoryChange(serial, "keys", entity, text)
    if old.addresses != new.addresses or _url(old) != _url(new):
        yield DirectoryChange(serial, "addresses", entity, _("{entity} cambia de direcciones", entity=entity))
    if (old.name, old.kind) != (new.name, new.kind):
        text = _("{entity} es ahora {name} ({kind})", entity=entity, name=new.name, kind=new.kind.value)
        yield DirectoryChange(serial, "described", entity, text)


def _of_recovery(serial: int, old: Party, new: Party) -> Iterator[DirectoryChange]:
    entity, before, after = new.id, old.recovery, new.recovery
    for recovery in new.recoveries[len(old.recoveries) :]:
        text = _("cuenta la recuperación de {entity} del {opened}", entity=entity, opened=recovery.opened)
        yield DirectoryChange(serial, "recovered", entity, text)
    if after is not None and not after.is_same(before):
        text = _(
            "{entity} recupera sus claves sin las anteriores; cuentan desde el {counts_from}",
            entity=entity,
            counts_from=after.counts_from,
        )
        yield DirectoryChange(serial, "recovering", entity, text)
    if after is not None and after.veto is not None and (before is None or before.veto is None):
        yield DirectoryChange(serial, "vetoed", entity, _("{entity} veta la recuperación de sus claves", entity=entity))
    if after is None and before is not None and before.veto is None and len(new.recoveries) == len(old.recoveries):
        text = _("la Gerencia anula la recuperación de {entity}", entity=entity)
        yield DirectoryChange(serial, "recovery_cancelled", entity, text)


def _url(party: Party) -> str:
    return party.witness.url if party.witness else ""


def _of_network(old: Directory, new: Directory) -> Iterator[DirectoryChange]:
    for record in new.persons[len(old.persons) :]:
        act = record.act
        names = listing([each.id for each in act.persons])
        text = _("en la Gerencia aprueban {persons}; hacen falta {n}", persons=names, n=act.needed)
        yield DirectoryChange(new.serial, "persons", "", text)
    if old.ca_pem != new.ca_pem:
        yield DirectoryChange(new.serial, "authority", "", _("cambia la autoridad de certificación"))
    if old.locator != new.locator:
        yield DirectoryChange(new.serial, "locator", "", _("cambian las claves del localizador"))
    if old.coordinator_address != new.coordinator_address:
        yield DirectoryChange(new.serial, "coordinator", "", _("cambia la dirección del coordinador"))
