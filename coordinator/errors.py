"""Errors of admission, the registry and the certificate authority. `CoordinatorError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class CoordinatorError(RedpactError):
    """Root of the errors of `coordinator`."""

    code = "coordinator_error"


class InvitationUnknown(CoordinatorError):
    """No invitation has this secret: another network made it, or it was altered."""

    code = "invitation_unknown"
    sentence = _("El coordinador no reconoce la invitación. Pida una nueva a la Gerencia.")


class InvitationUsed(CoordinatorError):
    """An invitation that was used before; each is valid once."""

    code = "invitation_used"
    sentence = _("La invitación ya se ha utilizado. Pida una nueva a la Gerencia.")


class InvitationExpired(CoordinatorError):
    """An invitation past its time."""

    code = "invitation_expired"
    sentence = _("La invitación ha caducado. Pida una nueva a la Gerencia.")


class ApplicationRefused(CoordinatorError):
    """An application whose parts do not match each other or the invitation."""

    code = "application_refused"
    sentence = _("La solicitud de alta no corresponde a la invitación. Repita «init» o pida una nueva invitación.")


class CertificateRequestRefused(CoordinatorError):
    """A certificate request that is malformed, unsigned, or of another kind of key."""

    code = "certificate_request_refused"
    sentence = _("La solicitud de certificado no es válida. Repita la operación; si persiste, avise a la Gerencia.")


class KeyChangesSpent(CoordinatorError):
    """An entity that has changed its keys as often as its entry in the directory can tell."""

    code = "key_changes_spent"
    sentence = _("La entidad ha agotado los cambios de clave que caben en el directorio. Hable con la Gerencia.")


class KeysDiffer(CoordinatorError):
    """An entity that enrols again with other keys than those it has."""

    code = "keys_differ"
    sentence = _(
        "La entidad ya está en la red con otras claves: no se ha cambiado nada. Inscríbala con las suyas, restauradas "
        "de su copia de seguridad."
    )


class RecoveryWaiting(CoordinatorError):
    """An act that has to wait until the recovery of an entity's keys counts, is vetoed or is cancelled."""

    code = "recovery_waiting"
    sentence = _(
        "La entidad está recuperando sus claves: esto tiene que esperar a que la recuperación cuente, se vete o se "
        "anule. Consulte «redpact-coordinator entity list»."
    )


class NoRecovery(CoordinatorError):
    """A veto or a cancellation where no recovery waits."""

    code = "no_recovery"
    kind = ErrorKind.USAGE
    sentence = _("No hay ninguna recuperación de claves pendiente de esa entidad.")


class ApprovalsMissing(CoordinatorError):
    """An act that two persons of the Gerencia have to approve, and did not."""

    code = "approvals_missing"
    sentence = _(
        "Dos personas de la Gerencia tienen que aprobarlo antes. Consulte «redpact-coordinator approve --list»."
    )


class ActUnknown(CoordinatorError):
    """An act that does not wait for approvals."""

    code = "act_unknown"
    kind = ErrorKind.USAGE
    sentence = _(
        "No hay ningún acto pendiente con ese código: se ha hecho, ha caducado, o ha cambiado quién aprueba. Consulte "
        "«redpact-coordinator approve --list»."
    )


class ApprovalInvalid(CoordinatorError):
    """An approval of nobody who may, or a second one of the same person."""

    code = "approval_invalid"
    sentence = _("La aprobación no vale: no es de una persona que aprueba, o esa persona ya aprobó este acto.")


class PersonsInvalid(CoordinatorError):
    """A change of who may approve that leaves too few, names somebody twice, or names nobody."""

    code = "persons_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Así no puede cambiarse quién aprueba. Consulte «redpact-coordinator officer list».")


class PersonKeyExists(CoordinatorError):
    """A new key of a person in a file that exists."""

    code = "person_key_exists"
    kind = ErrorKind.USAGE
    sentence = _("El fichero de la clave ya existe: no se ha cambiado. Elija otro nombre.")


class PersonKeyUnusable(CoordinatorError):
    """A key file of a person that does not open with this passphrase, or a passphrase that is too short."""

    code = "person_key_unusable"
    kind = ErrorKind.USAGE
    sentence = _("No se puede usar la clave: el fichero no lo es, o la frase de paso es otra o demasiado corta.")


class TlsKeyRefused(CoordinatorError):
    """A certificate request for a TLS key whose certificates were revoked, or that is another entity's."""

    code = "tls_key_refused"
    sentence = _(
        "La clave TLS está anulada o es de otra entidad. Cree una nueva en el nodo con "
        "«redpact-node keys rotate --tls»."
    )


class EntityAlreadyAdmitted(CoordinatorError):
    """An entity that is in the network already."""

    code = "entity_already_admitted"
    kind = ErrorKind.USAGE
    sentence = _("La entidad ya pertenece a la red. Para darle un certificado nuevo, repita la orden con --again.")


class EntityUnknown(CoordinatorError):
    """An id that is not in the registry."""

    code = "entity_unknown"
    kind = ErrorKind.USAGE
    sentence = _(
        "La entidad no figura en la lista de entidades de la red. Consúltela con «redpact-coordinator entity list»."
    )


class EntityInvalid(CoordinatorError):
    """An id, name or kind that is not allowed."""

    code = "entity_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Los datos de la entidad no son válidos. Corrija el valor indicado.")


class ChangesTooFrequent(CoordinatorError):
    """An entity that changes its addresses or keys too often."""

    code = "changes_too_frequent"
    sentence = _("La entidad ha cambiado sus direcciones o claves demasiadas veces en poco tiempo. Espere y repítalo.")


class DirectoryLogContradicted(CoordinatorError):
    """A witness has cosigned another version of the log of directories than the stored one."""

    code = "directory_log_contradicted"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "Un testigo conoce otra versión del registro de directorios. Puede haberse restaurado una copia antigua, o "
        "alguien más usa las claves del coordinador. Guarde la carpeta «evidence» y no publique nada más."
    )


class NetworkExists(CoordinatorError):
    """``init`` with other answers than those with which this home was created."""

    code = "network_exists"
    kind = ErrorKind.USAGE
    sentence = _("La carpeta ya contiene otra red. Use otra carpeta, o los mismos datos para actualizarla.")
