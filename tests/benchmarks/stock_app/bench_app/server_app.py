"""The coordinator's app on stock Flower: the same rounds of the same model, with nothing hidden and nothing durable."""

import time
from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, MessageType, RecordDict
from flwr.serverapp import Grid, ServerApp

from federated.campaign.manifest import CampaignManifest
from federated.campaign.stage_sums import StageSums
from federated.privacy.stages import StageKind, position_of

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Wait for the nodes, then run as many rounds as are asked for, and note how long each took."""
    folder, wanted = Path(str(context.run_config["folder"])), int(str(context.run_config["rounds"]))
    manifest = CampaignManifest.model_validate_json((folder / "manifest.json").read_bytes())
    program = StageSums(manifest).program
    state = program.start()
    while len(nodes := list(grid.get_node_ids())) < len(manifest.invited):
        time.sleep(0.1)
    for number in range(1, wanted + 1):
        began, position = time.perf_counter(), position_of(manifest.stages, number)
        assert position is not None
        assert position.stage.kind is not StageKind.EVALUATE
        kind, index = position.stage.kind, position.index + 1
        parameters = Array(program.round_parameters(state, kind, index))
        content = RecordDict(
            {
                "parameters": ArrayRecord({"parameters": parameters}),
                "round": ConfigRecord({"number": number}),
            }
        )
        messages = [grid.create_message(content, MessageType.TRAIN, node, str(number)) for node in nodes]
        replies = list(grid.send_and_receive(messages))
        sums = [reply.content["sum"] for reply in replies]
        total = np.sum([record["sum"].numpy() for record in sums if isinstance(record, ArrayRecord)], axis=0)
        state = program.advance(state, kind, index, tuple(int(each) for each in total))
        with (folder / "rounds.txt").open("a") as file:
            file.write(f"{time.perf_counter() - began}\n")
