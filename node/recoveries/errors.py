"""Errors of the recovery of keys. `KeyRecoveryError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class KeyRecoveryError(RedpactError):
    """Root of the errors of `node.recoveries`."""

    code = "key_recovery_error"


class NothingToVeto(KeyRecoveryError):
    """A veto where no recovery of this entity's keys waits."""

    code = "nothing_to_veto"
    kind = ErrorKind.USAGE
    sentence = _("No hay ninguna recuperación de las claves de esta entidad pendiente: no hay nada que vetar.")


class VetoUnreadable(KeyRecoveryError):
    """A file that is no veto of a recovery."""

    code = "veto_unreadable"
    kind = ErrorKind.USAGE
    sentence = _("El fichero no es un veto de una recuperación de claves. Pida que se lo envíen de nuevo.")


class RecoveryVetoed(KeyRecoveryError):
    """A recovery that the owner of the old keys vetoed."""

    code = "recovery_vetoed"
    sentence = _(
        "Quien tiene las claves anteriores de la entidad ha vetado la recuperación: las claves nuevas no contarán. "
        "Hable con la Gerencia."
    )
