"""``redpact-coordinator training review``."""

from pathlib import Path
from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_("Muestra el modelo de una campaña antes de publicarlo: sus cifras, sus curvas y sus correcciones.")
    )
    def review(
        home: HomeOption,
        campaign_id: Annotated[
            str, typer.Argument(metavar=_("ID"), help=_("Identificador de la campaña; consulte: training status."))
        ],
        output: Annotated[
            Path | None, typer.Option(help=_("Carpeta nueva para el borrador de la ficha del modelo, con gráficos."))
        ] = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the model of a campaign before it is released: its figures, its curves, its corrections."""
        from coordinator.training import review_report
        from coordinator.training.review_commands import review as read_draft
        from coordinator.training.review_commands import write_draft

        coordinator = open_coordinator(home)
        campaign, draft = read_draft(coordinator.context, coordinator.training, campaign_id)
        if output is not None:
            write_draft(campaign, draft, output)
        written = str(output) if output is not None else None
        document = {"draft": draft.model_dump(mode="json"), "written": written}
        text = "\n".join([review_report.text(draft, lang), *([written] if written else [])])
        emit(document, text, as_json=as_json)
