"""``redpact-node doctor``."""

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """Check clock, disk, keys, database, ledger, certificate, directory, coordinator and peers.

        Exits 4 when something here is broken, 3 when someone cannot be reached, 0 otherwise.
        """
        from node.operations.doctor import examine
        from service import findings

        node = open_node(home)
        found = examine(node.context, node.connections)
        emit(findings.document(found), findings.text(found, lang), as_json=as_json)
        raise typer.Exit(findings.exit_code(found))
