"""``redpact-node directory``: the directory in use, and what to do when another one contradicts it."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _, speaking

RestartOption = Annotated[
    bool,
    typer.Option(
        "--restart/--keep",
        help=_(
            "--keep sigue con el directorio de este nodo; --restart lo olvida y empieza de nuevo con el que dé el "
            "coordinador, que deben cofirmar las anclas."
        ),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help=_("El directorio de la red: quién responde por él, y sus alarmas."))
    for add in (_status, _settle, _export):
        add(group)
    app.add_typer(group, name="directory")


def _status(group: typer.Typer) -> None:
    @group.command(help=_("Muestra el directorio en uso, quién responde por él y las pruebas de directorios falsos."))
    def status(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show the directory in use, who vouches for it, and the evidence of false directories."""
        from node.anchors.state import anchors_state, evidence_text, state_text

        state = anchors_state(open_node(home).context)
        emit(state, "\n".join([state_text(state, lang), *evidence_text(state, lang)]), as_json=as_json)


def _settle(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Da por atendidas las pruebas de directorios falsos, una vez que se sabe cuál es el verdadero. Queda en el "
            "registro de la entidad."
        )
    )
    def settle(
        home: HomeOption,
        restart: RestartOption,
        by: Annotated[str, typer.Option(help=_("Quién lo decide."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Deal with the evidence of false directories, once it is known which is true. The ledger notes it."""
        from node.anchors.settling import settle_directory

        settled = settle_directory(open_node(home).context, restart=restart, decided_by=by)
        document = {"files": list(settled.files), "restart": settled.restart, "ledger_index": settled.ledger_index}
        say = speaking(lang)
        text = say.plural("✓ Atendida {n} prueba.", "✓ Atendidas {n} pruebas.", len(settled.files))
        emit(document, text, as_json=as_json)


def _export(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Escribe los directorios que recibió este nodo, con sus pruebas y las de directorios falsos; compruébelos "
            "con: redpact-audit directory DIR."
        )
    )
    def export(
        home: HomeOption,
        directory: Annotated[Path, typer.Argument(metavar=_("CARPETA"), help=_("Carpeta nueva para la exportación."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Write the directories that this node took, with their proofs; check it with: redpact-audit directory DIR."""
        from node.anchors.export import export_directories

        count = export_directories(open_node(home).context, directory)
        text = speaking(lang).plural(
            "✓ {n} directorio, en {folder}", "✓ {n} directorios, en {folder}", count, folder=directory
        )
        emit({"directories": count, "folder": str(directory)}, text, as_json=as_json)
