"""The entity's app, as it is, behind the entry point that a SuperNode loads. Rows come from the folder of the run."""

from pathlib import Path

import numpy as np
from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from federated.flower.client_app import build_client_app
from federated.manifest import CampaignManifest
from federated.models.logistic import clipped_sum
from federated.training import LocalTrainer

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Answer a round from the rows of this node's entity."""
    entity, folder = str(context.node_config["entity"]), Path(str(context.run_config["folder"]))
    manifest = CampaignManifest.model_validate_json((folder / "manifest.json").read_bytes())
    with np.load(folder / f"{entity}.npz") as rows:
        trainer = LocalTrainer(manifest, rows["matrix"], rows["labels"], clipped_sum=clipped_sum)
    return build_client_app(entity, trainer)(message, context)
