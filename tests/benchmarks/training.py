"""A private campaign over the network's own grid, and rounds of the same model on Flower's own engine."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from deploy.local.network import Entity, LocalNetwork
from deploy.local.populations import CACHE, public_table
from deploy.local.programs import COORDINATOR, NODE, Programs, at_once
from tests.benchmarks.campaign import DELTA, EPSILON, bench_manifest, write_rows
from tests.benchmarks.stock_flower import stock_rounds

ENTITIES: Final = ("valladolid", "leon", "burgos", "salamanca", "palencia", "zamora", "avila", "segovia", "soria")
STOCK_ENTITIES: Final = ENTITIES[:3]
STOCK_ROUNDS: Final = 5
PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Timed:
    """One engine: entities, seconds a round, and seconds of a whole campaign where one was run."""

    engine: str
    entities: int
    round_seconds: float
    campaign_seconds: float | None


def rounds_beside_stock_flower(folder: Path) -> Iterator[Timed]:
    """Yield both engines.

    Ours is the whole protocol: mutual TLS, signed results, guard, durable budget and ledger, secure sums, evaluation,
    signed release. Both are timed after a first campaign or round, in which processes load their libraries.
    """
    yield _own_grid(folder / "own")
    stock_folder = folder / "stock"
    stock_folder.mkdir(parents=True)
    manifest = bench_manifest(STOCK_ENTITIES)
    write_rows(stock_folder, CACHE.resolve(), manifest)
    stock = median(stock_rounds(stock_folder, manifest, STOCK_ROUNDS)[1:])
    yield Timed("Flower SuperLink and SuperNodes: no TLS, sums in the clear", len(STOCK_ENTITIES), stock, None)


def _own_grid(folder: Path) -> Timed:
    folder.mkdir(parents=True)
    programs = Programs(folder / "commands.log")
    table, schema = public_table()
    entities = [Entity(name, name) for name in ENTITIES]
    with LocalNetwork(folder, entities, programs) as network:
        network.start_coordinator()
        at_once(network.enrol, entities)
        network.serve(list(ENTITIES))
        words = ("training", "register-table", "cps", "--data", table, "--schema", schema)

        def register(name: str) -> None:
            home = ("--home", network.home(name))
            programs.ask(NODE, *words, "--site", name, *home)
            programs.ask(NODE, "training", "budget", "--dataset", "cps", "--set-limit", "20", *home)

        at_once(register, ENTITIES, workers=2)
        _campaign(network, schema)  # the nodes load their libraries
        seconds, rounds = _campaign(network, schema)
    return Timed("own grid: mutual TLS, secure sums, guard, durable", len(ENTITIES), seconds / rounds, seconds)


def _campaign(network: LocalNetwork, schema: Path) -> tuple[float, int]:
    """Run a campaign; return how many seconds it took from its begin to its release, and its rounds."""
    programs, home = network.programs, ("--home", network.coordinator_home)
    source = ("--source", "table", "--dataset", "cps", "--schema", schema, "--model", "additive")
    terms = ("--epsilon", str(EPSILON), "--delta", str(DELTA), "--minimum-cohort", str(len(ENTITIES)))
    started = programs.ask(COORDINATOR, "training", "start", "--name", "bench", *source, *terms, *home)
    campaign = str(started["id"])
    at_once(lambda name: programs.ask(NODE, "training", "approve", campaign, "--home", network.home(name)), ENTITIES)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        (found,) = programs.ask(COORDINATOR, "training", "status", campaign, *home)["campaigns"]
        if found["state"] == "released":
            return float(found["seconds"]), int(found["rounds_completed"])
        if found["state"] == "stopped":
            raise RuntimeError(f"the campaign stopped: {found['stop_reason']} {found['stop_detail']}")
        time.sleep(0.5)
    raise RuntimeError("the campaign did not end")
