"""Errors of pinning anchors. `AnchorError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class AnchorError(RedpactError):
    """Root of the errors of `node.anchors`."""

    code = "anchor_error"


class AnchorUnknown(AnchorError):
    """An entity that cannot be an anchor here: unknown, this one itself, or without a witness."""

    code = "anchor_unknown"
    kind = ErrorKind.USAGE
    sentence = _(
        "Esa entidad no puede ser ancla de este nodo: no figura en el directorio, no cofirma registros o es la propia."
    )


class AnchorFingerprintDiffers(AnchorError):
    """A printed fingerprint that is not that of the key in the directory."""

    code = "anchor_fingerprint_differs"
    sentence = _(
        "La huella indicada no es la de la clave que el directorio da a esa entidad: no se ha fijado. Compruebe la "
        "huella por teléfono; si es correcta, el directorio de este nodo puede ser falso: avise a las demás entidades."
    )


class AnchorQuorumInvalid(AnchorError):
    """A quorum of more anchors than are pinned, or of none."""

    code = "anchor_quorum_invalid"
    kind = ErrorKind.USAGE
    sentence = _("El número de cofirmas exigidas debe estar entre 1 y el número de anclas fijadas.")


class AnchorsTooMany(AnchorError):
    """More anchors than a node pins."""

    code = "anchors_too_many"
    kind = ErrorKind.USAGE
    sentence = _("Ya hay tantas anclas como admite un nodo. Quite una antes de fijar otra.")


class NothingToAcknowledge(AnchorError):
    """An acknowledgement where no evidence about directories waits."""

    code = "nothing_to_acknowledge"
    kind = ErrorKind.USAGE
    sentence = _("No hay ninguna prueba pendiente sobre el directorio. Consulte con «redpact-node directory status».")
