"""``redpact-coordinator training simulate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coordinator.cli.options import JsonOption, LangOption, emit
from presentation.messages import _

if TYPE_CHECKING:
    from federated.studies.simulation import SimulationPlan, SimulationResult
    from federated.studies.site_evaluation import SiteAuc
    from federated.tabular.evaluation_table import Table, TableSchema

LABELS = {
    "es": ("Modelo", "entidades", "rondas", "segundos", "AUC media por entidad", "AUC conjunta", "Entidad", "AUC"),
    "en": ("Model", "sites", "rounds", "seconds", "mean AUC per site", "pooled AUC", "Site", "AUC"),
}
BASELINES = {
    "es": {"pooled_without_privacy": "Todo junto sin privacidad", "each_alone": "Cada entidad sola"},
    "en": {"pooled_without_privacy": "Pooled without privacy", "each_alone": "Each site alone"},
}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Ensaya un entrenamiento privado entre las sedes de una tabla, en un solo proceso, y mide el "
            "resultado con filas reservadas."
        )
    )
    def simulate(
        *,
        data: Annotated[Path, typer.Option("--data", help=_("Tabla CSV con una fila por persona."))],
        schema: Annotated[
            Path, typer.Option("--schema", help=_("Esquema de la tabla (YAML): site, label, features, protected."))
        ],
        epsilon: Annotated[
            float,
            typer.Option(
                "--epsilon", help=_("Privacidad (épsilon) que gasta cada persona, mayor que 0 y como máximo 20.")
            ),
        ],
        delta: Annotated[
            float,
            typer.Option(
                "--delta",
                help=_(
                    "Probabilidad de que la cota no se cumpla: como máximo 0.001 y menor que 1 / número de personas."
                ),
            ),
        ] = 1e-5,
        model: Annotated[
            str, typer.Option("--model", help=_("Clase de modelo: auto, additive, logistic o neural."))
        ] = "auto",
        test_fraction: Annotated[
            float, typer.Option("--test-fraction", help=_("Parte de las filas que se reserva para medir."))
        ] = 0.2,
        seed: Annotated[
            int, typer.Option("--seed", min=0, help=_("Semilla del reparto de las filas; el ruido no usa ninguna."))
        ] = 0,
        baselines: Annotated[
            bool, typer.Option("--baselines", help=_("Mide también sin privacidad, y cada sede por separado."))
        ] = False,
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
        result = _run(table, meaning, plan)
        emit(result.document(), _text(result, "en" if lang == "en" else "es"), as_json=as_json)


def _run(table: "Table", schema: "TableSchema", plan: "SimulationPlan") -> "SimulationResult":
    from rich.console import Console
    from rich.progress import Progress

    from federated.studies.simulation import simulate
    from service.clock import SystemClock

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("training", total=None)
        return simulate(
            table,
            schema,
            plan,
            clock=SystemClock().now,
            on_round=lambda progress, rounds: bars.update(task, completed=progress.completed, total=rounds),
        )


def _text(result: "SimulationResult", lang: str) -> str:
    model, sites, rounds, seconds, mean, pooled, site, auc = LABELS[lang]
    lines = [
        f"{model}: {result.plan.terms.kind}, ε = {result.plan.epsilon:g}, δ = {result.plan.delta:g}",
        f"{result.sites} {sites}, {result.rounds} {rounds}, {result.seconds:.2f} {seconds}",
        f"{mean}: {_figure(result.auc.mean_per_site)}   {pooled}: {_figure(result.auc.pooled)}",
    ]
    lines += [f"{BASELINES[lang][name]}: {_summary(value, mean)}" for name, value in result.baselines.items()]
    width = max(len(name) for name in (*result.auc.per_site, site))
    lines += ["", f"{site:<{width}}  {auc}"]
    lines += [f"{name:<{width}}  {_figure(value)}" for name, value in result.auc.per_site.items()]
    return "\n".join(lines)


def _summary(evaluation: "SiteAuc", mean: str) -> str:
    return f"{mean} {_figure(evaluation.mean_per_site)}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
