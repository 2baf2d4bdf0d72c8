"""A campaign of real processes that are killed at any moment ends as if nothing had happened (invariant 6)."""

import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from node.ledger.own import own_ledger
from node.training.stores import epsilon_ledger
from node.wiring import Node
from tests.support.processes import Serving, invite, make_coordinator, make_node, run
from tests.support.training import DATASET, write_table

ENTITIES: Final = ("avila", "leon", "soria", "zamora")
COORDINATOR: Final = "coordinator"
KILLS: Final = 4
CAMPAIGN_SECONDS: Final = 600.0
"""How long the campaign may take, and its end to be noticed: patience with a busy machine, and no measure."""


class Town:
    """A coordinator and four nodes with a table each, every one of them a process that can be killed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.homes = {name: root / name for name in (COORDINATOR, *ENTITIES)}
        self.running: dict[str, Serving] = {}

    def start(self, name: str) -> None:
        """Start a process, or start it again."""
        self.running[name] = Serving(f"redpact-{'coordinator' if name == COORDINATOR else 'node'}", self.homes[name])

    def kill(self, name: str) -> None:
        """Kill a process as a power cut would."""
        serving = self.running.pop(name)
        serving.process.kill()
        serving.process.wait()
        serving.stop()

    def found(self) -> None:
        """Make the network, and register a table at each node."""
        make_coordinator(self.homes[COORDINATOR])
        tokens = {entity: invite(self.homes[COORDINATOR], entity) for entity in ENTITIES}
        self.start(COORDINATOR)
        for entity in ENTITIES:
            make_node(self.homes[entity], tokens[entity])
            data, schema = write_table(self.root, entity)
            words = ("training", "register-table", DATASET, "--data", str(data), "--schema", str(schema))
            assert self.ask(entity, *words)["rows"] == 120
            self.start(entity)

    def ask(self, name: str, *words: str) -> dict[str, Any]:
        """Run a command at somebody's home and return its document."""
        program = f"redpact-{'coordinator' if name == COORDINATOR else 'node'}"
        done = run(program, *words, "--home", str(self.homes[name]), "--json")
        assert done.code == 0, done.out + done.err
        return dict(done.json)

    def campaign(self, campaign_id: str) -> dict[str, Any]:
        """Return the campaign as the coordinator has it stored."""
        (found,) = self.ask(COORDINATOR, "training", "status", campaign_id)["campaigns"]
        return dict(found)

    def stop(self) -> None:
        """Stop everything."""
        for name in list(self.running):
            self.running.pop(name).stop()


@pytest.mark.slow
@pytest.mark.timeout(4 * CAMPAIGN_SECONDS)  # more than all the patience below: the test says itself what did not come
@pytest.mark.invariant(6)
def test_killed_at_any_point_a_campaign_goes_on_and_nobody_pays_twice(tmp_path: Path) -> None:
    town, chooser = Town(tmp_path), random.Random(20261126)
    try:
        town.found()
        source = ("--source", "table", "--dataset", DATASET, "--schema", str(tmp_path / "schema.yaml"))
        terms = ("--model", "additive", "--epsilon", "4", "--minimum-cohort", str(len(ENTITIES)), "--deadline", "1h")
        campaign_id = str(town.ask(COORDINATOR, "training", "start", "--name", "Prueba", *source, *terms)["id"])
        for entity in ENTITIES:
            town.ask(entity, "training", "approve", campaign_id)

        for _ in range(KILLS):
            victim = chooser.choice((COORDINATOR, *ENTITIES))
            town.kill(victim)
            time.sleep(chooser.uniform(0.0, 0.5))
            town.start(victim)
            time.sleep(chooser.uniform(0.0, 1.5))

        end = time.monotonic() + CAMPAIGN_SECONDS
        while (found := town.campaign(campaign_id))["state"] == "running":
            assert time.monotonic() < end, found
            time.sleep(0.5)
        assert (found["state"], found["rounds_lost"]) == ("released", 0), found
        end = time.monotonic() + CAMPAIGN_SECONDS
        for entity in ENTITIES:
            _paid_once(town, entity, (campaign_id, int(str(found["rounds"]))), end)
    finally:
        town.stop()


def _paid_once(town: Town, entity: str, campaign: tuple[str, int], end: float) -> None:
    campaign_id, rounds = campaign
    while True:
        budget = town.ask(entity, "training", "budget")["budget"]
        (paid,) = budget["campaigns"]
        assert (paid["id"], paid["rounds_spent"]) == (campaign_id, rounds)
        if not paid["open"]:  # the node looks after a while whether the campaign has ended
            break
        assert time.monotonic() < end, budget
    assert budget["spent"] <= 4.0
    town.running.pop(entity).stop()
    node = Node(town.homes[entity])
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        types = Counter(json.loads(ledger.leaf(index))["type"] for index in range(ledger.size()))
        assert epsilon_ledger(session).verify() == rounds
    node.close()
    assert types["training_contributed"] == rounds
