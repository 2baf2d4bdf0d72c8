"""``redpact-node doctor``."""

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Comprueba el reloj, el disco, las claves, la base de datos, el registro, el certificado, el "
            "directorio, el coordinador y las demás entidades.\n\nTermina con 4 si algo está estropeado aquí, "
            "con 3 si no se llega al coordinador o a alguna entidad, y con 0 en los demás casos."
        )
    )
    def doctor(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """Check clock, disk, keys, database, ledger, certificate, directory, coordinator and peers."""
        from node.operations.doctor import examine
        from service import findings

        node = open_node(home)
        found = examine(node.context, node.connections)
        emit(findings.document(found), findings.text(found, lang), as_json=as_json)
        raise typer.Exit(findings.exit_code(found))
