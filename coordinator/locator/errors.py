"""Errors of the coordinator's private locator. `LocatorError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class LocatorError(RedpactError):
    """Root of the errors of `coordinator.locator`."""

    code = "locator_error"


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


class KeyOfferRefused(LocatorError):
    """An offered key of pseudonyms that cannot be one of an epoch."""

    code = "key_offer_refused"
    sentence = _("El coordinador no acepta la clave de seudónimos que se le ofrece.")


class KeyHolderUnknown(LocatorError):
    """An entity that offered no key, or is no key holder."""

    code = "key_holder_unknown"
    kind = ErrorKind.USAGE
    sentence = _("Esa entidad no ha ofrecido una clave de seudónimos, o no la guarda. Pídale que la ofrezca.")
