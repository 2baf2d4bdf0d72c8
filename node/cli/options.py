"""Options shared by every command of the node, and how results are printed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from node.wiring import Node

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home", envvar="REDPACT_HOME", help="Folder of the node: settings, keys and database.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
LangOption = Annotated[str, typer.Option("--lang", help="Language of labels: es or en.", envvar="REDPACT_LANG")]


def open_node(home: Path) -> Node:
    """Return the node of a home folder; its parts are read when first used."""
    return Node(home)


def progress_console() -> Console:
    """Return the console for progress: standard error, silent when nobody watches."""
    return Console(stderr=True, quiet=not Console(stderr=True).is_terminal)


def emit(document: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result, as one JSON document or as text for people."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else text)
