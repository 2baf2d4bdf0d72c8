"""``redpact-coordinator training stop``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Termina una campaña sin modelo. La privacidad gastada queda gastada; las entidades recuperan la que "
            "no se gastó."
        )
    )
    def stop(
        home: HomeOption,
        campaign_id: Annotated[
            str, typer.Argument(metavar=_("ID"), help=_("Identificador de una campaña que no ha terminado."))
        ],
        reason: Annotated[str, typer.Option(help=_("Motivo; queda guardado con la campaña."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """End a campaign without a model. Spent privacy stays spent; entities get the rest back."""
        from coordinator.training import campaign_report as report
        from coordinator.training.review_commands import stop_campaign

        coordinator = open_coordinator(home)
        campaign = stop_campaign(coordinator.context, coordinator.training, campaign_id, reason)
        emit(report.document(campaign), report.text([campaign], lang), as_json=as_json)
