"""``make bench``: ours beside the bare peers, in one run, on this machine.

Usage: python -m tests.benchmarks [--only NAME] [--quick] [--write]
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console, Group
from rich.table import Table

from tests.benchmarks.timing import latency

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "reference" / "benchmarks.md"
FIGURES: Final = "## Figures\n"


def main() -> int:
    """Run the benchmarks that were asked for and print one table each."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=sorted(BENCHES), help="run one of them")
    parser.add_argument("--quick", action="store_true", help="fewer calls and rounds")
    parser.add_argument("--write", action="store_true", help="keep the figures in docs/reference/benchmarks.md")
    arguments = parser.parse_args()
    console, where = Console(width=110), f"{_machine()}, {datetime.now(UTC):%Y-%m-%d}"
    console.print(where)
    shown: list[Table | Group] = []
    missed: list[object] = []  # a caption says that a floor does not hold
    with tempfile.TemporaryDirectory(prefix="redpact-bench-") as folder:
        for name, bench in BENCHES.items():
            if arguments.only in (None, name):
                shown.append(bench(Path(folder) / name, 4 if arguments.quick else 1))
                console.print(shown[-1])
                missed += [each.caption for each in _tables(shown[-1]) if each.caption]
    if arguments.write:
        text = PAGE.read_text(encoding="utf-8").split(FIGURES)[0]
        PAGE.write_text(text + FIGURES + "\n" + "\n".join([where, *map(_markdown, shown)]), encoding="utf-8")
    return 1 if missed else 0


def _tables(shown: Table | Group) -> list[Table]:
    parts = shown.renderables if isinstance(shown, Group) else [shown]
    return [part for part in parts if isinstance(part, Table)]


def _markdown(shown: Table | Group) -> str:
    if isinstance(shown, Group):
        return "\n".join(_markdown(part) for part in shown.renderables if isinstance(part, Table | Group))
    head = [str(column.header) for column in shown.columns]
    rows = zip(*(column.cells for column in shown.columns), strict=True)
    lines = [f"\n### {shown.title}\n", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows), ""])


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {platform.system()}"


def _calls(folder: Path, fewer: int) -> Table:
    from tests.benchmarks.calls import IN_FLIGHT, Measured, measure_calls, measure_relayed

    rate = f"calls/s, {IN_FLIGHT} in flight"
    columns = ("p50 ms", "p99 ms", rate, "of bare (aim 15 %)", "CPU ms, caller", "CPU ms, callee")
    table = _table("Calls over mutual TLS, two processes", *columns)
    bare, ours = measure_calls(folder, fewer)
    relayed = measure_relayed(folder / "relay", fewer)
    for each in (bare, ours, relayed):
        found, (caller, callee) = each.latency, each.cpu
        of_bare = f"{each.rate / bare.rate:.1%}"
        figures = (f"{found.p50:.2f}", f"{found.p99:.2f}", f"{each.rate:.0f}", of_bare)
        table.add_row(each.name, *figures, f"{caller:.2f}", f"{callee:.2f}")

    def ratio(name: str, one: Measured, other: Measured) -> None:
        times = [one.latency.p50 / other.latency.p50, one.latency.p99 / other.latency.p99]
        cpu = [mine / theirs for mine, theirs in zip(one.cpu, other.cpu, strict=True)]
        table.add_row(name, *(f"{each:.1f}" for each in times), "", "", *(f"{each:.1f}" for each in cpu))

    ratio("fetch : bare call (aim 5)", ours, bare)
    ratio("by relay : direct (aim 3)", relayed, ours)
    return table


def _ledger(folder: Path, fewer: int) -> Group:
    from tests.benchmarks.ledger_tables import ledger_tables

    return ledger_tables(folder, fewer)


def _withdrawal(folder: Path, fewer: int) -> Table:
    from tests.benchmarks.withdrawal import seconds_to_reach

    table = _table("A withdrawal on its way, every acknowledgement signed and durable", "recipients", "seconds")
    recipients = 300 // fewer
    table.add_row(
        "until everybody has acknowledged it (aim 10)", str(recipients), f"{seconds_to_reach(folder, recipients):.1f}"
    )
    return table


def _floods(folder: Path, fewer: int) -> Table:
    from tests.benchmarks.floods import FLOOR_MS, honest_fetch_under_floods, slow_floods

    columns = ("p50 ms before", "p50 ms during", "p99 ms during", "sent/s", "not refused")
    table = _table(f"The consented fetch while somebody floods (floor: median below {FLOOR_MS:.0f} ms)", *columns)
    found = honest_fetch_under_floods(folder, fewer)
    for each in found:
        figures = (f"{each.before.p50:.2f}", f"{each.during.p50:.2f}", f"{each.during.p99:.2f}")
        table.add_row(each.title, *figures, f"{each.sent / each.seconds:.0f}", f"{each.passed}")
    if slow := slow_floods(found):
        table.caption = f"The floor does not hold: {', '.join(slow)}"
    return table


