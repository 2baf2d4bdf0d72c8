"""``redpact-coordinator training stop``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def stop(
        home: HomeOption,
        campaign_id: Annotated[str, typer.Argument(help="Id of a campaign that has not ended.", metavar="ID")],
        reason: Annotated[str, typer.Option(help="Why, for the record.")],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """End a campaign without a model. What was spent stays spent; entities get back what was not."""
        from coordinator.training import campaign_report as report
        from coordinator.training.review_commands import stop_campaign

        campaign = stop_campaign(open_coordinator(home), campaign_id, reason)
        emit(report.document(campaign), report.text([campaign], lang), as_json=as_json)
