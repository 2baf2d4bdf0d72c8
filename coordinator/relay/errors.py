"""Errors of the relay. `RelayError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class RelayError(RedpactError):
    """Root of the errors of `coordinator.relay`."""

    code = "relay_error"


class RelayOff(RelayError):
    """The coordinator runs no relay."""

    code = "relay_off"
    sentence = _("Esta red no ofrece repetidor: cada entidad necesita una dirección a la que se pueda llamar.")


class RelayNotAttached(RelayError):
    """The recipient is not attached to the relay."""

    code = "relay_not_attached"
    kind = ErrorKind.UNREACHABLE
    sentence = _("La otra entidad no está conectada al repetidor en este momento. Inténtelo más tarde.")


class RelayBusy(RelayError):
    """A limit of the relay is reached: of this entity, of its recipient, or of all together."""

    code = "relay_busy"
    kind = ErrorKind.UNREACHABLE
    sentence = _("El repetidor ha llegado a uno de sus límites. Espere un minuto y repita la operación.")


class RelayUnanswered(RelayError):
    """The recipient did not answer in time, or could not open the call."""

    code = "relay_unanswered"
    kind = ErrorKind.UNREACHABLE
    sentence = _("La otra entidad está conectada al repetidor, pero no ha contestado. Inténtelo más tarde.")


class RelayTooLarge(RelayError):
    """More bytes than the relay forwards in one call."""

    code = "relay_too_large"
    sentence = _("El envío es demasiado grande para el repetidor.")


class RelayCallUnknown(RelayError):
    """An answer to a call that is over, unknown, or addressed to another entity."""

    code = "relay_call_unknown"
    sentence = _("La contestación llegó tarde al repetidor, o no corresponde a ninguna llamada en curso.")
