"""The ledger's part of ``make bench``: appends, growth, proofs and the audit, each beside its peer."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Group
from rich.table import Table

from tests.benchmarks import peer
from tests.benchmarks.audit import audit_of
from tests.benchmarks.large_ledger import fill
from tests.benchmarks.ledger import LARGEST_BATCH, bare_writer, ledger_engine, ledger_writer, new_signer, take_turns
from tests.benchmarks.proofs import ledger_proofs, peer_proofs
from tests.benchmarks.timing import Latency

BARE: Final = "bare commits"
OURS: Final = "ledger appends (aim 10,000/s)"
BATCHES = (100, LARGEST_BATCH)
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
PROOFS_FROM = 50_000
MANY = 10_000_000


def ledger_tables(folder: Path, fewer: int) -> Group:
    """Measure and return the tables."""
    folder.mkdir(parents=True)
    tables = [_appends(folder, fewer), _growth(folder, fewer), _proofs(folder, fewer), _audit(folder, fewer)]
    if not peer.installed():
        return Group(*tables, peer.HOW)
    return Group(*tables)


def _appends(folder: Path, fewer: int) -> Table:
    columns = ("one entry, ms", *(f"in batches of {batch}, entries/s" for batch in BATCHES))
    table = _table("Durable appends on SQLite, synchronous=FULL, taking turns (medians)", *columns)
    with ExitStack() as open_files:
        engine = open_files.enter_context(ledger_engine(folder / "appends.sqlite"))
        writers = {BARE: open_files.enter_context(bare_writer(folder / "bare.sqlite"))}
        if peer.installed():
            tree = open_files.enter_context(peer.peer_tree(folder / "peer.sqlite"))
            writers["pymerkle (leaves only)"] = peer.peer_writer(tree)
        writers[OURS] = ledger_writer(engine, new_signer())
        found = take_turns(writers, rounds=40 // fewer, singles=10, batches=BATCHES)
    for name, turns in found.items():
        table.add_row(name, f"{turns.single:.2f}", *(f"{turns.rate(batch):.0f}" for batch in BATCHES))
    ours = found[OURS]
    for name in list(found)[:-1]:
        aim = 3 if name == BARE else 1
        table.add_row(f"ledger : {name} (aim {aim})", f"{ours.single / found[name].single:.2f}")
    return table


def _growth(folder: Path, fewer: int) -> Table:
    table = _table(f"A batch of {BATCHES[0]} on a ledger of", "ms", "one entry, ms")
    with ExitStack() as open_files:
        writers = {}
        for size in SIZES[: len(SIZES) - (fewer > 1)]:
            engine = open_files.enter_context(ledger_engine(folder / f"growth-{size}.sqlite"))
            signer = new_signer()
            fill(engine, signer, size)
            writers[f"{size:,} entries"] = ledger_writer(engine, signer)
        found = take_turns(writers, rounds=40 // fewer, singles=5, batches=BATCHES[:1])
    for name, turns in found.items():
        table.add_row(name, f"{BATCHES[0] / turns.rate(BATCHES[0]) * 1e3:.2f}", f"{turns.single:.2f}")
    return table


def _proofs(folder: Path, fewer: int) -> Table:
    table = _table("Proofs", "inclusion p50 ms", "p99 ms", "consistency p50 ms", "p99 ms")
    theirs: tuple[Latency, Latency] | None = None
    if peer.installed():
        with peer.peer_tree(folder / "peer-proofs.sqlite") as tree:
            peer.peer_writer(tree)(PROOFS_FROM)
            theirs = _proof_row(table, f"pymerkle, {PROOFS_FROM:,} entries", peer_proofs(tree, calls=200 // fewer))
    for size in (PROOFS_FROM, MANY // fewer):
        with ledger_engine(folder / f"proofs-{size}.sqlite") as engine:
            signer = new_signer()
            fill(engine, signer, size)
            ours = _proof_row(table, f"ledger, {size:,} (aim 2 ms)", ledger_proofs(engine, signer, calls=2000 // fewer))
        if size == PROOFS_FROM and theirs is not None:
            ratios = [f"{theirs[kind].p50 / ours[kind].p50:.0f}" for kind in (0, 1)]
            table.add_row("pymerkle : ledger (aim 10)", ratios[0], "", ratios[1])
    return table


def _proof_row(table: Table, name: str, found: tuple[Latency, Latency]) -> tuple[Latency, Latency]:
    table.add_row(name, *(f"{value:.3f}" for kind in found for value in (kind.p50, kind.p99)))
    return found


def _audit(folder: Path, fewer: int) -> Table:
    table = _table("Audit of an export, one core", "entries", "export s", "audit CPU s", "us an entry", "peak MB")
    with ledger_engine(folder / "audited.sqlite") as engine:
        found = audit_of(engine, new_signer(), folder, 1_000_000 if fewer == 1 else 50_000)
    figures = (found.export_seconds, found.seconds, found.seconds / found.entries * 1e6, found.megabytes)
    table.add_row(
        "redpact-audit verify (aim 60 us, 500 MB)", f"{found.entries:,}", *(f"{figure:.0f}" for figure in figures)
    )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table
