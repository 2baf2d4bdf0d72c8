"""``redpact-node status``."""

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Muestra el nodo: entidad, red, certificado, directorio, registro y las entidades que conoce."))
    def status(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """Show the node: entity, network, certificate, directory, ledger, and the entities it knows."""
        from node.operations.status import summary, summary_text

        node = open_node(home)
        document = summary(node.context, node.certificate)
        emit(document, summary_text(document, lang), as_json=as_json)
