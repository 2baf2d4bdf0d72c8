"""``redpact-coordinator training recall``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Retira un modelo publicado: cada nodo deja de usarlo en cuanto lo sabe, en pocos minutos. No se "
            "puede deshacer."
        )
    )
    def recall(
        home: HomeOption,
        campaign_id: Annotated[
            str, typer.Argument(metavar=_("ID"), help=_("Identificador de una campaña cuyo modelo está publicado."))
        ],
        reason: Annotated[str, typer.Option(help=_("Motivo; queda guardado con la campaña."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Recall a released model: every node stops using it within minutes. Final."""
        from coordinator.training import campaign_report as report
        from coordinator.training import review_commands

        coordinator = open_coordinator(home)
        campaign = review_commands.recall(coordinator.context, coordinator.training, campaign_id, reason)
        emit(report.document(campaign), report.text([campaign], lang), as_json=as_json)
