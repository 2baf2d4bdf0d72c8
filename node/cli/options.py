"""Options of every command of the node, and its way to print results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer
from rich.console import Console

from presentation.messages import _
from service.command_line import emit

if TYPE_CHECKING:
    from node.wiring import Node

__all__ = ["HomeOption", "JsonOption", "LangOption", "emit", "open_node", "progress_console"]

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="REDPACT_HOME",
        help=_("Carpeta del nodo: ajustes, claves y base de datos."),
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Escribe un único documento JSON en la salida estándar."))]
LangOption = Annotated[str, typer.Option("--lang", help=_("Idioma de los textos: es o en."), envvar="REDPACT_LANG")]


def open_node(home: Path) -> "Node":
    """Return the node of a home folder, closed when the command ends; its parts are read when first used.

    Its log goes to standard error: standard output has the command's answer and nothing else.
    """
    from node.wiring import Node  # brings the database library: half of the start-up time of a command without one
    from service import log

    log.configure("warning")
    return click.get_current_context().with_resource(Node(home))


def progress_console() -> Console:
    """Return the console for progress: standard error, silent unless it is a terminal."""
    return Console(stderr=True, quiet=not Console(stderr=True).is_terminal)
