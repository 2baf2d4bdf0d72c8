"""``redpact-coordinator training simulate``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from coordinator.cli.options import JsonOption, LangOption, emit
from presentation import formats, terminal
from presentation.harmless import harmless_line
from presentation.messages import Message, _, speaking

if TYPE_CHECKING:
    from federated.studies.simulation import SimulationPlan, SimulationResult
    from federated.tabular.evaluation_table import Table, TableSchema

_BASELINES: Final[Mapping[str, Message]] = {
    "pooled_without_privacy": _("Todo junto sin privacidad"),
    "each_alone": _("Cada entidad sola"),
}

DataOption = Annotated[Path, typer.Option("--data", help=_("Tabla CSV con una fila por persona."))]
SchemaOption = Annotated[
    Path, typer.Option("--schema", help=_("Esquema de la tabla (YAML): site, label, features, protected."))
]
EpsilonOption = Annotated[
    float,
    typer.Option("--epsilon", help=_("Privacidad (épsilon) que gasta cada persona, mayor que 0 y como máximo 20.")),
]
DeltaOption = Annotated[
    float,
    typer.Option(
        "--delta",
        help=_("Probabilidad de que la cota no se cumpla: como máximo 0.001 y menor que 1 / número de personas."),
    ),
]
ModelOption = Annotated[str, typer.Option("--model", help=_("Clase de modelo: auto, additive, logistic o neural."))]
TestFractionOption = Annotated[
    float, typer.Option("--test-fraction", help=_("Parte de las filas que se reserva para medir."))
]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, help=_("Semilla del reparto de las filas; el ruido no usa ninguna."))
]
BaselinesOption = Annotated[
    bool, typer.Option("--baselines", help=_("Mide también sin privacidad, y cada sede por separado."))
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=_(
            "Ensaya un entrenamiento privado entre las sedes de una tabla, en un solo proceso, y mide el "
            "resultado con filas reservadas."
        )
    )(simulate)


def simulate(
    *,
    data: DataOption,
    schema: SchemaOption,
    epsilon: EpsilonOption,
    delta: DeltaOption = 1e-5,
    model: ModelOption = "auto",
    test_fraction: TestFractionOption = 0.2,
    seed: SeedOption = 0,
    baselines: BaselinesOption = False,
    as_json: JsonOption = False,
    lang: LangOption = "es",
) -> None:
    """Train privately over the sites of a table, in one process, and measure on held-out rows."""
    from federated.learning.hyperparameters import plan_model_terms
    from federated.learning.model_choice import chosen_model
    from federated.studies.simulation import SimulationPlan
    from federated.tabular.evaluation_table import load_schema, read_table

    meaning = load_schema(schema)
    table = read_table(data, meaning)
    kind = chosen_model(model, epsilon=epsilon, people=len(table.labels), features=meaning.features)
    terms = plan_model_terms(kind, meaning.features, epsilon=epsilon, delta=delta)
    plan = SimulationPlan(epsilon, delta, terms, test_fraction, seed, baselines)
    result = _run(table, meaning, plan, lang)
    emit(result.document(), _text(result, lang), as_json=as_json)


def _run(table: "Table", schema: "TableSchema", plan: "SimulationPlan", lang: str) -> "SimulationResult":
    from service.extras import require_training

    require_training()
    from rich.console import Console
    from rich.progress import Progress

    from federated.studies import simulation
    from service.clock import SystemClock

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(harmless_line(speaking(lang)("entrenamiento")), total=None)
        return simulation.simulate(
            table,
            schema,
            plan,
            clock=SystemClock().now,
            on_round=lambda progress, rounds: bars.update(task, completed=progress.completed, total=rounds),
        )


def _text(result: "SimulationResult", lang: str) -> str:
    from federated.learning.model_words import model_name

    say = speaking(lang)
    lines = [
        say(
            "Modelo {kind}, ε = {epsilon}, δ = {delta}",
            kind=model_name(result.plan.terms.kind),
            epsilon=formats.epsilon(result.plan.epsilon, lang),
            delta=formats.epsilon(result.plan.delta, lang),
        ),
        say(
            "{sites}, {rounds}, {duration}",
            sites=say.plural("{n} entidad de la tabla", "{n} entidades de la tabla", result.sites),
            rounds=say.plural("{n} ronda", "{n} rondas", result.rounds),
            duration=formats.duration(result.seconds, lang),
        ),
        say(
            "AUC media por entidad: {mean}; AUC conjunta: {pooled}",
            mean=_figure(result.auc.mean_per_site, lang),
            pooled=_figure(result.auc.pooled, lang),
        ),
    ]
    lines += [
        say(
            "{baseline}: AUC media por entidad {mean}",
            baseline=_BASELINES[name],
            mean=_figure(each.mean_per_site, lang),
        )
        for name, each in result.baselines.items()
    ]
    rows = [(name, _figure(value, lang)) for name, value in result.auc.per_site.items()]
    return "\n".join([*map(terminal.paragraph, lines), "", terminal.table((say("Entidad"), "AUC"), rows)])


def _figure(value: float | None, lang: str) -> str:
    return "" if value is None else formats.number(value, lang, 3)
