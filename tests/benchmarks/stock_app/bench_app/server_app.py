"""The coordinator's app, as it is, on the grid of a SuperLink. It notes when each round ended."""

import time
from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from federated.flower.server_app import CampaignRun, NoisySumStrategy, build_server_app
from federated.manifest import CampaignManifest
from federated.rounds import TrainingState

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Wait for the nodes, then run the campaign."""
    folder = Path(str(context.run_config["folder"]))
    manifest = CampaignManifest.model_validate_json((folder / "manifest.json").read_bytes())
    while len(nodes := list(grid.get_node_ids())) < len(manifest.invited):
        time.sleep(0.1)
    ended = [time.perf_counter()]

    def on_round(_state: TrainingState) -> None:
        ended.append(time.perf_counter())
        with (folder / "rounds.txt").open("a") as file:
            file.write(f"{ended[-1] - ended[-2]}\n")

    run = CampaignRun(manifest, "0" * 64, manifest.invited, on_round)
    strategy = NoisySumStrategy(run, TrainingState.start(manifest, "0" * 64))
    # A SuperLink numbers its nodes at random; which entity is which does not matter to the time a round takes.
    strategy._names = dict(zip(nodes, manifest.invited, strict=False))
    build_server_app(run, strategy)(grid, context)
