"""``redpact-coordinator training simulate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coordinator.cli.options import JsonOption, LangOption, emit

if TYPE_CHECKING:
    from federated.evaluation import Evaluation
    from federated.simulate import SimulationPlan, SimulationResult

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

    @app.command()
    def simulate(
        *,
        data: Annotated[Path, typer.Option("--data", help="CSV table with one row per person.")],
        schema: Annotated[Path, typer.Option("--schema", help="YAML: site, label, features, protected.")],
        epsilon: Annotated[float, typer.Option("--epsilon", help="Privacy a person spends, above 0, at most 20.")],
        delta: Annotated[float, typer.Option("--delta", help="At most 0.001; below 1 / people.")] = 1e-5,
        model: Annotated[str, typer.Option("--model", help="logistic.")] = "logistic",
        rounds: Annotated[int, typer.Option("--rounds", min=1, max=500, help="Training rounds.")] = 15,
        test_fraction: Annotated[float, typer.Option("--test-fraction", help="Share of rows held out.")] = 0.2,
        seed: Annotated[int, typer.Option("--seed", min=0, help="Of the split; noise has none.")] = 0,
        baselines: Annotated[bool, typer.Option("--baselines", help="Also without privacy, and each alone.")] = False,
        as_json: JsonOption = False,
        lang: LangOption = "es",
    ) -> None:
        """Train privately over the sites of a table, in one process, and measure on held-out rows."""
        from federated.planning import model_kind
        from federated.simulate import SimulationPlan

        kind = model_kind(model)
        plan = SimulationPlan(epsilon, delta, kind, rounds, test_fraction, seed, baselines)
        result = _run(data, schema, plan)
        emit(result.document(), _text(result, "en" if lang == "en" else "es"), as_json=as_json)


def _run(data: Path, schema_path: Path, plan: "SimulationPlan") -> "SimulationResult":
    from rich.console import Console
    from rich.progress import Progress

    from federated.schema import load_schema, read_table
    from federated.simulate import simulate
    from node.runtime.clock import SystemClock

    schema = load_schema(schema_path)
    table = read_table(data, schema)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("training", total=plan.rounds)
        return simulate(
            table,
            schema,
            plan,
            clock=SystemClock().now,
            on_round=lambda state: progress.update(task, completed=state.completed),
        )


def _text(result: "SimulationResult", lang: str) -> str:
    model, sites, rounds, seconds, mean, pooled, site, auc = LABELS[lang]
    lines = [
        f"{model}: {result.plan.model.value}, ε = {result.plan.epsilon:g}, δ = {result.plan.delta:g}",
        f"{result.sites} {sites}, {result.plan.rounds} {rounds}, {result.seconds:.2f} {seconds}",
        f"{mean}: {_figure(result.auc.mean_per_site)}   {pooled}: {_figure(result.auc.pooled)}",
    ]
    lines += [f"{BASELINES[lang][name]}: {_summary(value, mean)}" for name, value in result.baselines.items()]
    width = max(len(name) for name in (*result.auc.per_site, site))
    lines += ["", f"{site:<{width}}  {auc}"]
    lines += [f"{name:<{width}}  {_figure(value)}" for name, value in result.auc.per_site.items()]
    return "\n".join(lines)


def _summary(evaluation: "Evaluation", mean: str) -> str:
    return f"{mean} {_figure(evaluation.mean_per_site)}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
