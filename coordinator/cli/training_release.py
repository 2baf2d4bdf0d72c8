"""``redpact-coordinator training release``."""

from pathlib import Path
from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Comprueba y muestra el modelo publicado de una campaña, y lo escribe como paquete que cualquiera "
            "puede comprobar."
        )
    )
    def release(
        home: HomeOption,
        campaign_id: Annotated[
            str, typer.Argument(metavar=_("ID"), help=_("Identificador de la campaña; consulte: training status."))
        ],
        output: Annotated[
            Path | None, typer.Option(help=_("Carpeta nueva para el paquete; compruébelo con: redpact-audit model."))
        ] = None,
        contact: Annotated[
            str, typer.Option(metavar=_("TEXTO"), help=_("A quién preguntar por el modelo; figura en su ficha."))
        ] = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the released model of a campaign, verified, and write it as a bundle that anybody can check."""
        from coordinator.training import campaign_report as report
        from coordinator.training.bundle_export import export_release

        coordinator = open_coordinator(home)
        content = export_release(coordinator.context, coordinator.training, campaign_id, output, contact)
        written = str(output) if output is not None else None
        document = {"release": content.model_dump(mode="json"), "bundle": written}
        text = "\n".join([report.release_text(content, lang), *([written] if written else [])])
        emit(document, text, as_json=as_json)
