"""Errors of the private locator at a node. `LocatorError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class LocatorError(RedpactError):
    """Root of the errors of `node.locator`."""

    code = "node_locator_error"


class LocatorMissing(LocatorError):
    """A network without a private locator: the professional names the holders."""

    code = "locator_missing"
    kind = ErrorKind.USAGE
    sentence = _("La red no tiene localizador. Indique con --from a qué entidades preguntar.")


class LocatorUnreachable(LocatorError):
    """The private locator, or another holder of its key, does not answer."""

    code = "locator_unreachable"
    kind = ErrorKind.UNREACHABLE
    sentence = _("El localizador no responde. Indique con --from a qué entidades preguntar, o inténtelo más tarde.")


class LocatorQuotaReached(LocatorError):
    """This entity has reached its hourly or daily quota at the locator."""

    code = "locator_quota_reached"
    sentence = _(
        "La entidad ha agotado su cupo de preguntas al localizador. Espere, o indique con --from a qué "
        "entidades preguntar."
    )


class LocatorRefused(LocatorError):
    """The private locator refuses the question."""

    code = "locator_refused"
    sentence = _(
        "El localizador ha denegado la consulta. Indique con --from a qué entidades preguntar, o avise a la Gerencia."
    )


class KeyHolderUnreachable(LocatorError):
    """An entity that holds a key of pseudonyms does not answer; without it none is computed."""

    code = "key_holder_unreachable"
    kind = ErrorKind.UNREACHABLE
    sentence = _(
        "Una entidad que guarda una clave de los seudónimos no contesta, y sin ella no se calcula ninguno. Indique con "
        "--from a qué entidades preguntar, o inténtelo más tarde."
    )


class KeyHoldersChanged(LocatorError):
    """An epoch without a key holder that this node counts on: the coordinator may have replaced it."""

    code = "key_holders_changed"
    sentence = _(
        "Ya no guarda una clave de los seudónimos una entidad con la que este nodo contaba. La DPD debe comprobarlo y "
        "decidir: redpact-node pseudonym-key require. Mientras tanto, pregunte con --from."
    )


class KeyHolderInvalid(LocatorError):
    """An entity that cannot be required as a key holder."""

    code = "key_holder_invalid"
    kind = ErrorKind.USAGE
    sentence = _("No se puede exigir que esa entidad guarde una clave. Indique entidades del directorio.")
