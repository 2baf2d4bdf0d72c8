"""``redpact-coordinator status``."""

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Muestra la red: sus claves, direcciones, directorio y entidades."))
    def status(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """Show the network: its keys, addresses, directory and entities."""
        from coordinator.status import summary, summary_text

        document = summary(open_coordinator(home))
        emit(document, summary_text(document, lang), as_json=as_json)
