"""``make soak``: real processes for a long time, over lines that fail, killed at any moment; nothing may get lost.

Usage: python -m tests.soak [--minutes 30] [--seed N] [--keep]. Exit code 0: nothing was lost and every audit passes.
"""

import argparse
import secrets
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.local.programs import Programs
from service import log
from tests.soak import checks
from tests.soak.network import FaultyNetwork
from tests.soak.workload import Acknowledged, Workload


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a soak came to."""

    seed: int
    record: Acknowledged
    happened: dict[str, int]
    sizes: dict[str, int]
    faults: tuple[str, ...]


def main() -> int:
    """Run a soak, print its table, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long things go wrong")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="of faults, kills and people")
    parser.add_argument("--keep", action="store_true", help="keep homes, logs and exports")
    arguments = parser.parse_args()
    console, folder = Console(width=110), Path(tempfile.mkdtemp(prefix="redpact-soak-"))
    console.print(f"seed {arguments.seed}; {arguments.minutes:g} minutes; {folder}")
    outcome = soak(folder, minutes=arguments.minutes, seed=arguments.seed, console=console)
    console.print(_table(outcome))
    for fault in outcome.faults:
        console.print(f"✗ {fault}", style="red", markup=False)
    console.print("✗ lost something" if outcome.faults else "✓ nothing was lost, and every audit passes")
    if arguments.keep or outcome.faults:
        console.print(f"homes, logs and exports: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if outcome.faults else 0


def soak(folder: Path, *, minutes: float, seed: int, console: Console) -> Outcome:
    """Let things go wrong for some minutes, mend them, and see what is left.

    Args:
        folder: empty; homes, logs, the transcript of commands and the exports go there.
        minutes: how long lines fail and processes are killed.
        seed: of everything that is left to chance, but for the keys and what threads make of it.
        console: for the progress bar.
    """
    log.configure("error")
    programs, record = Programs(folder / "commands.log"), Acknowledged()
    with FaultyNetwork(folder, programs, seed=seed) as network:
        network.start_coordinator()
        for entity in network.entities:
            network.enrol(entity)
        network.serve(list(network.nodes))
        workload = Workload({entity: network.home(entity) for entity in network.nodes}, seed)
        try:
            record = workload.record
            _go_wrong(network, workload, minutes * 60, console)
            faults = [f"never delivered: {line}" for line in checks.wait_for_quiet(workload)]
            faults += checks.missing(record, workload)
            faults += checks.not_ended(record, workload)
            faults += checks.still_shared(record, workload)
            failed, sizes = checks.failed_audits(network, programs, folder / "exports")
        finally:
            workload.close()
        return Outcome(seed, record, dict(network.happened), sizes, (*faults, *failed))


def _go_wrong(network: FaultyNetwork, workload: Workload, seconds: float, console: Console) -> None:
    stopping, trouble_over = threading.Event(), threading.Event()
    trouble, people = network.trouble(trouble_over), workload.people_act(stopping)
    columns = (BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        bar, end = progress.add_task("", total=seconds), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with workload.record.lock:
                said = f"{sum(workload.record.done.values())} acts, {len(workload.record.answers)} answers"
            progress.update(bar, completed=seconds - left, description=said)
            time.sleep(min(left, 0.5))
    for event, threads in ((stopping, people), (trouble_over, trouble)):
        event.set()
        for thread in threads:
            thread.join()
    network.mend()


def _table(outcome: Outcome) -> Table:
    table = Table("what", "how often", box=box.SIMPLE, title=f"Soak, seed {outcome.seed}")
    record = outcome.record
    rows: list[tuple[str, int]] = [*sorted(record.done.items())]
    rows += [("answers verified", len(record.answers)), ("consents withdrawn", len(record.withdrawn))]
    rows += [(f"not done: {what}", count) for what, count in sorted(record.refused.items())]
    rows += sorted(outcome.happened.items())
    rows += [(f"entries in the ledger of {entity}", size) for entity, size in outcome.sizes.items()]
    rows.append(("lost, or wrong", len(outcome.faults)))
    for what, count in rows:
        table.add_row(what, str(count))
    return table


if __name__ == "__main__":
    sys.exit(main())
