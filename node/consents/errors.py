"""Errors of consents at a node. `ConsentOperationError` is the root."""

from policies.errors import ErrorKind, RedpactError


class ConsentOperationError(RedpactError):
    """Root of the errors of `node.exchange`."""

    code = "exchange_operation_error"


class GuardianNeeded(ConsentOperationError):
    """A consent that the person cannot give alone."""

    code = "guardian_needed"
    kind = ErrorKind.USAGE
    es = "La persona tiene menos de 14 años: el consentimiento lo da quien la represente. Indique el representante."


class RecipientNotAllowed(ConsentOperationError):
    """A consent for a recipient that never sees records."""

    code = "recipient_not_allowed"
    kind = ErrorKind.USAGE
    es = "Esa entidad no puede recibir expedientes (es colaboradora o es la propia). Elija otra destinataria."


class FieldNotShareable(ConsentOperationError):
    """A consent for a field that never leaves the node, or only by an explicit act."""

    code = "field_not_shareable"
    kind = ErrorKind.USAGE
    es = "Ese campo no sale de la entidad mediante un consentimiento general. Quítelo de la lista."


class EvidenceUnreadable(ConsentOperationError):
    """The file that shows the act of consent cannot be read."""

    code = "evidence_unreadable"
    kind = ErrorKind.USAGE
    es = "No se puede leer el justificante del consentimiento. Revise la ruta y el tamaño del fichero."


class GuardianNotEntitled(ConsentOperationError):
    """Somebody acts for a person who decides alone, or in a capacity that does not exist."""

    code = "guardian_not_entitled"
    kind = ErrorKind.USAGE
    es = (
        "Desde los 14 años decide la propia persona; solo puede actuar por ella su curatela, guarda de hecho, "
        "apoderado o entidad pública de protección. Revise quién actúa y en calidad de qué."
    )


class EvidenceMissing(ConsentOperationError):
    """No evidence is kept for that consent, or what is kept is not what the ledger says."""

    code = "evidence_missing"
    es = "No consta el justificante de ese consentimiento, o no es el que se anotó. Avise a protección de datos."
