"""The check that a newer directory keeps every entity, and changes its keys by statements of the keys that are left."""

from presentation.messages import _
from trust.directory import Directory
from trust.errors import KeyChangeUnproven, TrustError
from trust.key_changes import followed
from trust.key_proofs import KeyPurpose
from trust.parties import Party
from trust.published_keys import published_keys


def require_continuity(new: Directory, known: Directory | None) -> None:
    """Refuse a directory that drops an entity, or changes its keys without the entity.

    Raises:
        KeyChangeUnproven: it does; the message names the entity.
    """
    for party in known.entities if known else ():
        if party.id not in new:
            raise KeyChangeUnproven(_("el directorio {serial:d} omite a {entity}", serial=new.serial, entity=party.id))
        require_same_keys(party, new.party(party.id), network=new.network)


def require_same_keys(known: Party, new: Party, *, network: str) -> None:
    """Check that an entity's keys are those known of it, or follow from them by its own statements.

    Raises:
        KeyChangeUnproven: they are and do not.
    """
    before, after = published_keys(known), published_keys(new)
    if KeyPurpose.WITNESS not in before and KeyPurpose.WITNESS in after:
        before[KeyPurpose.WITNESS] = after[KeyPurpose.WITNESS]  # its first: nothing is replaced
    if before == after and known.key_changes == new.key_changes:
        return
    count = len(known.key_changes)
    if new.key_changes[:count] != known.key_changes:
        raise KeyChangeUnproven(_("el directorio reescribe los cambios de clave de {entity}", entity=known.id))
    try:
        reached = followed(before, new.key_changes[count:], network=network, entity=known.id, after=count)
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
