"""``make bench``: ours beside the bare peers, in one run, on this machine.

Usage: python -m tests.benchmarks [--only fetch|ledger|training] [--quick]
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks.bare_call import bare_call
from tests.benchmarks.fetch import consented_fetch
from tests.benchmarks.ledger import bare_commits, ledger_appends
from tests.benchmarks.timing import Latency, latency, throughput
from tests.benchmarks.training import rounds_beside_stock_flower

IN_FLIGHT: Final = 16
BATCH: Final = 100


def main() -> int:
    """Run the benchmarks that were asked for and print one table each."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=sorted(BENCHES), help="run one of them")
    parser.add_argument("--quick", action="store_true", help="fewer calls and rounds")
    arguments = parser.parse_args()
    console = Console(width=110)
    console.print(f"{_machine()}, {datetime.now(UTC):%Y-%m-%d}")
    with tempfile.TemporaryDirectory(prefix="redpact-bench-") as folder:
        for name, bench in BENCHES.items():
            if arguments.only in (None, name):
                console.print(bench(Path(folder) / name, 4 if arguments.quick else 1))
    return 0


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {platform.system()}"


def _calls(folder: Path, fewer: int) -> Table:
    table = _table("Calls over mutual TLS, two processes", "p50 ms", "p99 ms", f"calls/s, {IN_FLIGHT} in flight")
    with bare_call(folder / "bare") as call:
        bare = _row(table, "bare unary call", call, fewer)
    with consented_fetch(folder / "network") as call:
        ours = _row(table, "consented fetch (in both ledgers)", call, fewer)
    table.add_row("ratio", f"{ours.p50 / bare.p50:.1f}", f"{ours.p99 / bare.p99:.1f}", "")
    return table


def _row(table: Table, name: str, call: Callable[[], object], fewer: int) -> Latency:
    found = latency(call, calls=600 // fewer)
    rate = throughput(call, calls=1600 // fewer, in_flight=IN_FLIGHT)
    table.add_row(name, f"{found.p50:.2f}", f"{found.p99:.2f}", f"{rate:.0f}")
    return found


def _ledger(folder: Path, fewer: int) -> Table:
    folder.mkdir(parents=True)
    table = _table("Durable writes, SQLite, synchronous=FULL", "single /s", f"in batches of {BATCH} /s")
    sizes = {"single": 1000 // fewer, "batch": BATCH, "batched": 20_000 // fewer}
    for name, bench in (("bare commits", bare_commits), ("ledger appends", ledger_appends)):
        found = bench(folder, **sizes)
        table.add_row(name, f"{found.single:.0f}", f"{found.batched:.0f}")
    return table


def _training(folder: Path, fewer: int) -> Table:
    table = _table("Training rounds, the same apps and rows", "entities", "seconds a round (median)")
    for name, entities, seconds in rounds_beside_stock_flower(folder, rounds=20 // fewer):
        table.add_row(name, str(entities), f"{seconds:.3f}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


BENCHES: Final = {"fetch": _calls, "ledger": _ledger, "training": _training}

if __name__ == "__main__":
    sys.exit(main())