def _locator(folder: Path, fewer: int) -> Group:
    from tests.benchmarks.locator import (
        ENTITIES,
        FEW,
        HOLDERS_EACH,
        MANY,
        growing_locator,
        hours_to_enumerate,
        processor_milliseconds,
    )

    work = _table("Cryptography of a question to the locator", "processor time, ms")
    for name, milliseconds in processor_milliseconds(400 // fewer):
        work.add_row(name, f"{milliseconds:.2f}")
    work.add_row("all DNIs, by whoever holds the key: hours of a core", f"{hours_to_enumerate(4000 // fewer):.1f}")
    whole = _table(
        f"Whole questions, {ENTITIES} entities, {HOLDERS_EACH} holders a person", "people", "p50 ms", "p99 ms"
    )
    with growing_locator(folder) as (add, ask):
        few = latency(ask, calls=400 // fewer)
        whole.add_row("evaluation, question, both query logs", f"{FEW:,}", f"{few.p50:.2f}", f"{few.p99:.2f}")
        add(MANY - FEW)
        many = latency(ask, calls=400 // fewer)
        whole.add_row("the same", f"{MANY:,}", f"{many.p50:.2f}", f"{many.p99:.2f}")
    whole.add_row("ratio (aim 2)", "", f"{many.p50 / few.p50:.2f}", f"{many.p99 / few.p99:.2f}")
    return Group(work, whole, _key_holders(folder / "holders", fewer))


def _key_holders(folder: Path, fewer: int) -> Table:
    from tests.benchmarks.key_holders import one_and_two_holders

    table = _table("New pseudonyms by number of key holders", "people in a call", "p50 ms", "p99 ms", "p50 ms a person")
    with one_and_two_holders(folder) as computing:
        for people, calls in ((1, 400 // fewer), (32, 100 // fewer)):
            for holders, compute in computing.items():
                found = latency(partial(compute, people), calls=calls)
                table.add_row(
                    f"key holders: {holders}",
                    str(people),
                    f"{found.p50:.2f}",
                    f"{found.p99:.2f}",
                    f"{found.p50 / people:.2f}",
                )
    return table


def _training(folder: Path, fewer: int) -> Group:
    from tests.benchmarks.crowd import measured
    from tests.benchmarks.training import rounds_beside_stock_flower

    rounds = _table(
        "Training over the network, the same model and rows",
        "entities",
        "ms a round (aim 150)",
        "s a campaign (aim 30)",
    )
    for each in rounds_beside_stock_flower(folder):
        whole = "" if each.campaign_seconds is None else f"{each.campaign_seconds:.1f}"
        rounds.add_row(each.engine, str(each.entities), f"{1000 * each.round_seconds:.0f}", whole)
    crowd = _table(
        "A whole campaign over simulated entities in one process (aim 180 s, 4,000 MB)",
        *("entities", "people", "rounds", "seconds", "ms a round and entity", "MB"),
    )
    for entities in (75, 150, 300 // fewer):
        one = measured(entities)
        share = f"{1000 * one.seconds / one.rounds / one.entities:.1f}"
        figures = (str(one.entities), f"{one.people:,}", str(one.rounds), f"{one.seconds:.0f}", share)
        crowd.add_row("additive, secure sums, evaluation", *figures, f"{one.megabytes:.0f}")
    return Group(rounds, crowd)


def _refusals(folder: Path, fewer: int) -> Table:
    from tests.benchmarks.refusals import BOUND, told_by_time

    table = _table(
        f"Refusals, told from one about a stranger by their time (aim 0.5 ± {BOUND})",
        *("p50 ms", "AUC", "standard error", ""),
    )
    for each in told_by_time(folder, each=400 // fewer):
        verdict = "even" if each.even else "TOLD APART"
        table.add_row(each.kind, f"{each.median_ms:.2f}", f"{each.auc:.3f}", f"{each.error:.3f}", verdict)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _imports(folder: Path, fewer: int) -> Table:
    from tests.benchmarks.imports import measure_imports

    folder.mkdir(parents=True)
    people = 50_000 // fewer
    found = measure_imports(folder, people)
    columns = ("seconds", "times the bare insert", "largest MB (aim 250)", "log left, MB", "reader's p99 ms (aim 1000)")
    table = _table(f"A file of {people:,} people, with a reader beside it", *columns)
    for name, run in (("import", found.imported), ("undo", found.undone)):
        ratio, left = run.seconds / found.bare_seconds, run.log_bytes / 2**20
        figures = (f"{run.seconds:.0f}", f"{ratio:.0f}", f"{run.megabytes:.0f}", f"{left:.1f}")
        table.add_row(name, *figures, f"{run.meanwhile.p99:.0f}")
    table.add_row("bare insert of the same rows in one transaction", f"{found.bare_seconds:.1f}", "1", "", "", "")
    return table


BENCHES: Final[dict[str, Callable[[Path, int], Table | Group]]] = {
    "fetch": _calls,
    "floods": _floods,
    "imports": _imports,
    "ledger": _ledger,
    "locator": _locator,
    "refusals": _refusals,
    "training": _training,
    "withdrawal": _withdrawal,
}

if __name__ == "__main__":
    sys.exit(main())
