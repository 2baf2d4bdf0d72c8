"""Campaigns over real mutual TLS: a coordinator that listens, and nodes with a table each that call it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from coordinator.training import campaign_report as report
from coordinator.training.campaign_queries import get_campaign
from coordinator.training.campaign_register import Campaign
from coordinator.training.proposal import Proposal
from coordinator.training.proposal_command import Source, propose
from federated.campaign.manifest import DataSource
from node.training.campaign_decisions import approve
from tests.support.network import Network, network
from tests.support.training import DATASET, SCHEMA, register_demo
from tests.support.waiting import PATIENCE_SECONDS

ENTITIES = ("avila", "leon", "soria", "zamora")


@contextmanager
def serving(root: Path, *, round_seconds: float) -> Iterator[Network]:
    """Give a network whose nodes serve and have a table registered."""
    with network(root, round_seconds=round_seconds) as made:
        for entity in ENTITIES:
            register_demo(made.join(entity).context, root)
            made.serve(entity)
        yield made


def propose_campaign(
    net: Network, *, model: str = "logistic", minimum: int = 3, decide_within: timedelta = timedelta(minutes=10)
) -> Campaign:
    """Propose a campaign on the nodes' tables."""
    schema = net.root / "campaign.yaml"
    schema.write_text(SCHEMA)
    proposal = Proposal("Prueba", 4.0, 1e-5, minimum, decide_within, timedelta(hours=1), model=model)
    coordinator, requested = net.coordinator, (proposal, Source(DataSource.TABLE, schema, DATASET))
    return propose(coordinator.context, coordinator.registry, coordinator.training, requested)


def approve_all(net: Network, campaign: Campaign) -> None:
    """Approve a campaign at every node."""
    for node in net.nodes.values():
        assert approve(node.context, node.training_client(), campaign.campaign_id).delivered


def until(net: Network, campaign: Campaign, condition: Callable[[Campaign], bool]) -> Campaign:
    """Wait until the campaign, as stored, fulfils `condition`."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = get_campaign(net.coordinator.context, net.coordinator.training, campaign.campaign_id)
        if condition(found):
            return found
        assert time.monotonic() < end, report.text([found], "en")
        time.sleep(0.02)


def ended(campaign: Campaign) -> bool:
    """Return whether a campaign is over."""
    return campaign.state in report.FINAL
