"""The entry point that a SuperLink loads: a campaign of the coordinator on this machine, over the SuperLink's grid.

The coordinator's database keeps each completed round. A run that ends early is started again and continues from there.
"""

import threading
import time
from functools import partial
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
from presentation.messages import _, listing

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Run the rounds that are left, and release the model or stop the campaign."""
    named = NamedGrid(grid, nodes_of(str(context.run_config["nodes"])))
    campaign_id = str(context.run_config["campaign"])
    with Coordinator(Path(str(context.run_config["home"]))) as coordinator:
        runner = coordinator.campaigns_over(partial(_run_rounds, coordinator, named))
        if runner.settle(campaign_id) is not CampaignState.RUNNING:
            raise SystemExit(_("la campaña no está en marcha: consulte redpact-coordinator training status"))
        runner.finish(campaign_id, threading.Event())


def _run_rounds(
    coordinator: Coordinator, grid: NamedGrid, campaign: Campaign, on_step: OnStep, _stopping: threading.Event
) -> Progress:
    unknown = sorted(set(campaign.approved) - set(grid.entities))
    if unknown:
        raise SystemExit(
            _('no hay ningún SuperNode registrado de {entities}: añádalos a nodes="..."', entities=listing(unknown))
        )
    seconds = coordinator.context.settings.round_seconds
    _wait_for(len(campaign.approved), grid, seconds)
    run = campaign_run(campaign, on_step, partial(_key_of, coordinator), seconds)
    return run_campaign(run, grid, campaign.checkpoint)


def _key_of(coordinator: Coordinator, entity: str) -> bytes:
    with coordinator.context.snapshot() as session:
        return bytes.fromhex(coordinator.training(session).party(entity).signing_key)


def nodes_of(text: str) -> dict[str, int]:
    """Read ``leon=123 burgos=456``: the number that `flwr supernode register` gave for the key of each entity."""
    return {entity: int(number) for entity, _, number in (pair.partition("=") for pair in text.split())}


def _wait_for(count: int, grid: NamedGrid, seconds: float) -> None:
    """Wait for the SuperNodes of a cohort; late ones miss rounds, within the campaign's minimum."""
    deadline = time.monotonic() + seconds
    while len(list(grid.get_node_ids())) < count and time.monotonic() < deadline:
        time.sleep(0.5)
