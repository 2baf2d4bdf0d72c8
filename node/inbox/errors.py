"""Errors of what waits for attention. `AttentionError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class AttentionError(RedpactError):
    """Root of the errors of `node.inbox`."""

    code = "attention_error"


class AttentionUnknown(AttentionError):
    """No item with that number."""

    code = "attention_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No existe ese aviso. Consulte los pendientes con «redpact-node inbox list».")
