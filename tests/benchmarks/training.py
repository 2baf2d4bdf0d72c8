"""A private campaign over the network's own grid, and rounds of the same model on Flower's own engine."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coordinator.training.tables import CampaignRow
from deploy.local.network import Entity, LocalNetwork
from deploy.local.populations import CACHE, public_table
from deploy.local.programs import COORDINATOR, NODE, Programs, at_once
from federated.storage.tables import EntityTaskRow
from service.storage import open_engine, snapshot
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
        for name in ENTITIES:  # a network of a minute has no anchors
            settings = network.home(name) / "node.toml"
            settings.write_text(settings.read_text().replace("training_anchors = 1", "training_anchors = 0"))
        network.serve(list(ENTITIES))
        words = ("training", "register-table", "cps", "--data", table, "--schema", schema)

        def register(name: str) -> None:
            home = ("--home", network.home(name))
            programs.ask(NODE, *words, "--site", name, *home)
            programs.ask(NODE, "training", "budget", "--dataset", "cps", "--set-limit", "20", *home)

        at_once(register, ENTITIES, workers=2)
        _campaign(network, schema)  # the nodes load their libraries
        campaign, seconds = _campaign(network, schema)
        round_seconds = _round_seconds(network.coordinator_home, campaign)
    return Timed("own grid: mutual TLS, secure sums, guard, durable", len(ENTITIES), round_seconds, seconds)


def _round_seconds(coordinator_home: Path, campaign: str) -> float:
    """Return the median seconds from the question that opens a round to the one that opens the next."""
    opened = func.min(EntityTaskRow.created_at)
    rounds = (EntityTaskRow.campaign_id == campaign, EntityTaskRow.step.startswith("mask-"))
    with _reading(coordinator_home) as session:
        begun = sorted(session.scalars(select(opened).where(*rounds).group_by(EntityTaskRow.step)))
    return median((after - before).total_seconds() for before, after in pairwise(begun))


def _campaign(network: LocalNetwork, schema: Path) -> tuple[str, float]:
    """Run a campaign; return its id, and how many seconds it took from its begin to its release."""
    programs, home = network.programs, ("--home", network.coordinator_home)
    source = ("--source", "table", "--dataset", "cps", "--schema", schema, "--model", "additive")
    terms = ("--epsilon", str(EPSILON), "--delta", str(DELTA), "--minimum-cohort", str(len(ENTITIES)))
    started = programs.ask(COORDINATOR, "training", "start", "--name", "bench", *source, *terms, *home)
    campaign = str(started["id"])
    at_once(lambda name: programs.ask(NODE, "training", "approve", campaign, "--home", network.home(name)), ENTITIES)
    _wait_for_end(network.coordinator_home, campaign)
    (found,) = programs.ask(COORDINATOR, "training", "status", campaign, *home)["campaigns"]
    if found["state"] != "released":
        raise RuntimeError(f"the campaign stopped: {found['stop_reason']} {found['stop_detail']}")
    return campaign, float(found["seconds"])


def _wait_for_end(coordinator_home: Path, campaign: str) -> None:
    # By a look into the database: a command that asks takes a second of one of the cores that are measured.
    deadline = time.monotonic() + PATIENCE_SECONDS
    ended = select(CampaignRow.ended_at).where(CampaignRow.campaign_id == campaign)
    while time.monotonic() < deadline:
        with _reading(coordinator_home) as session:
            if session.scalars(ended).one() is not None:
                return
        time.sleep(0.2)
    raise RuntimeError("the campaign did not end")


@contextmanager
def _reading(coordinator_home: Path) -> Iterator[Session]:
    engine = open_engine(f"sqlite:///{coordinator_home / 'coordinator.sqlite'}")
    with snapshot(engine) as session:
        yield session
    engine.dispose()
