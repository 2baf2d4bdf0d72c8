"""Options shared by every command of the coordinator."""

from pathlib import Path
from typing import Annotated

import click
import typer

from coordinator.wiring import Coordinator
from presentation.messages import _
from service import log
from service.command_line import emit

__all__ = ["HomeOption", "JsonOption", "LangOption", "emit", "open_coordinator"]

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="REDPACT_HOME",
        help=_("Carpeta del coordinador: configuración, claves y base de datos."),
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Escribe un único documento JSON en la salida estándar."))]
LangOption = Annotated[str, typer.Option("--lang", help=_("Idioma de los textos: es o en."), envvar="REDPACT_LANG")]


def open_coordinator(home: Path) -> Coordinator:
    """Return the coordinator of a home folder, closed when the command ends; its parts are read when first used.

    Its log goes to standard error: standard output is the command's answer and nothing else.
    """
    log.configure("warning")
    return click.get_current_context().with_resource(Coordinator(home))
