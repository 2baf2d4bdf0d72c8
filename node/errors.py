"""Errors of a node that belong to no room of its own."""

from typing import Final

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class RecordsUnreadable(RedpactError):
    """Protected data that the node's data key does not open: wrong key, or altered bytes."""

    code = "records_unreadable"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "No se pueden descifrar las fichas. Restaure la copia de seguridad de la clave de datos o de la base de datos."
    )


TAMPERED_REMEDY: Final = _(
    "no use esos datos; ejecute redpact-node doctor, avise a la persona delegada de protección de datos y restaure la "
    "última copia de seguridad"
)


class RecordsTampered(RedpactError):
    """Data in the database that this node did not write as they are: altered, put back, moved or deleted by others."""

    code = "records_tampered"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "La base de datos contiene datos que este nodo no escribió así. No se ha usado ni enviado nada de ellos."
    )
