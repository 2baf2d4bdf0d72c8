"""Change of an entity's key by a statement of the key that is left, the one that follows, and the signing key."""

from datetime import datetime

from consent_ledger.proofs.cosignature import CosignatureVerifier
from consent_ledger.proofs.note import NoteVerifier
from coordinator.errors import KeyChangesSpent
from coordinator.published_keys import require_own_keys
from coordinator.registry import Registry, recovery_waits
from presentation.messages import _
from trust.entity_statements import MAX_CLOCK_SKEW
from trust.errors import StatementRefused
from trust.key_changes import MAX_CHANGES, KeyChangeRecord, followed
from trust.key_proofs import KeyPurpose
from trust.parties import Party, WitnessAddress, ledger_origin, witness_name
from trust.published_keys import published_keys


def change_key(registry: Registry, party: Party, record: KeyChangeRecord, now: datetime) -> None:
    """Publish a change of one of an active entity's keys.

    Raises:
        KeyChangeUnproven: it is of another entity, out of order, or not from the key in force.
        MalformedDocument, SignatureInvalid: it is no statement, or one of the keys did not sign it.
        StatementRefused: it is not of this time.
        KeyRefused: the new key is weak, or somebody's already.
        KeyChangesSpent: the entity has changed its keys too often.
        RecoveryWaiting: a recovery of its keys waits, which says that it has none.
        ChangesTooFrequent: it changed its keys or its addresses too often lately.
    """
    if party.pending_recovery is not None:
        raise recovery_waits(party.id)
    registry.spend_change(party.id, now)
    if len(party.key_changes) >= MAX_CHANGES:
        raise KeyChangesSpent(
            _("{entity} ya ha cambiado de clave {n} veces", entity=party.id, n=MAX_CHANGES),
            remedy=_("hable con la Gerencia"),
        )
    network, count = registry.settings.network, len(party.key_changes)
    followed(published_keys(party), (record,), network=network, entity=party.id, after=count)
    change = record.change
    if abs(change.time - now) > MAX_CLOCK_SKEW:
        raise StatementRefused(
            _("la declaración lleva la hora {time}; aquí son las {now}", time=change.time, now=now),
            remedy=_("ponga el reloj del nodo en hora"),
        )
    changed = party.model_copy(
        update={
            **_with_key(party, network, change.purpose, bytes.fromhex(change.new)),
            "key_changes": (*party.key_changes, record),
        }
    )
    require_own_keys(registry, changed)
    registry.replace_keys(changed, now)


def _with_key(party: Party, network: str, purpose: KeyPurpose, key: bytes) -> dict[str, object]:
    if purpose is KeyPurpose.LEDGER:
        return {"ledger_vkey": NoteVerifier(ledger_origin(network, party.id), key).vkey}
    if purpose is KeyPurpose.WITNESS:
        vkey = CosignatureVerifier(witness_name(network, party.id), key).vkey
        witness = WitnessAddress(vkey=vkey, url=party.witness.url) if party.witness else None
        return {"witness_key": key.hex(), "witness": witness}
    return {f"{purpose.value}_key": key.hex()}
