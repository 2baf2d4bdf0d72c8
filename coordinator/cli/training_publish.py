"""``redpact-coordinator training publish``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Firma y publica el modelo en revisión, con sus correcciones. No se puede deshacer."))
    def publish(
        home: HomeOption,
        campaign_id: Annotated[
            str, typer.Argument(metavar=_("ID"), help=_("Identificador de una campaña cuyo modelo está en revisión."))
        ],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Sign and release the model in review, with its corrections. That is final."""
        from coordinator.training import campaign_report as report
        from coordinator.training.review_commands import publish_reviewed

        coordinator = open_coordinator(home)
        campaign = publish_reviewed(coordinator.context, coordinator.training, campaign_id)
        emit(report.document(campaign), report.text([campaign], lang), as_json=as_json)
