"""``make bench-learning``: the quality of the private models beside their peers, at equal epsilon.

Usage: python -m tests.benchmarks.learning [--quick] [--seeds N] [--only nine|states] [--without NAME] [--out DIR]

Hyperparameters were tuned on draws of the rows with other seeds than those reported here.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# Several threads of linear algebra on matrices this small only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks.learning.contenders import CONTENDERS, spread
from tests.benchmarks.learning.plot import plot
from tests.benchmarks.learning.study import EPSILONS, Findings, local_sum_milliseconds, run, targets
from tests.benchmarks.learning.tables import REPORTED_SEEDS, all_states, nine_entities

QUICK: Final = frozenset({"neural", "DP-EBM of interpret, central"})
"""Left out of a quick run: they take nearly all of the time."""


def main() -> int:
    """Run the study, print its tables, and write them to the chosen folder."""
    parser = argparse.ArgumentParser(prog="make bench-learning", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two seeds, epsilon 1 and 4, without the slow contenders")
    parser.add_argument("--seeds", type=int, default=len(REPORTED_SEEDS), help="how many draws")
    parser.add_argument("--only", choices=("nine", "states"), help="one of the two divisions")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="leave a contender out")
    parser.add_argument("--out", type=Path, help="folder for learning.json, learning.md and learning.svg")
    arguments = parser.parse_args()
    console = Console(width=150)
    seeds = range(2 if arguments.quick else arguments.seeds)
    epsilons, skip = ((1.0, 4.0), QUICK) if arguments.quick else (EPSILONS, frozenset[str](arguments.without))
    divisions = {"nine": nine_entities, "states": all_states}
    chosen = [divide for name, divide in divisions.items() if arguments.only in (None, name)]
    found = [
        run(divide, seeds, epsilons=epsilons, skip=skip, report=lambda text: console.print(f"done: {text}"))
        for divide in chosen
    ]
    tables = [*map(_table, found), *map(_costs, found), _speed()]
    if arguments.only != "states":
        tables.append(_targets(found[0], found[1] if len(found) > 1 else None))
    for table in tables:
        console.print(table)
    if arguments.out:
        _keep(arguments.out, found, tables)
    return 0


def _table(findings: Findings) -> Table:
    epsilons = sorted({epsilon for values in findings.by_epsilon.values() for epsilon in values})
    table = _empty(f"{findings.division}: mean over entities of the test AUC, mean ± standard deviation over seeds")
    for name in ("unit", "sees single contributions", *(f"epsilon {epsilon:g}" for epsilon in epsilons), "seconds"):
        table.add_column(name)
    for contender in CONTENDERS:
        values = findings.by_epsilon.get(contender.name)
        if values:
            cells = [_pair(values[epsilon]) for epsilon in epsilons]
            seconds = f"{findings.seconds[contender.name]:.2f}"
            table.add_row(contender.name, contender.unit, contender.trusts, *cells, seconds)
    for name, aucs in findings.untouched.items():
        table.add_row(name, "none", "", *([_pair(aucs)] * len(epsilons)), "")
    return table


def _costs(findings: Findings) -> Table:
    table = _empty(f"{findings.division}: what the stricter terms cost, for auto")
    rows: dict[str, list[str]] = {
        "noise of a sum, times the former": [f"{cost.wider:.3f}" for cost in findings.costs.values()],
        "AUC, minus that under the former terms": [_difference(findings, "auto", each) for each in findings.costs],
        "AUC of people counted across entities, minus that without": [
            _difference(findings, "auto, people counted across entities", each, "auto") for each in findings.costs
        ],
        "epsilon with one's own share alone, before": [f"{cost.alone_before:.2f}" for cost in findings.costs.values()],
        "epsilon with one's own share alone": [f"{cost.alone:.2f}" for cost in findings.costs.values()],
    }
    for epsilon in findings.costs:
        table.add_column(f"epsilon {epsilon:g}")
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def _difference(findings: Findings, name: str, epsilon: float, other: str = "auto, former terms") -> str:
    mean, deviation = spread(findings.differences(name, other, epsilon))
    return f"{mean:+.4f} ± {deviation:.4f}"


def _targets(nine: Findings, states: Findings | None) -> Table:
    table = _empty("Targets")
    for name in ("reached", "wanted", ""):
        table.add_column(name)
    for what, reached, wanted, met in targets(nine, states):
        table.add_row(what, f"{reached:.4f}", f"{wanted:.4f}", "met" if met else f"missed by {wanted - reached:.4f}")
    return table


def _speed() -> Table:
    table = _empty("A node's exact sum for one training round, 2,000 people, 18 features")
    table.add_column("milliseconds")
    table.add_row("additive", f"{local_sum_milliseconds('additive'):.1f}")
    table.add_row("logistic", f"{local_sum_milliseconds('logistic'):.1f}")
    table.add_row("neural", f"{local_sum_milliseconds('neural'):.1f}")
    return table


def _empty(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    return table


def _pair(values: list[float]) -> str:
    mean, deviation = spread(values)
    return f"{mean:.4f} ± {deviation:.4f}"


def _keep(folder: Path, found: Sequence[Findings], tables: Sequence[Table]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    documents = [findings.document() for findings in found]
    (folder / "learning.json").write_text(json.dumps(documents, indent=1), encoding="utf-8")
    (folder / "learning.svg").write_text(plot(found), encoding="utf-8")
    (folder / "learning.md").write_text("\n".join(map(_markdown, tables)), encoding="utf-8")


def _markdown(table: Table) -> str:
    head = [str(column.header) for column in table.columns]
    rows = zip(*(column.cells for column in table.columns), strict=True)
    lines = [f"### {table.title}\n", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows), ""])


if __name__ == "__main__":
    sys.exit(main())
