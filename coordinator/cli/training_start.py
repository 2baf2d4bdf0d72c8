"""``redpact-coordinator training start``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _

NameOption = Annotated[str, typer.Option(help=_("Nombre de la campaña, como lo verán las entidades."))]
SourceOption = Annotated[
    str, typer.Option(help=_("records: las fichas de las propias entidades; table: una tabla registrada."))
]
EpsilonOption = Annotated[
    float, typer.Option(help=_("Privacidad (épsilon) que gasta como máximo cada persona en esta campaña."))
]
MinimumCohortOption = Annotated[int, typer.Option(help=_("Número mínimo de entidades que deben participar."))]
DeltaOption = Annotated[float, typer.Option(help=_("Probabilidad de que la cota no se cumpla."))]
ModelOption = Annotated[str, typer.Option(help=_("Clase de modelo: auto, additive, logistic o neural."))]
PeopleOption = Annotated[int, typer.Option(min=1, help=_("Número aproximado de personas, según cifras publicadas."))]
RateOption = Annotated[
    float, typer.Option(help=_("Parte aproximada de las personas que tiene el resultado, según cifras publicadas."))
]
CapacityOption = Annotated[float, typer.Option(help=_("Parte de las personas que el servicio puede atender."))]
ColludersOption = Annotated[
    int,
    typer.Option(
        min=1,
        help=_(
            "Número de entidades que podrían revelar su propio ruido sin que falte protección. Al menos una: cada "
            "participante conoce el suyo."
        ),
    ),
]
PeopleCapOption = Annotated[
    int, typer.Option(min=1, help=_("Máximo de entidades por persona: quien está en más queda fuera."))
]
RisingOption = Annotated[
    list[str] | None, typer.Option(help=_("Variable que solo puede subir la puntuación. Puede repetirse."))
]
FallingOption = Annotated[
    list[str] | None, typer.Option(help=_("Variable que solo puede bajar la puntuación. Puede repetirse."))
]
SchemaOption = Annotated[Path | None, typer.Option(help=_("Esquema (YAML) de la tabla; solo con --source table."))]
DatasetOption = Annotated[str, typer.Option(help=_("Nombre con el que las entidades registraron la tabla."))]
DeadlineOption = Annotated[str, typer.Option(help=_("Plazo de las entidades para decidir: 45m, 12h, 7d."))]
EndsOption = Annotated[
    str, typer.Option(help=_("Plazo posterior durante el que pueden salir contribuciones: 12h, 7d."))
]
InviteOption = Annotated[
    list[str] | None, typer.Option(help=_("Entidad que se invita. Puede repetirse. Por defecto, todas."))
]
ReviewOption = Annotated[
    bool, typer.Option("--review", help=_("Retiene el modelo hasta que alguien lo publique con: training publish."))
]


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
    name: NameOption,
    source: SourceOption,
    epsilon: EpsilonOption,
    minimum_cohort: MinimumCohortOption,
    delta: DeltaOption = 1e-5,
    model: ModelOption = "auto",
    people: PeopleOption = 5000,
    rate: RateOption = 0.3,
    capacity: CapacityOption = 0.2,
    colluders: ColludersOption = 1,
    people_cap: PeopleCapOption = 3,
    rising: RisingOption = None,
    falling: FallingOption = None,
    schema: SchemaOption = None,
    dataset: DatasetOption = "",
    deadline: DeadlineOption = "14d",
    ends: EndsOption = "7d",
    invite: InviteOption = None,
    review: ReviewOption = False,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Propose a training campaign: sign its manifest and offer it to the entities, who approve or refuse it."""
    from coordinator.training import campaign_report as report
    from coordinator.training.proposal import Proposal, PublicFigures, checked_source, parse_duration
    from coordinator.training.proposal_command import Source, propose

    times = parse_duration(deadline), parse_duration(ends)
    figures = PublicFigures(people, rate, capacity)
    curves: dict[str, Literal[-1, 1]] = {**dict.fromkeys(rising or (), 1), **dict.fromkeys(falling or (), -1)}
    proposal = Proposal(
        name, epsilon, delta, minimum_cohort, *times, model, figures, colluders, people_cap, curves, tuple(invite or ())
    )
    requested = (proposal, Source(checked_source(source), schema, dataset))
    coordinator = open_coordinator(home)
    campaign = propose(coordinator.context, coordinator.registry, coordinator.training, requested, review=review)
    emit(report.document(campaign), report.text([campaign], lang), as_json=as_json)
