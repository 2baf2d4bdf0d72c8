"""The codes of cards that a person hands over with a consent: from a file or typed, never from the command line."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from presentation.harmless import harmless_line
from presentation.messages import _

if TYPE_CHECKING:
    from records_exchange.assurance.given_codes import GivenCodes

_FROM_INPUT: Final = "-"
_MOST_LINES: Final = 1000

CodesFileOption = Annotated[
    str,
    typer.Option(
        "--codes-file",
        help=_(
            "Fichero con los códigos que la persona entrega, uno por línea: entidad=tarjeta/número/código, o el QR; "
            "con '-' se piden uno a uno, o se leen de la entrada estándar."
        ),
    ),
]


def given_codes(file: str, holders: Sequence[str]) -> "tuple[GivenCodes, ...]":
    """Return the codes that the person handed over, as a source of evidence; nothing without a file.

    Raises:
        CodeMalformed: a line is no code, or is for no holder of the consent.
        BadParameter: the file cannot be read.
    """
    if not file:
        return ()
    from records_exchange.assurance.given_codes import GivenCodes

    return (GivenCodes.read(_lines(file, holders), holders),)


def _lines(file: str, holders: Sequence[str]) -> Iterator[str]:
    if file != _FROM_INPUT:
        try:
            yield from Path(file).read_text(encoding="utf-8").splitlines()[:_MOST_LINES]
        except (OSError, UnicodeDecodeError) as error:
            raise typer.BadParameter(_("no se puede leer {path}", path=file)) from error
    elif sys.stdin.isatty():
        for holder in holders:  # without echo: a code stays in no scroll-back
            text = _("Código de la tarjeta de {holder} (vacío si no hay)", holder=holder)
            typed = typer.prompt(harmless_line(str(text)), default="", show_default=False, hide_input=True, err=True)
            yield f"{holder}={typed}" if typed else ""
    else:
        yield from (line for line, _place in zip(sys.stdin, range(_MOST_LINES), strict=False))
