"""Seconds a training round takes: on the network's own grid, and on Flower's own engine with the same apps and rows."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from deploy.local.network import Entity, LocalNetwork
from deploy.local.populations import CACHE, public_table
from deploy.local.programs import COORDINATOR, NODE, Programs, at_once
from tests.benchmarks.campaign import DELTA, EPSILON, bench_manifest, write_rows
from tests.benchmarks.stock_flower import stock_rounds

ENTITIES: Final = ("leon", "burgos", "soria")
STOCK_ROUNDS: Final = 5
PATIENCE_SECONDS: Final = 180.0


def rounds_beside_stock_flower(folder: Path, *, rounds: int) -> Iterator[tuple[str, int, float]]:
    """Yield (engine, entities, seconds a round) for both engines.

    Ours is the whole protocol: mutual TLS, signed results, the node's guard, its durable privacy ledger. Both are timed
    after a first round, in which processes load their libraries.
    """
    ours = _own_grid(folder / "own", rounds)
    stock_folder = folder / "stock"
    stock_folder.mkdir(parents=True)
    manifest = bench_manifest(ENTITIES, STOCK_ROUNDS)
    write_rows(stock_folder, CACHE.resolve(), manifest)
    stock = median(stock_rounds(stock_folder, manifest)[1:])
    yield "own grid: mutual TLS, guard, durable budget", len(ENTITIES), ours
    yield "Flower SuperLink and SuperNodes, no TLS", len(ENTITIES), stock
    yield "times faster", len(ENTITIES), stock / ours


def _own_grid(folder: Path, rounds: int) -> float:
    folder.mkdir(parents=True)
    programs = Programs(folder / "commands.log")
    table, schema = public_table()
    entities = [Entity(name, name) for name in ENTITIES]
    with LocalNetwork(folder, entities, programs) as network:
        network.start_coordinator()
        for entity in entities:
            network.enrol(entity)
        network.serve(list(ENTITIES))
        words = ("training", "register-table", "cps", "--data", table, "--schema", schema)
        for name in ENTITIES:
            home = ("--home", network.home(name))
            programs.ask(NODE, *words, "--site", name, *home)
            programs.ask(NODE, "training", "budget", "--dataset", "cps", "--set-limit", "20", *home)
        _campaign(network, schema, 1)  # the nodes load torch
        return _campaign(network, schema, rounds) / rounds


def _campaign(network: LocalNetwork, schema: Path, rounds: int) -> float:
    """Run a campaign and return how many seconds its rounds took."""
    programs, home = network.programs, ("--home", network.coordinator_home)
    source = ("--source", "table", "--dataset", "cps", "--schema", schema)
    terms = ("--epsilon", str(EPSILON), "--delta", str(DELTA), "--rounds", str(rounds), "--minimum-cohort", "3")
    started = programs.ask(COORDINATOR, "training", "start", "--name", "bench", *source, *terms, *home)
    campaign = str(started["id"])
    at_once(lambda name: programs.ask(NODE, "training", "approve", campaign, "--home", network.home(name)), ENTITIES)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        (found,) = programs.ask(COORDINATOR, "training", "status", campaign, *home)["campaigns"]
        if found["state"] == "released":
            return float(found["seconds"])
        if found["state"] == "stopped":
            raise RuntimeError(f"the campaign stopped: {found['stop_reason']} {found['stop_detail']}")
        time.sleep(0.2)
    raise RuntimeError("the campaign did not end")
