"""Errors of asking a witness for its cosignature."""

from consent_ledger.errors import LedgerError
from policies.errors import ErrorKind
from presentation.messages import _


class WitnessUnreachable(LedgerError):
    """A witness that gives no usable answer."""

    code = "witness_unreachable"
    kind = ErrorKind.UNREACHABLE
    sentence = _("Un testigo del registro no responde. El nodo sigue funcionando y volverá a intentarlo.")


class WitnessRefused(LedgerError):
    """A witness that refuses a valid checkpoint."""

    code = "witness_refused"
    sentence = _(
        "Un testigo no acepta el registro de esta entidad. Compruebe con la Gerencia que el directorio está al día."
    )
