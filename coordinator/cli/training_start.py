"""``redpact-coordinator training start``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=_(
            "Propone una campaña de entrenamiento: firma su manifiesto y lo ofrece a las entidades, que lo "
            "aprueban o lo rechazan."
        )
    )(start)


def start(
    *,
    home: HomeOption,
    name: Annotated[str, typer.Option(help=_("Nombre de la campaña, como lo verán las entidades."))],
    source: Annotated[
        str, typer.Option(help=_("records: las fichas de las propias entidades; table: una tabla registrada."))
    ],
    epsilon: Annotated[
        float, typer.Option(help=_("Privacidad (épsilon) que gasta como máximo cada persona en esta campaña."))
    ],
    minimum_cohort: Annotated[int, typer.Option(help=_("Número mínimo de entidades que deben participar."))],
    delta: Annotated[float, typer.Option(help=_("Probabilidad de que la cota no se cumpla."))] = 1e-5,
    model: Annotated[str, typer.Option(help=_("Clase de modelo: auto, additive, logistic o neural."))] = "auto",
    people: Annotated[
        int, typer.Option(min=1, help=_("Número aproximado de personas, según cifras publicadas."))
    ] = 5000,
    rate: Annotated[
        float, typer.Option(help=_("Parte aproximada de las personas que tiene el resultado, según cifras publicadas."))
    ] = 0.3,
    capacity: Annotated[float, typer.Option(help=_("Parte de las personas que el servicio puede atender."))] = 0.2,
    colluders: Annotated[
        int,
        typer.Option(
            min=0, help=_("Número de entidades que podrían revelar su propio ruido sin que falte protección.")
        ),
    ] = 0,
    people_cap: Annotated[
        int, typer.Option(min=1, help=_("Máximo de entidades por persona: quien está en más queda fuera."))
    ] = 3,
    rising: Annotated[
        list[str] | None, typer.Option(help=_("Variable que solo puede subir la puntuación. Puede repetirse."))
    ] = None,
    falling: Annotated[
        list[str] | None, typer.Option(help=_("Variable que solo puede bajar la puntuación. Puede repetirse."))
    ] = None,
    schema: Annotated[Path | None, typer.Option(help=_("Esquema (YAML) de la tabla; solo con --source table."))] = None,
    dataset: Annotated[str, typer.Option(help=_("Nombre con el que las entidades registraron la tabla."))] = "",
    deadline: Annotated[str, typer.Option(help=_("Plazo de las entidades para decidir: 45m, 12h, 7d."))] = "14d",
    ends: Annotated[
        str, typer.Option(help=_("Plazo posterior durante el que pueden salir contribuciones: 12h, 7d."))
    ] = "7d",
    invite: Annotated[
        list[str] | None, typer.Option(help=_("Entidad que se invita. Puede repetirse. Por defecto, todas."))
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help=_("Retiene el modelo hasta que alguien lo publique con: training publish."))
    ] = False,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Propose a training campaign: sign its manifest and offer it to the entities, who approve or refuse it."""
    from coordinator.training import campaign_report as report
    from coordinator.training.campaign_proposal_command import Source, propose
    from coordinator.training.proposal import Proposal, PublicFigures, checked_source, parse_duration

    times = parse_duration(deadline), parse_duration(ends)
    figures = PublicFigures(people, rate, capacity)
    curves: dict[str, Literal[-1, 1]] = {**dict.fromkeys(rising or (), 1), **dict.fromkeys(falling or (), -1)}
    proposal = Proposal(
        name, epsilon, delta, minimum_cohort, *times, model, figures, colluders, people_cap, curves, tuple(invite or ())
    )
    asked = Source(checked_source(source), schema, dataset)
    campaign = propose(open_coordinator(home), proposal, asked, review=review)
    emit(report.document(campaign), report.text([campaign], lang), as_json=as_json)
