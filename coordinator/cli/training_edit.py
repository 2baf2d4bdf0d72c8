"""``redpact-coordinator training edit``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=_(
            "Corrige una curva de un modelo aditivo en revisión. No mira ningún dato ni gasta privacidad; la "
            "corrección queda a la vista."
        )
    )(edit)


def edit(
    *,
    home: HomeOption,
    campaign_id: Annotated[
        str, typer.Argument(metavar=_("ID"), help=_("Identificador de una campaña cuyo modelo está en revisión."))
    ],
    feature: Annotated[str, typer.Option(help=_("Variable cuya curva se corrige; consulte: training review."))],
    reason: Annotated[str, typer.Option(help=_("Motivo, a la vista de cualquiera: se publica con el modelo."))],
    values: Annotated[
        str, typer.Option("--set", help=_("Nuevos valores (log-odds), uno por tramo: '-0.2, 0, 0.35'."))
    ] = "",
    rising: Annotated[
        bool, typer.Option("--rising", help=_("Sustituye la curva por la más próxima que solo sube."))
    ] = False,
    falling: Annotated[
        bool, typer.Option("--falling", help=_("Sustituye la curva por la más próxima que solo baja."))
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help=_("Quita la variable: todos sus valores (log-odds) pasan a ser 0."))
    ] = False,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Correct a curve of an additive model in review, visibly, without reading data or spending privacy."""
    from coordinator.training import review_report
    from coordinator.training.review_commands import Correction, amend

    correction = Correction.of(feature, reason, values=values, rising=rising, falling=falling, remove=remove)
    coordinator = open_coordinator(home)
    draft = amend(coordinator.context, coordinator.training, campaign_id, correction)
    emit({"draft": draft.model_dump(mode="json")}, review_report.text(draft, lang), as_json=as_json)
