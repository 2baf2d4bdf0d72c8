"""``redpact-node records template``."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.options import JsonOption, LangOption, emit
from presentation.messages import _, speaking


def register(group: typer.Typer) -> None:
    """Add the command."""

    @group.command(
        help=_(
            "Escribe un libro de Excel en el que anotar personas, con listas desplegables; «records import» lo lee. "
            "No necesita la carpeta del nodo."
        )
    )
    def template(
        file: Annotated[Path, typer.Argument(metavar=_("FICHERO"), help=_("Fichero .xlsx nuevo."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Write an Excel workbook to fill in with people, with drop-down lists. It needs no home folder."""
        from node.people.template_file import write_template

        write_template(file, lang)
        text = speaking(lang)("Escrito {file}: rellene una fila por persona e impórtelo.", file=file)
        emit({"file": str(file)}, text, as_json=as_json)
