"""Errors of consents at a node. `ConsentOperationError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class ConsentOperationError(RedpactError):
    """Root of the errors of `node.consents`."""

    code = "exchange_operation_error"


class GuardianNeeded(ConsentOperationError):
    """The person is under 14 and cannot consent alone."""

    code = "guardian_needed"
    kind = ErrorKind.USAGE
    sentence = _(
        "La persona tiene menos de 14 años: el consentimiento lo da su representante. Indique quién la representa."
    )


class AgeUndecided(GuardianNeeded):
    """Nobody can tell whether somebody is old enough: their birth date is not known well enough."""

    code = "age_undecided"
    kind = ErrorKind.USAGE
    sentence = _(
        "No se sabe si la persona tiene la edad que pide la ley, porque su fecha de nacimiento es desconocida, "
        "aproximada o no está acreditada. Anote la fecha acreditada, o actúe quien la represente."
    )


class RecipientNotAllowed(ConsentOperationError):
    """An entity that never sees records, or this entity itself, was named in a consent."""

    code = "recipient_not_allowed"
    kind = ErrorKind.USAGE
    sentence = _(
        "Esa entidad no puede recibir ni compartir fichas con este consentimiento (es colaboradora o es la "
        "propia). Elija otra."
    )


class FieldNotShareable(ConsentOperationError):
    """A field that never leaves the node, or only by an explicit act, was named in a consent."""

    code = "field_not_shareable"
    kind = ErrorKind.USAGE
    sentence = _("Ese campo no sale de la entidad mediante un consentimiento general. Quítelo de la lista.")


class EvidenceUnreadable(ConsentOperationError):
    """The scan of the signed form cannot be read."""

    code = "evidence_unreadable"
    kind = ErrorKind.USAGE
    sentence = _("No se puede leer la copia escaneada del formulario firmado. Revise la ruta y el tamaño del fichero.")


class GuardianNotEntitled(ConsentOperationError):
    """A guardian acts for a person who decides alone, or under a relation that does not exist."""

    code = "guardian_not_entitled"
    kind = ErrorKind.USAGE
    sentence = _(
        "Desde los 14 años decide la propia persona; solo puede actuar por ella quien ejerza su curatela "
        "o su guarda de hecho, su apoderado o la entidad pública de protección. Revise quién actúa y en "
        "calidad de qué."
    )


class EvidenceMissing(ConsentOperationError):
    """No scan is kept for the consent, or its hash is not the one in the ledger."""

    code = "evidence_missing"
    sentence = _(
        "No consta el formulario firmado de ese consentimiento, o no es el que se anotó. Avise a la persona "
        "delegada de protección de datos."
    )


class FormTooLarge(ConsentOperationError):
    """The scan of the signed form does not fit the message that takes it to the other holders."""

    code = "form_too_large"
    kind = ErrorKind.USAGE
    sentence = _(
        "La copia escaneada es demasiado grande para enviarla a las demás entidades, que deben verla. Escanéela en "
        "blanco y negro a 150 ppp, o sin páginas de más."
    )


class NothingToConfirm(ConsentOperationError):
    """A consent that does not wait for a confirmation here."""

    code = "nothing_to_confirm"
    kind = ErrorKind.USAGE
    sentence = _(
        "Ese consentimiento no espera una confirmación en esta entidad. Consulte «redpact-node consent requests»."
    )


class AuthorityInvalid(ConsentOperationError):
    """A file is no certificate of a certification authority, or another one than was announced."""

    code = "authority_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Ese fichero no se puede fijar como autoridad de certificación. Compruebe el certificado y su huella.")


class AuthorityUnknown(ConsentOperationError):
    """No certification authority is pinned with that fingerprint."""

    code = "authority_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No hay fijada ninguna autoridad con esa huella. Consulte «redpact-node consent authorities list».")
