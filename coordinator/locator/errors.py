"""Errors of the coordinator's private locator. `LocatorError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class LocatorError(RedpactError):
    """Root of the errors of `coordinator.locator`."""

    code = "locator_error"


class LocatorQuotaExceeded(LocatorError):
    """An entity has asked as much as it may in an hour or a day."""

    code = "locator_quota_exceeded"
    sentence = _("La entidad ha agotado su cupo de consultas al localizador. Espere, o pregunte a entidades concretas.")


class LocatorEpochUnknown(LocatorError):
    """A question under an epoch that has ended or never began."""

    code = "locator_epoch_unknown"
    sentence = _("La época del localizador ha terminado o no existe. El nodo se pondrá al día con el nuevo directorio.")


class LocatorNotForCollaborators(LocatorError):
    """A collaborating entity asks; it never sees records (Ley 4/2018, art. 7)."""

    code = "locator_not_for_collaborators"
    sentence = _("Las entidades colaboradoras no ven expedientes y no usan el localizador (Ley 4/2018, art. 7).")


class LocatorFull(LocatorError):
    """An entity publishes more entries than the locator keeps of one entity."""

    code = "locator_full"
    sentence = _("La entidad ha publicado más de lo que admite el localizador. Avise a la Gerencia.")


class LocatorRotationUnderWay(LocatorError):
    """A rotation of the locator's key while the one before has not ended."""

    code = "locator_rotation_under_way"
    kind = ErrorKind.USAGE
    sentence = _(
        "Ya hay un cambio de clave del localizador en marcha. Espere a que termine; consulte "
        "«redpact-coordinator locator status»."
    )


class LocatorOverlapInvalid(LocatorError):
    """A rotation with an overlap that nodes cannot follow, or that never ends."""

    code = "locator_overlap_invalid"
    kind = ErrorKind.USAGE
    sentence = _("El plazo del cambio de clave no es válido. Indique entre 1 y 90 días.")


class LocatorKeyDamaged(LocatorError):
    """The private key of an epoch is missing, or is not the one that the directory names."""

    code = "locator_key_damaged"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "Falta la clave privada del localizador, o no es la publicada. Restáurela de la copia de "
        "seguridad o cambie de clave con «redpact-coordinator locator rotate»."
    )
