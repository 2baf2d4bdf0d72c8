"""Arguments of several commands: a person's document, which should stay out of the shell's history, and lists."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from presentation.messages import _

if TYPE_CHECKING:
    from node.people.documents import Document

DOCUMENT_VARIABLE: Final = "REDPACT_DOCUMENT"
_FROM_INPUT: Final = "-"

DocumentOption = Annotated[
    str,
    typer.Option(
        "--document",
        envvar=DOCUMENT_VARIABLE,
        help=_("DNI, NIE, PAS:<país>:<número> o código de enlace; con '-' se lee de la entrada estándar."),
        show_default=False,
    ),
]

FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar=_("FICHERO"),
        help=_("Fichero .csv, .xlsx u .ods; su formato se explica con: redpact-node records format."),
    ),
]


def read_document(text: str) -> "Document":
    """Return the document given as an option, read from standard input for ``-``.

    Raises:
        DocumentInvalid: not a document.
    """
    from node.people.documents import MAX_DOCUMENT_CHARACTERS, parse_document

    if text == _FROM_INPUT:
        # A person types it without echo; a script writes a line.
        asked = sys.stdin.isatty()
        text = typer.prompt("DNI/NIE", hide_input=True, err=True) if asked else sys.stdin.readline(4096)
    os.environ.pop(DOCUMENT_VARIABLE, None)  # not for child processes
    return parse_document(text.strip()[: MAX_DOCUMENT_CHARACTERS + 1])


def split_names(values: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of an option that takes ``a,b`` and may be repeated."""
    return tuple(name.strip() for value in values or () for name in value.split(",") if name.strip())
