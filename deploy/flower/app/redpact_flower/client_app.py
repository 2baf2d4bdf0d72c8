"""The entry point that a SuperNode loads: every message goes to the node installed beside it, and to its guard."""

from pathlib import Path

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from federated.flower.superlink_grid import build_relaying_client_app
from node.clients.training import PulledTask
from node.training.campaign_worker import TrainingWorker
from node.wiring import Node
from service import log

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Have the node answer; its home is in the SuperNode's own configuration, never in what the server sends."""
    log.configure("warning")
    node = Node(Path(str(context.node_config["home"])))
    try:
        worker = TrainingWorker(node.context, node.training_client(), node.directory_follower.refresh)
        relaying = build_relaying_client_app(lambda data: worker.answer(PulledTask("", "", data)))
        return relaying(message, context)
    finally:
        node.close()
