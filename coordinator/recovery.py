"""Recovery of the keys of an entity that lost them: opened, told to all, and counted after the wait.

A request passes these checks, in this order, inside one transaction; the first that fails refuses it and changes
nothing: (1) the invitation exists and is for a recovery; (2) it has not expired; (3) every new key signed the
statement, which is for this network, this entity, this invitation and this moment; (4) the invitation was not used by
other keys; (5) no recovery of the entity waits; (6) no new key is weak, anybody's, or was anybody's; (7) two
persons approved the invitation, where they are asked for.

The old keys are not asked. The directory tells of the recovery at once, the entity's exchanges stop, and whoever has
the old signing key can veto it. Nothing here shortens the wait, as every node counts it for itself.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from consent_ledger.proofs.cosignature import CosignatureVerifier
from consent_ledger.proofs.note import NoteVerifier
from coordinator.errors import (
    ApplicationRefused,
    InvitationExpired,
    InvitationUnknown,
    InvitationUsed,
    KeyChangesSpent,
    NoRecovery,
)
from coordinator.registry import Registry, recovery_waits
from coordinator.tables import InvitationRow
from presentation.messages import _
from trust.enrolment import hash_secret
from trust.errors import KeyRefused, MalformedDocument, RecoveryRefused
from trust.key_proofs import KeyPurpose
from trust.parties import Party, WitnessAddress, ledger_origin, witness_name
from trust.published_keys import published_keys, require_distinct, require_strong
from trust.recovery import (
    MAX_OPENING_DELAY,
    MAX_RECOVERIES,
    Recovery,
    RecoveryStatement,
    Veto,
    read_recovery,
    verify_recovery,
)


def open_recovery(
    registry: Registry, secret: str, payload: bytes, signatures: Mapping[KeyPurpose, str], now: datetime
) -> None:
    """Open the recovery that the bearer of an invitation states; a repetition changes nothing.

    Raises:
        InvitationUnknown, ApplicationRefused: (1) fails.
        InvitationExpired: (2) fails.
        MalformedDocument, SignatureInvalid, RecoveryRefused: (3) fails.
        InvitationUsed: (4) fails.
        RecoveryWaiting: (5) fails.
        KeyRefused: (6) fails.
        ApprovalsMissing: (7) fails.
        KeyChangesSpent: the entity recovered too often.
    """
    row = registry.lock_invitation(hash_secret(secret))
    if row is None or not row.recovers:  # (1)
        raise InvitationUnknown(_("no existe esa invitación para recuperar claves"), remedy=_("pida una nueva"))
    if now >= row.expires_at:  # (2)
        raise InvitationExpired(
            _("la invitación caducó el {expires_at}", expires_at=row.expires_at), remedy=_("pida una nueva")
        )
    verify_recovery(payload, signatures)
    statement = read_recovery(payload)
    party = registry.party(row.entity)
    if _is_known(party, statement, row):  # the answer was lost, or the node asks how it stands
        return
    _require_own(registry, statement, row, now)  # (3)
    if row.used_by_key is not None:  # (4)
        raise InvitationUsed(_("la invitación ya se ha usado"), remedy=_("pida una nueva"))
    if party.pending_recovery is not None:  # (5)
        raise recovery_waits(party.id)
    _require_new_keys(registry, party, statement)  # (6)
    approved = registry.approval_of(row)  # (7)
    recovery = _opened(party, payload, signatures, now).model_copy(update={"approved": approved})
    row.used_by_key = statement.new[KeyPurpose.SIGNING]
    registry.replace_keys(party.model_copy(update={"recovery": recovery}), now)


def veto_recovery(registry: Registry, party: Party, veto: Veto, now: datetime) -> None:
    """Publish the veto of an entity against the recovery of its keys, which ends it.

    Raises:
        NoRecovery: none waits.
        SignatureInvalid: it is not signed with the key that the recovery would replace.
        MalformedDocument, RecoveryRefused: it is no veto, or of another recovery.
    """
    recovery = party.recovery
    if recovery is None or (recovery.veto is not None and recovery.veto != veto):
        raise _none_waits(party.id)
    veto.require(recovery, network=registry.settings.network, entity=party.id)
    if recovery.veto is None:
        vetoed = recovery.model_copy(update={"veto": veto})
        registry.replace_keys(party.model_copy(update={"recovery": vetoed}), now)


def cancel_recovery(registry: Registry, entity: str, now: datetime) -> None:
    """Take back a recovery that waits, and its invitation; the keys in force stay.

    Raises:
        EntityUnknown: no such entity.
        NoRecovery: none waits, and no invitation for one is open.
    """
    party = registry.party(entity)
    pending = party.pending_recovery
    if pending is None and not registry.has_recovery_invitation(entity, now):
        raise _none_waits(entity)
    registry.void_invitations(entity)
    if pending is not None:
        registry.replace_keys(party.model_copy(update={"recovery": None}), now)


def count_due(registry: Registry, now: datetime) -> tuple[str, ...]:
    """Put the new keys of recoveries that have waited into force, and revoke the old certificates."""
    due = [party for party in registry.recovering() if party.recovery and now >= party.recovery.counts_from]
    for party in due:
        registry.certificates.revoke(party.id, now)
        registry.replace_keys(_recovered(party, registry.settings.network), now)
    return tuple(party.id for party in due)


def _is_known(party: Party, statement: RecoveryStatement, row: InvitationRow) -> bool:
    listed = (*party.recoveries, *([party.recovery] if party.recovery else []))
    same = any(each.statement.new == statement.new for each in listed)
    return same and row.used_by_key == statement.new[KeyPurpose.SIGNING]


def _require_own(registry: Registry, statement: RecoveryStatement, row: InvitationRow, now: datetime) -> None:
    expected = (registry.settings.network, row.entity, row.secret_sha256)
    if (statement.network, statement.entity, statement.secret_sha256) != expected:
        raise ApplicationRefused(_("la declaración no corresponde a esta invitación"), remedy=_("repita la operación"))
    if abs(statement.time - now) > MAX_OPENING_DELAY:
        raise RecoveryRefused(
            _("la declaración lleva la hora {time}; aquí son las {now}", time=statement.time, now=now),
            remedy=_("ponga el reloj del nodo en hora"),
        )


def _require_new_keys(registry: Registry, party: Party, statement: RecoveryStatement) -> None:
    if len(party.recoveries) >= MAX_RECOVERIES:
        raise KeyChangesSpent(
            _("{entity} ya ha recuperado sus claves {n} veces", entity=party.id, n=MAX_RECOVERIES),
            remedy=_("admítala con otro identificador"),
        )
    keys = {purpose: bytes.fromhex(key) for purpose, key in statement.new.items()}
    require_strong(keys, party.id)
    require_distinct((party.id, key) for key in keys.values())
    taken = {key for _owner, key in registry.keys_in_use(but="")}
    for purpose, key in keys.items():
        if key in taken:
            raise KeyRefused(
                _("la clave «{purpose}» de {owner} ya se ha publicado", purpose=purpose.value, owner=party.id)
            )


def _opened(party: Party, payload: bytes, signatures: Mapping[KeyPurpose, str], now: datetime) -> Recovery:
    try:
        return Recovery(
            payload=payload.decode(),
            signatures=dict(signatures),
            opened=now,
            after=len(party.key_changes),
            old={purpose: key.hex() for purpose, key in published_keys(party).items()},
        )
    except (UnicodeDecodeError, ValidationError) as error:
        raise MalformedDocument(_("no es una declaración de recuperación de claves")) from error


def _recovered(party: Party, network: str) -> Party:
    recovery = party.recovery
    if recovery is None:
        raise _none_waits(party.id)
    new = recovery.new_keys()
    witness = party.witness
    if witness is not None:
        vkey = CosignatureVerifier(witness_name(network, party.id), new[KeyPurpose.WITNESS]).vkey
        witness = WitnessAddress(vkey=vkey, url=witness.url)
    return party.model_copy(
        update={
            "signing_key": new[KeyPurpose.SIGNING].hex(),
            "exchange_key": new[KeyPurpose.EXCHANGE].hex(),
            "ledger_vkey": NoteVerifier(ledger_origin(network, party.id), new[KeyPurpose.LEDGER]).vkey,
            "witness_key": new[KeyPurpose.WITNESS].hex(),
            "witness": witness,
            "recoveries": (*party.recoveries, recovery),
            "recovery": None,
        }
    )


def _none_waits(entity: str) -> NoRecovery:
    return NoRecovery(
        _("no hay ninguna recuperación pendiente de {entity}", entity=entity),
        remedy=_("consulte: redpact-coordinator entity list"),
    )
