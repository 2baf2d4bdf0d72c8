"""Errors of the auditor's command line."""

from consent_ledger.errors import LedgerError
from policies.errors import ErrorKind
from presentation.messages import _


class CommandNotInstalled(LedgerError):
    """A command of the auditor that comes with an optional part of RedPACT, which is not installed here."""

    code = "command_not_installed"
    kind = ErrorKind.USAGE
    sentence = _("Este mandato necesita una parte de RedPACT que no está instalada. Instálela y vuelva a intentarlo.")
