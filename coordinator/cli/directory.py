"""``redpact-coordinator directory``: the log of directories, for auditors."""

from pathlib import Path
from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _, speaking


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help=_("El registro de directorios: lo exporta para una auditoría."))

    @group.command(help=_("Escribe los directorios y sus pruebas; compruébelos con: redpact-audit directory DIR."))
    def export(
        home: HomeOption,
        directory: Annotated[Path, typer.Argument(metavar=_("CARPETA"), help=_("Carpeta nueva para la exportación."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Write the directories and their proofs to a folder; check it with: redpact-audit directory DIR."""
        from coordinator.directory_export import export_directories

        coordinator = open_coordinator(home)
        count = export_directories(coordinator.context, coordinator.registry, directory)
        text = speaking(lang).plural(
            "✓ {n} directorio, en {folder}", "✓ {n} directorios, en {folder}", count, folder=directory
        )
        emit({"directories": count, "folder": str(directory)}, text, as_json=as_json)

    app.add_typer(group, name="directory")
