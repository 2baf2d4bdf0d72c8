"""The entity's side: a Flower `ClientApp` that answers a round from local rows.

It knows nothing of guards or budgets: the node asks `federated.guard` before it runs this app, and records what it
returns before anything is sent.
"""

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp

from federated.flower.messages import contribution_content, message_from_bytes, message_to_bytes, read_request
from federated.training import LocalTrainer


def build_client_app(entity: str, trainer: LocalTrainer) -> ClientApp:
    """Return the app of one entity for one campaign."""
    app = ClientApp()

    @app.train()
    def train(message: Message, _context: Context) -> Message:
        contribution = trainer.contribute(entity, read_request(message))
        return Message(contribution_content(contribution), reply_to=message)

    return app


def answer(message: bytes, *, entity: str, trainer: LocalTrainer) -> bytes:
    """Run the app on one serialised message and return the serialised reply.

    Raises:
        MessageMalformed: not a request that this campaign's model can answer.
    """
    request = message_from_bytes(message)
    read_request(request)  # anything but a round is refused before Flower routes it
    context = Context(request.metadata.run_id, request.metadata.dst_node_id, {}, RecordDict(), {})
    return message_to_bytes(build_client_app(entity, trainer)(request, context))
