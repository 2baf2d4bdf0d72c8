"""The entry point that a SuperNode loads: every message goes to the node installed beside it, whose guard admits it."""

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
    """Let the node answer; its home is in the SuperNode's own configuration, never in the server's message."""
    log.configure("warning")
    with Node(Path(str(context.node_config["home"]))) as node:
        worker = TrainingWorker(node.context, node.training_client(), node.directory_follower.refresh)
        relaying = build_relaying_client_app(lambda data: worker.answer(PulledTask("", "", data)))
        return relaying(message, context)
