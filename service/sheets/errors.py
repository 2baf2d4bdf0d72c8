"""Errors of reading files of rows."""

from policies.errors import ErrorKind
from presentation.messages import _
from service.errors import RuntimeFault


class SheetUnreadable(RuntimeFault):
    """The file holds no rows that can be read: missing, cut off, in another encoding, or of another kind."""

    code = "sheet_unreadable"
    kind = ErrorKind.USAGE
    sentence = _("No se pueden leer las filas de ese fichero.")
