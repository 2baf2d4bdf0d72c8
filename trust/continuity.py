"""The check that a newer directory keeps every entity, and changes its keys by statements of the keys that are left.

Keys that were lost change by a recovery that the directories told of before. What is checked here can be checked by
anybody who has both directories; how long a node waits for itself is not here (`node.directory_cache`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from presentation.messages import _
from trust.approved_acts import require_approvals
from trust.directory import Directory
from trust.errors import KeyChangeUnproven, TrustError
from trust.key_changes import followed
from trust.key_proofs import KeyPurpose
from trust.parties import Party
from trust.published_keys import published_keys, require_distinct, require_strong
from trust.recovery import Recovery


def require_continuity(new: Directory, known: Directory | None) -> None:
    """Refuse a directory that drops an entity, or changes its keys without the entity.

    Raises:
        KeyChangeUnproven: it does; the message names the entity.
        ApprovalRefused: it adds what two persons of the Gerencia had to approve, and did not.
    """
    for party in known.entities if known else ():
        if party.id not in new:
            raise KeyChangeUnproven(_("el directorio {serial:d} omite a {entity}", serial=new.serial, entity=party.id))
    if known is not None:
        require_approvals(new, known)
        between = Interval(new.network, known.issued, new.issued)
        for party in known.entities:
            require_same_keys(party, new.party(party.id), between)


@dataclass(frozen=True, slots=True)
class Interval:
    """The network, and the times at which two of its directories were signed."""

    network: str
    known: datetime
    new: datetime


def require_same_keys(known: Party, new: Party, between: Interval) -> None:
    """Check that an entity's keys are those known of it, or follow from them by its statements or by a recovery.

    Raises:
        KeyChangeUnproven: they are and do not.
    """
    before, after = published_keys(known), published_keys(new)
    if KeyPurpose.WITNESS not in before and KeyPurpose.WITNESS in after:
        before[KeyPurpose.WITNESS] = after[KeyPurpose.WITNESS]  # its first: nothing is replaced
    try:
        _require_pending(known, new, between)
        reached = _reached(before, known, new, between)
    except KeyChangeUnproven:
        raise
    except TrustError as error:
        raise KeyChangeUnproven(
            _("un cambio de clave de {entity} no está bien firmado: {reason}", entity=known.id, reason=error.message)
        ) from error
    if reached != after:
        raise KeyChangeUnproven(
            _("el directorio cambia las claves de {entity} sin una declaración suya", entity=known.id)
        )


def _reached(
    before: Mapping[KeyPurpose, bytes], known: Party, new: Party, between: Interval
) -> dict[KeyPurpose, bytes]:
    """Return the keys to which the changes and recoveries lead that the known entry does not have."""
    done, recovered = len(known.key_changes), len(known.recoveries)
    if new.key_changes[:done] != known.key_changes or new.recoveries[:recovered] != known.recoveries:
        raise KeyChangeUnproven(_("el directorio reescribe los cambios de clave de {entity}", entity=known.id))
    reached = dict(before)
    for recovery in new.recoveries[recovered:]:
        if not done <= recovery.after <= len(new.key_changes):
            raise KeyChangeUnproven(_("una recuperación de {entity} está fuera de orden", entity=known.id))
        changes = new.key_changes[done : recovery.after]
        reached = followed(reached, changes, network=between.network, entity=known.id, after=done)
        _require_counted(recovery, known, reached, between)
        reached, done = recovery.new_keys(), recovery.after
    return followed(reached, new.key_changes[done:], network=between.network, entity=known.id, after=done)


def _require_counted(recovery: Recovery, known: Party, replaced: Mapping[KeyPurpose, bytes], between: Interval) -> None:
    _require_sound(recovery, known, replaced, between)
    if recovery.veto is not None or (known.recovery and known.recovery.id == recovery.id and known.recovery.veto):
        raise KeyChangeUnproven(_("la recuperación de {entity} está vetada", entity=known.id))
    if between.new < recovery.counts_from:
        raise KeyChangeUnproven(
            _(
                "la recuperación de {entity} cuenta desde el {counts_from}, y el directorio es anterior",
                entity=known.id,
                counts_from=recovery.counts_from,
            )
        )


def _require_pending(known: Party, new: Party, between: Interval) -> None:
    recovery = new.recovery
    if recovery is None:
        return
    if recovery.is_same(known.recovery):
        recovery.verified(network=between.network, entity=known.id)
        if known.recovery is not None and known.recovery.veto is not None and recovery.veto is None:
            raise KeyChangeUnproven(_("el directorio quita el veto de {entity}", entity=known.id))
        if recovery.veto is None and recovery.after != len(new.key_changes):
            # Whoever changes a key has the old ones: nothing was lost.
            raise KeyChangeUnproven(_("{entity} cambia una clave que tendría perdida", entity=known.id))
        return
    if recovery.veto is not None:  # it was opened and vetoed between the two: nothing comes of it
        recovery.verified(network=between.network, entity=known.id)
        return
    _require_sound(recovery, known, published_keys(new), between)
    if recovery.after != len(new.key_changes):
        raise KeyChangeUnproven(_("una recuperación de {entity} está fuera de orden", entity=known.id))


def _require_sound(recovery: Recovery, known: Party, replaced: Mapping[KeyPurpose, bytes], between: Interval) -> None:
    """Check a recovery that the known entry does not have as counted: who signed it, what it replaces, and when."""
    recovery.verified(network=between.network, entity=known.id)
    keys = recovery.new_keys()
    require_strong(keys, known.id)
    require_distinct((known.id, key) for key in keys.values())
    if recovery.old_keys() != dict(replaced):
        raise KeyChangeUnproven(_("la recuperación de {entity} no parte de las claves que tenía", entity=known.id))
    told = recovery.is_same(known.recovery)
    if not told and not between.known <= recovery.opened <= between.new:
        # The directory known here would have told of it.
        raise KeyChangeUnproven(
            _(
                "la recuperación de {entity} se dice abierta el {opened}, y el directorio de entonces no la incluía",
                entity=known.id,
                opened=recovery.opened,
            )
        )
