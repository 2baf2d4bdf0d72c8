"""Errors of the private locator at a node. `LocatorError` is the root."""

from policies.errors import ErrorKind, RedpactError


class LocatorError(RedpactError):
    """Root of the errors of `node.locator`."""

    code = "node_locator_error"


class LocatorMissing(LocatorError):
    """A network without private locator: holders are named by whoever asks."""

    code = "locator_missing"
    kind = ErrorKind.USAGE
    es = "La red no tiene localizador. Indique a qué entidades preguntar con --from."


class LocatorUnreachable(LocatorError):
    """The private locator, or another holder of its key, does not answer."""

    code = "locator_unreachable"
    kind = ErrorKind.UNREACHABLE
    es = "El localizador no responde. Indique a qué entidades preguntar con --from, o inténtelo más tarde."


class LocatorQuotaReached(LocatorError):
    """This entity has asked the locator as much as it may in an hour or a day."""

    code = "locator_quota_reached"
    es = "La entidad ha agotado su cupo del localizador. Espere, o indique a qué entidades preguntar con --from."


class LocatorRefused(LocatorError):
    """The private locator answers no."""

    code = "locator_refused"
    es = "El localizador ha denegado la consulta. Indique a qué entidades preguntar con --from, o avise a la Gerencia."
