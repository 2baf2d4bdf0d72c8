"""Errors of doubts about the identity of people. `DoubtsError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class DoubtsError(RedpactError):
    """Root of the errors of `node.doubts`."""

    code = "doubts_error"


class DoubtUnknown(DoubtsError):
    """There is no doubt about that person and that entity."""

    code = "doubt_unknown"
    kind = ErrorKind.USAGE
    sentence = _(
        "No hay ninguna duda sobre esa persona con esa entidad. Consulte las que hay con «redpact-node records doubts»."
    )
