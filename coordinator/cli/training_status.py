"""``redpact-coordinator training status``."""

from functools import partial
from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_("Muestra las campañas: la decisión de cada entidad, las rondas hechas y la privacidad gastada.")
    )
    def status(
        home: HomeOption,
        campaign_id: Annotated[
            str, typer.Argument(metavar=_("ID"), help=_("Identificador de una campaña. Por defecto, todas."))
        ] = "",
        watch: Annotated[
            bool, typer.Option("--watch", help=_("Muestra el avance hasta que la campaña termine."))
        ] = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show campaigns: decisions of entities, completed rounds, privacy spent."""
        from coordinator.training import campaign_report as report
        from coordinator.training.campaign_queries import get_campaign, list_campaigns
        from coordinator.training.progress_bars import show_until_over

        coordinator = open_coordinator(home)
        read = partial(get_campaign, coordinator.context, coordinator.training)
        shown = (read(campaign_id),) if campaign_id else list_campaigns(coordinator.context, coordinator.training)
        if watch:
            shown = show_until_over(read, shown, lang)
        document = {"campaigns": [report.document(campaign) for campaign in shown]}
        emit(document, report.text(shown, lang), as_json=as_json)
