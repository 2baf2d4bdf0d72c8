"""``redpact-coordinator training release``."""

from pathlib import Path
from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def release(
        home: HomeOption,
        campaign_id: Annotated[str, typer.Argument(help="Id of the campaign; see: training status.", metavar="ID")],
        output: Annotated[Path | None, typer.Option(help="Folder for the signed release and manifest.")] = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the released model of a campaign, verified, and write the signed files."""
        from coordinator.training import report
        from coordinator.training.exporting import export_release

        content, files = export_release(open_coordinator(home), campaign_id, output)
        document = {"release": content.model_dump(mode="json"), "files": [str(path) for path in files]}
        text = "\n".join([report.release_text(content, lang), *(str(path) for path in files)])
        emit(document, text, as_json=as_json)
