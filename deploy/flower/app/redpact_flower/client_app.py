"""The entry point that a SuperNode loads: every message goes to the node installed beside it, and to its guard."""

from pathlib import Path

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from federated.flower.deployment import build_relaying_client_app
from node.rpc.training import PulledTask
from node.runtime import log
from node.training.worker import TrainingWorker
from node.wiring import Node

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Have the node answer; its home is in the SuperNode's own configuration, never in what the server sends."""
    log.configure("warning")
    node = Node(Path(str(context.node_config["home"])))
    try:
        worker = TrainingWorker(node, node.training_client())
        relaying = build_relaying_client_app(lambda data: worker.answer(PulledTask("", "", data)))
        return relaying(message, context)
    finally:
        node.close()
