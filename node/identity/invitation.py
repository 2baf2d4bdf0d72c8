"""Ways to hand an invitation to ``init``: a file or standard input, never an argument.

Arguments of a running program are readable by every user of the machine (``/proc/<pid>/cmdline``) and stay in the
history of the shell.
"""

from pathlib import Path
from typing import Final, TextIO

from node.identity.errors import InvitationExposed, InvitationUnreadable
from presentation.faults import parse_fault
from presentation.messages import _
from service.files import read_regular
from trust.enrolment import MAX_TOKEN_CHARACTERS

STANDARD_INPUT: Final = "-"
_LONGEST: Final = 2 * MAX_TOKEN_CHARACTERS


def given_token(argument: str, file: Path | None, stdin: TextIO) -> str:
    """Return the invitation of ``--token -`` or ``--token-file``; empty without either.

    Raises:
        InvitationExposed: it was given as an argument.
        InvitationUnreadable: the file cannot be read.
    """
    if argument not in {"", STANDARD_INPUT}:
        raise InvitationExposed(
            _("--token solo admite «-»"),
            remedy=_("pida otra invitación si alguien más usa este equipo; después: init --token-file FICHERO"),
        )
    if file is not None:
        return _read(file)
    return stdin.readline(_LONGEST) if argument else ""


def _read(file: Path) -> str:
    try:
        return read_regular(file, _LONGEST).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvitationUnreadable(
            _("no se puede leer {file}: {reason}", file=file, reason=parse_fault(error)), remedy=_("compruebe la ruta")
        ) from error
