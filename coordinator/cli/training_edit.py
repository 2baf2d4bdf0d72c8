"""``redpact-coordinator training edit``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(edit)


def edit(
    *,
    home: HomeOption,
    campaign_id: Annotated[str, typer.Argument(help="Id of a campaign whose model is in review.", metavar="ID")],
    feature: Annotated[str, typer.Option(help="Whose curve to correct; see: training review.")],
    reason: Annotated[str, typer.Option(help="Why, for everybody to read: it is released with the model.")],
    values: Annotated[str, typer.Option("--set", help="New log-odds, one per bin: '-0.2, 0, 0.35'.")] = "",
    rising: Annotated[bool, typer.Option("--rising", help="The nearest curve that only rises.")] = False,
    falling: Annotated[bool, typer.Option("--falling", help="The nearest curve that only falls.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the feature out: all of its log-odds are 0.")] = False,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Correct a curve of an additive model in review. It looks at no data and costs no privacy; the trace stays."""
    from coordinator.training import review_report
    from coordinator.training.review_commands import Correction, amend

    correction = Correction.of(feature, reason, values=values, rising=rising, falling=falling, remove=remove)
    draft = amend(open_coordinator(home), campaign_id, correction)
    emit({"draft": draft.model_dump(mode="json")}, review_report.text(draft, lang), as_json=as_json)
