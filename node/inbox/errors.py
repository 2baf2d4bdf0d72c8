"""Errors of the inbox. `InboxError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class InboxError(RedpactError):
    """Root of the errors of `node.inbox`."""

    code = "attention_error"


class ItemUnknown(InboxError):
    """No item with that number."""

    code = "attention_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No existe ese aviso. Consulte los pendientes con «redpact-node inbox list».")
