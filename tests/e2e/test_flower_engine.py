"""A campaign on Flower's own deployment engine: TLS, registered SuperNodes, and the guard of each node behind them."""

import json
import os
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from coordinator.training.campaign_queries import get_campaign, verified_release
from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import CampaignState
from coordinator.training.proposal import Proposal
from coordinator.training.proposal_command import Source, propose
from federated.campaign.manifest import DataSource, seal_manifest
from federated.campaign.stage_planning import plan_stages
from node.ledger.own import own_ledger
from node.training.campaign_decisions import approve
from node.training.stores import epsilon_ledger
from node.wiring import Node
from tests.support.flower_engine import Engine, flower_engine
from tests.support.network import Network, network
from tests.support.training import DATASET, SCHEMA, budget_of, register_demo
from tests.support.waiting import eventually

ENTITIES = ("avila", "leon", "soria", "zamora")
ROUNDS = 3
"""One for the means, one of training, one for the evaluation."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        "REDPACT_FLOWER_ENGINE" not in os.environ,
        reason="each step starts a process an entity, minutes in all: make flower runs it",
    ),
]


def proposed(net: Network) -> Campaign:
    """Propose a campaign of few rounds: each of its steps costs this engine the start of a process an entity."""
    schema = net.root / "campaign.yaml"
    schema.write_text(SCHEMA)
    terms = Proposal("Prueba", 4.0, 1e-5, 3, timedelta(minutes=30), timedelta(hours=1), model="logistic")
    coordinator, requested = net.coordinator, (terms, Source(DataSource.TABLE, schema, DATASET))
    planned = propose(coordinator.context, coordinator.registry, coordinator.training, requested).manifest
    short = planned.terms.model_copy(update={"rounds": 1})
    manifest = planned.model_copy(
        update={
            "campaign_id": "f0" * 16,
            "terms": short,
            "stages": plan_stages(short, epsilon=planned.epsilon, delta=planned.delta),
        }
    )
    with net.coordinator.context.transaction() as session:
        envelope = seal_manifest(manifest, net.coordinator.context.keys.signing)
        return net.coordinator.training(session).campaigns.propose(envelope, net.clock.now())


def as_it_stands(net: Network, campaign: Campaign) -> Campaign:
    return get_campaign(net.coordinator.context, net.coordinator.training, campaign.campaign_id)


def ledger_types(node: Node) -> Counter[str]:
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        return Counter(json.loads(ledger.leaf(index))["type"] for index in range(ledger.size()))


def watched_until_released(net: Network, campaign: Campaign, engine: Engine, seconds: float) -> set[str]:
    """Wait for the release and return every address beyond this machine that any process was connected to."""
    seen: set[str] = set()
    deadline = time.monotonic() + seconds
    while as_it_stands(net, campaign).state is not CampaignState.RELEASED:
        assert time.monotonic() < deadline, "\n".join(engine.log(name) for name in ("superlink", *ENTITIES))
        seen |= engine.remote_addresses()
        time.sleep(0.5)
    return seen


@pytest.mark.invariant(6)
def test_a_campaign_runs_on_a_superlink_and_each_node_admits_pays_and_keeps_what_it_sends(tmp_path: Path) -> None:
    with (
        network(tmp_path, own_rounds=False, round_seconds=300) as net,
        flower_engine(tmp_path / "flower") as engine,
    ):
        for entity in ENTITIES:
            register_demo(net.join(entity).context, tmp_path)
        campaign = proposed(net)
        for node in net.nodes.values():
            assert approve(node.context, node.training_client(), campaign.campaign_id).delivered
        soria = net.nodes["soria"]
        with soria.context.transaction() as session:  # closed here, unknown to anybody else: its guard alone says no
            epsilon_ledger(session).close(campaign.campaign_id, net.clock.now())
        numbers = {entity: engine.register(entity) for entity in ENTITIES}
        for entity in ENTITIES:
            engine.start_supernode(entity, net.nodes[entity].context.home)

        engine.run_app(
            {
                "home": str(net.coordinator.context.home),
                "campaign": campaign.campaign_id,
                "nodes": " ".join(f"{entity}={number}" for entity, number in numbers.items()),
            }
        )
        addresses = watched_until_released(net, campaign, engine, seconds=900)

        done = as_it_stands(net, campaign)
        assert verified_release(net.coordinator.context, done).contributors == ("avila", "leon", "zamora")
        assert ledger_types(net.nodes["leon"]) == {"training_approved": 1, "training_contributed": ROUNDS}
        (reservation,) = budget_of(net.nodes["leon"].context).reservations
        assert reservation.spent == {1, 2, 3}
        assert ledger_types(soria) == {"training_approved": 1}
        assert addresses == set()


def test_a_supernode_whose_key_nobody_registered_is_turned_away(tmp_path: Path) -> None:
    with flower_engine(tmp_path / "flower") as engine:
        engine.make_key("stranger")
        stranger = engine.start_supernode("stranger", tmp_path)
        assert eventually(lambda: stranger.poll() is not None), engine.log("stranger")
        assert stranger.returncode != 0
        assert "Failed to activate SuperNode" in engine.log("stranger")  # an answer of the SuperLink, not silence
        listed = json.loads(engine.flwr("supernode", "list", "gerencia", "--format", "json"))
        assert listed["nodes"] == []
