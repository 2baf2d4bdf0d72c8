"""``redpact-coordinator doctor``."""

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Comprueba disco, claves, base de datos, certificado y directorio. Termina con 4 si algo está estropeado."
        )
    )
    def doctor(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """Check disk, keys, database, certificate and directory. Exits 4 when something is broken."""
        from coordinator.doctor import examine
        from service import findings

        coordinator = open_coordinator(home)
        found = examine(coordinator.context, coordinator.registry, coordinator.locator_epochs)
        emit(findings.document(found), findings.text(found, lang), as_json=as_json)
        raise typer.Exit(findings.exit_code(found))
