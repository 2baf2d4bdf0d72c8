"""The entity's side: a Flower `ClientApp` that answers the steps of a campaign.

The handler of the steps is passed in: at a node `node.training.campaign_worker`, in a study an entity without a disk
(`federated.studies.local_entity`). The app only carries documents.
"""

import logging
from collections.abc import Callable

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp

from federated.errors import FederatedError
from federated.flower.messages import content_of, document_of, message_from_bytes, message_to_bytes, refusal

StepHandler = Callable[[bytes], bytes]
"""From a request's exact bytes to the reply's. Raises `FederatedError` to decline; the reason is not sent."""

_log = logging.getLogger(__name__)


def build_client_app(handle_step: StepHandler) -> ClientApp:
    """Return the app of one entity."""
    app = ClientApp()

    @app.train()
    def train(message: Message, _context: Context) -> Message:
        try:
            return Message(content_of(handle_step(document_of(message))), reply_to=message)
        except FederatedError as error:
            _log.warning("a step was refused: %s", error.code)
            return message_from_bytes(refusal(message_to_bytes(message)))

    return app


def handle_message(message: bytes, handle_step: StepHandler) -> bytes:
    """Run the app on one serialised message and return the serialised reply.

    Raises:
        TrainingMessageMalformed: not a training message.
    """
    request = message_from_bytes(message)
    document_of(request)  # anything else is refused before Flower routes it
    context = Context(request.metadata.run_id, request.metadata.dst_node_id, {}, RecordDict(), {})
    return message_to_bytes(build_client_app(handle_step)(request, context))
