"""Errors of signed documents and of the directory. `TrustError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class TrustError(RedpactError):
    """Root of the errors of `trust`: signed bytes that do not verify."""

    code = "trust_error"


class MalformedDocument(TrustError):
    """Bytes that are not the expected document (JSON, note, checkpoint, envelope...)."""

    code = "malformed_document"
    sentence = _("El documento recibido está dañado o no tiene el formato esperado. Pida que se lo envíen de nuevo.")


class SignatureInvalid(TrustError):
    """A signature that does not verify, or is not by the expected key."""

    code = "signature_invalid"
    sentence = _(
        "La firma no es válida: el contenido no es de fiar. Avise a la persona delegada de protección de datos."
    )


class KeyUnreadable(TrustError):
    """A key file that is missing, malformed, or readable by others."""

    code = "key_unreadable"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "No se puede leer una clave, o sus permisos son inseguros. Restaure la copia de seguridad de las claves."
    )


class UnknownParty(TrustError):
    """An entity that the directory does not list."""

    code = "unknown_party"
    sentence = _(
        "La entidad no figura en el directorio de la red. Compruebe el identificador con «redpact-node status»."
    )


class PartySuspended(TrustError):
    """An entity that the directory lists as suspended."""

    code = "party_suspended"
    sentence = _("La entidad está suspendida de la red. Consulte con la Gerencia.")


class DirectoryExpired(TrustError):
    """The newest directory known here is past its expiry."""

    code = "directory_expired"
    kind = ErrorKind.UNREACHABLE
    sentence = _("El directorio de la red ha caducado. Compruebe la conexión con el coordinador.")


class DirectoryRollback(TrustError):
    """A directory older than, or different from, one already accepted under the same serial."""

    code = "directory_rollback"
    sentence = _(
        "Se ha recibido un directorio anterior al conocido. Avise a la Gerencia: puede ser un intento de engaño."
    )


class DirectoryForked(DirectoryRollback):
    """Two signed versions of the log of directories: one of them is false."""

    code = "directory_forked"
    sentence = _(
        "El coordinador ha firmado dos directorios que se contradicen: el nuevo no se usa. Se ha guardado la prueba en "
        "la carpeta «evidence». Avise a la persona delegada de protección de datos y a las demás entidades."
    )


class DirectoryOvertaken(TrustError):
    """A directory proved to continue another one than the one that is kept by now."""

    code = "directory_overtaken"
    kind = ErrorKind.UNREACHABLE
    sentence = _("Mientras llegaba el directorio se recibió otro. Se pedirá de nuevo.")


class DirectoryContradicted(TrustError):
    """The directory in use contradicts another signed one, and no anchor tells which is true."""

    code = "directory_contradicted"
    kind = ErrorKind.UNREACHABLE
    sentence = _(
        "El directorio de este nodo contradice otro firmado por el coordinador, y ninguna entidad ancla responde por "
        "él: no se intercambia nada. La persona delegada de protección de datos debe averiguar cuál es el verdadero."
    )


class DirectoryUnvouched(TrustError):
    """A directory with fewer cosignatures of pinned anchors than this entity asks for."""

    code = "directory_unvouched"
    kind = ErrorKind.UNREACHABLE
    sentence = _(
        "El directorio nuevo aún no lleva las cofirmas de las entidades ancla de este nodo: se sigue usando el "
        "anterior hasta que caduque."
    )


class OwnKeysReplaced(TrustError):
    """A directory that lists this entity with keys that are not its own."""

    code = "own_keys_replaced"
    sentence = _(
        "El directorio recibido da a esta entidad claves que no son suyas: no se usa. Se ha guardado la prueba en la "
        "carpeta «evidence». Avise a la persona delegada de protección de datos y a las demás entidades."
    )


class AddressRefused(TrustError):
    """An address or URL that others must not be led to call."""

    code = "address_refused"
    sentence = _(
        "La red no admite esta dirección: debe ser pública, o de una red configurada. Corríjala en la configuración."
    )


class KeyRefused(TrustError):
    """A public key that is weak, or that another entity or purpose has."""

    code = "key_refused"
    sentence = _(
        "Una clave pública es débil, o ya es de otra entidad o de otro uso: no se acepta. Avise a la Gerencia y a las "
        "demás entidades."
    )


class KeyChangeUnproven(TrustError):
    """A directory that drops an entity, or changes its keys without a statement of the keys that are left."""

    code = "key_change_unproven"
    sentence = _(
        "El directorio recibido cambia las claves de una entidad sin que ella lo haya firmado: no se usa, y se guarda "
        "como prueba. Avise a la persona delegada de protección de datos y a esa entidad."
    )


class RecoveryRefused(TrustError):
    """A recovery of keys, or a veto, that does not belong to this entity, time or recovery."""

    code = "recovery_refused"
    sentence = _(
        "La recuperación de claves no es válida: es de otra entidad, de otro momento o está vetada. Avise a la "
        "Gerencia."
    )


class ApprovalRefused(KeyChangeUnproven):
    """An act of the Gerencia, in a directory, that two persons did not approve though they had to."""

    code = "approval_refused"
    sentence = _(
        "El directorio recibido trae un acto de la Gerencia sin las aprobaciones que exige: no se usa, y se guarda "
        "como prueba. Avise a la persona delegada de protección de datos y a la Gerencia."
    )


class StatementRefused(TrustError):
    """A signed statement of an entity about itself that is of another entity, of another time, or was used before."""

    code = "statement_refused"
    sentence = _(
        "La declaración firmada de la entidad es de otra entidad, no es de este momento o ya se usó. Compruebe el "
        "reloj del nodo."
    )


class InvitationMalformed(TrustError):
    """A text that is no complete invitation token."""

    code = "invitation_malformed"
    kind = ErrorKind.USAGE
    sentence = _("La invitación está incompleta o mal copiada. Cópiela entera, o pida otra a la Gerencia.")
