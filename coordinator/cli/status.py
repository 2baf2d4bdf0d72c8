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

        coordinator = open_coordinator(home)
        attached = coordinator.relay_client().attached
        document = summary(coordinator.context, coordinator.registry, coordinator.locator_epochs, attached)
        emit(document, summary_text(document, lang), as_json=as_json)
