"""Errors of the support measures on record. `SupportError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class SupportError(RedpactError):
    """Root of the errors of `node.support`."""

    code = "support_error"


class SupportInvalid(SupportError):
    """A measure that the law does not have, or that lacks what it needs: a reference, an age, a possible period."""

    code = "support_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La medida de apoyo no se puede registrar como está. Corrija el dato indicado.")


class SupportUnknown(SupportError):
    """A measure that is not on record, or not of that person."""

    code = "support_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No consta esa medida de apoyo. Consulte «redpact-node support list».")
