"""An entity's app on stock Flower: the noised sum of a round in the clear, as it goes without our protocol."""

from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp

from federated.campaign.manifest import CampaignManifest
from federated.campaign.stage_sums import StageSums
from federated.models import local_sum_for
from federated.privacy.gaussian_noise import discrete_gaussian
from federated.privacy.stages import position_of
from federated.tabular.rows import Rows

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Answer a round from the rows of this node's entity."""
    entity, folder = str(context.node_config["entity"]), Path(str(context.run_config["folder"]))
    manifest = CampaignManifest.model_validate_json((folder / "manifest.json").read_bytes())
    with np.load(folder / f"{entity}.npz") as rows:
        people = Rows.of(rows["matrix"], rows["labels"])
    arrays, terms = message.content["parameters"], message.content["round"]
    assert isinstance(arrays, ArrayRecord)
    assert isinstance(terms, ConfigRecord)
    position = position_of(manifest.stages, int(str(terms["number"])))
    assert position is not None
    exact = local_sum_for(manifest)(arrays["parameters"].numpy(), position.stage.kind, people)
    noised = exact + discrete_gaussian(len(exact), StageSums(manifest).share_variance(position))
    return Message(RecordDict({"sum": ArrayRecord({"sum": Array(noised)})}), reply_to=message)
