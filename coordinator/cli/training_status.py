"""``redpact-coordinator training status``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def status(
        home: HomeOption,
        campaign_id: Annotated[str, typer.Argument(help="Id of a campaign; all of them if none.", metavar="[ID]")] = "",
        watch: Annotated[bool, typer.Option("--watch", help="Show progress until the campaign has ended.")] = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show campaigns: who decided what, rounds done, privacy spent."""
        from coordinator.training import campaign_report as report
        from coordinator.training.campaign_watch import watch_until_ended

        coordinator = open_coordinator(home)
        shown = report.campaigns(coordinator, campaign_id or None)
        if watch:
            shown = watch_until_ended(coordinator, shown)
        document = {"campaigns": [report.document(campaign) for campaign in shown]}
        emit(document, report.text(shown, lang), as_json=as_json)
