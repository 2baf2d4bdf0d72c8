"""The entry point that a SuperLink loads: a campaign of the coordinator on this machine, over the SuperLink's grid.

The coordinator's database keeps each completed round. A run that ends early is started again and goes on from there.
"""

import threading
import time
from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_runner import OnStep
from coordinator.training.campaign_states import CampaignState
from coordinator.training.round_engine import campaign_run
from coordinator.wiring import Coordinator
from federated.coordination.progress import Progress
from federated.flower.server_app import run_campaign
from federated.flower.superlink_grid import NamedGrid

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Run the rounds that are left, and release the model or stop the campaign."""
    coordinator = Coordinator(Path(str(context.run_config["home"])))
    named = NamedGrid(grid, nodes_of(str(context.run_config["nodes"])))
    campaign_id = str(context.run_config["campaign"])

    def key_of(entity: str) -> bytes:
        with coordinator.context.snapshot() as session:
            return bytes.fromhex(coordinator.training(session).party(entity).signing_key)

    def run_rounds(campaign: Campaign, on_step: OnStep, _stopping: threading.Event) -> Progress:
        unknown = sorted(set(campaign.approved) - set(named.entities))
        if unknown:
            raise SystemExit(f'no SuperNode is registered for {", ".join(unknown)}: add them to nodes="..."')
        seconds = coordinator.context.settings.round_seconds
        _wait_for(len(campaign.approved), named, seconds)
        return run_campaign(campaign_run(campaign, on_step, key_of, seconds), named, campaign.checkpoint)

    try:
        runner = coordinator.campaigns_over(run_rounds)
        if runner.settle(campaign_id) is not CampaignState.RUNNING:
            raise SystemExit("the campaign is not to be run: see redpact-coordinator training status")
        runner.finish(campaign_id, threading.Event())
    finally:
        coordinator.close()


def nodes_of(text: str) -> dict[str, int]:
    """Read ``leon=123 burgos=456``: the number that `flwr supernode register` gave for the key of each entity."""
    return {entity: int(number) for entity, _, number in (pair.partition("=") for pair in text.split())}


def _wait_for(count: int, grid: NamedGrid, seconds: float) -> None:
    """Wait for the SuperNodes of a cohort; who is late misses rounds, which the campaign's minimum judges."""
    deadline = time.monotonic() + seconds
    while len(list(grid.get_node_ids())) < count and time.monotonic() < deadline:
        time.sleep(0.5)
