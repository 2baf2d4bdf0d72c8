"""Errors of a node that belong to no room of its own."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class RecordsUnreadable(RedpactError):
    """Protected data that the node's data key does not open: wrong key, or altered bytes."""

    code = "records_unreadable"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "No se pueden descifrar las fichas. Restaure la copia de seguridad de la clave de datos o de la base de datos."
    )
