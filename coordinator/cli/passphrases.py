"""The key file of a person, and the passphrase that opens it: from a prompt or a file, never from an argument."""

from pathlib import Path
from typing import Annotated, Final

import typer

from coordinator.errors import PersonKeyUnusable
from presentation.faults import os_fault
from presentation.messages import _
from service.files import read_regular

KeyFileOption = Annotated[Path, typer.Option("--key-file", help=_("Fichero de la clave de la persona."))]
PassphraseFileOption = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help=_("Fichero con la frase de paso; sin él se pregunta.")),
]
_LONGEST: Final = 1024


def given_passphrase(file: Path | None, *, again: bool = False) -> str:
    """Return the passphrase of a file, or the one that is typed.

    Raises:
        PersonKeyUnusable: the file cannot be read.
    """
    if file is None:
        return str(typer.prompt(_("Frase de paso"), hide_input=True, confirmation_prompt=again, err=True))
    try:
        return read_regular(file, _LONGEST).decode().strip()
    except UnicodeDecodeError as error:
        raise PersonKeyUnusable(_("{file} no es texto", file=file), remedy=_("compruebe la ruta")) from error
    except OSError as error:
        raise PersonKeyUnusable(
            _("no se puede leer {file}: {reason}", file=file, reason=os_fault(error)), remedy=_("compruebe la ruta")
        ) from error
