"""Errors of the key of pseudonyms that an entity holds. `PseudonymKeyError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class PseudonymKeyError(RedpactError):
    """Root of the errors of `node.pseudonym_key`."""

    code = "pseudonym_key_error"


class PseudonymKeyMissing(PseudonymKeyError):
    """This entity holds no key of pseudonyms."""

    code = "pseudonym_key_missing"
    kind = ErrorKind.USAGE
    sentence = _(
        "Esta entidad no guarda ninguna clave de los seudónimos. Para ofrecerse: redpact-node pseudonym-key serve."
    )


class PseudonymKeyNotReachable(PseudonymKeyError):
    """A node without a published address cannot answer for a key."""

    code = "pseudonym_key_not_reachable"
    kind = ErrorKind.USAGE
    sentence = _(
        "Quien guarda una clave contesta a todas las entidades, y este nodo no publica ninguna dirección. Ponga una en "
        "addresses y vuelva a intentarlo."
    )
