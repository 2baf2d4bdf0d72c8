"""Errors of the ledger. `LedgerError` is the root; it is also a `TrustError`, as handlers of failed checks expect."""

from policies.errors import ErrorKind
from presentation.messages import _
from trust.errors import SignatureInvalid, TrustError


class LedgerError(TrustError):
    """Root of the errors of `consent_ledger`."""

    code = "ledger_error"


class QuorumMissing(SignatureInvalid):
    """A checkpoint signed by its log, and cosigned by fewer witnesses than the trust policy asks for."""

    code = "quorum_missing"
    sentence = _("Aún no hay testigos suficientes que hayan cofirmado el registro. Pida una copia más reciente.")


class PolicyMismatch(SignatureInvalid):
    """A trust policy that names another log, or another key of this log: nothing can be verified with it."""

    code = "policy_mismatch"
    kind = ErrorKind.USAGE
    sentence = _(
        "La política de confianza no es la de este registro: con ella no se puede comprobar nada. Use la de su red; si "
        "ya lo es, el registro no es el auténtico."
    )


class SelectionInvalid(LedgerError):
    """Days of a report that are no dates, or that end before they begin."""

    code = "selection_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Las fechas del informe no son correctas. Escríbalas como AAAA-MM-DD.")


class ProofError(LedgerError):
    """An inclusion or consistency proof that does not prove its claim."""

    code = "proof_invalid"
    sentence = _(
        "La prueba criptográfica no es válida: el registro no contiene lo que afirma. Avise a la persona "
        "delegada de protección de datos."
    )


class LedgerDamaged(LedgerError):
    """The stored ledger contradicts itself."""

    code = "ledger_damaged"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "El registro de consentimientos está dañado. No siga usando el nodo: restaure la última copia de seguridad."
    )


class EntryInvalid(LedgerError):
    """An entry that cannot be written: body of another type, too large, or no entry at all."""

    code = "entry_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La anotación no se puede escribir en el registro. Revise los datos indicados.")


class EntryUnknown(LedgerError):
    """An index beyond the end of the ledger."""

    code = "entry_unknown"
    kind = ErrorKind.USAGE
    sentence = _(
        "El registro no tiene ninguna anotación con ese número. Consulte el tamaño con «redpact-node ledger status»."
    )


class ConsentUnknown(LedgerError):
    """No consent with that id at this entity."""

    code = "consent_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No existe ese consentimiento en esta entidad. Consulte la lista con «redpact-node consent list».")


class ConsentInvalid(LedgerError):
    """A consent without effect: empty scope, or validity that ends before it starts."""

    code = "consent_invalid"
    kind = ErrorKind.USAGE
    sentence = _("El consentimiento no está completo o sus fechas no son correctas. Corrija los datos indicados.")


class ConsentTransitionRefused(LedgerError):
    """A change that the consent's present state does not allow."""

    code = "consent_transition_refused"
    sentence = _(
        "El consentimiento no admite ese cambio en su estado actual. Consulte su estado con "
        "«redpact-node consent list»."
    )


class ExportUnusable(LedgerError):
    """A folder that is no ledger export, or cannot take one."""

    code = "export_unusable"
    kind = ErrorKind.USAGE
    sentence = _(
        "La carpeta no contiene una exportación del registro, o no se puede escribir en ella. Indique otra carpeta."
    )


class PdfUnavailable(LedgerError):
    """A PDF was asked for where the library that writes it is not installed."""

    code = "pdf_unavailable"
    kind = ErrorKind.USAGE
    sentence = _(
        "No se puede escribir el PDF: falta un componente opcional. Instálelo, o entregue el justificante en HTML."
    )
