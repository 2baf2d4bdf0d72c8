"""Flower's own deployment engine, SuperLink and SuperNodes, under the same apps.

A SuperLink assigns numbers to its nodes; the network knows entities by name. The administrator registers a number with
each SuperNode's key; `NamedGrid` maps the two, so that the strategy is independent of the engine. A SuperNode runs each
message in a process of its own, without memory: the reply comes from the entity's node, with the same guard and ledger
as on the network's own grid.
"""

from collections.abc import Callable, Iterable, Mapping

from flwr.app import Context, Message, Metadata, RecordDict
from flwr.app.message.message import make_message
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from typing_extensions import override

from federated.coordination.task_store import flower_id
from federated.errors import TrainingMessageMalformed
from federated.flower.messages import message_from_bytes, message_to_bytes
from presentation.messages import _

MessageHandler = Callable[[bytes], bytes]
"""From a serialised Flower message to the serialised reply of an entity: a contribution, or a refusal."""


class NamedGrid(Grid):
    """A SuperLink's grid, on which entities have the numbers that `flower_id` gives them everywhere else."""

    def __init__(self, grid: Grid, nodes: Mapping[str, int]) -> None:
        """Give names to the nodes of `grid`.

        Args:
            grid: of the SuperLink.
            nodes: entity id to the number under which the SuperLink registered the key of its SuperNode.
        """
        self._grid = grid
        self.entities = tuple(nodes)
        self._numbers = {flower_id(entity): number for entity, number in nodes.items()}
        self._known = {number: known for known, number in self._numbers.items()}

    @override
    def set_run(self, run: Run) -> None:
        """Set the run."""
        self._grid.set_run(run)

    @property
    @override
    def run(self) -> Run:
        """Run information."""
        return self._grid.run

    @override
    def create_message(
        self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None
    ) -> Message:
        """Create a message to an entity, given as its `flower_id`."""
        return self._grid.create_message(content, message_type, self._numbers[dst_node_id], group_id, ttl)

    @override
    def get_node_ids(self) -> Iterable[int]:
        """Return the `flower_id` of the entities whose SuperNode is connected; other nodes are ignored."""
        return [self._known[number] for number in self._grid.get_node_ids() if number in self._known]

    @override
    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Push messages that `create_message` made."""
        return self._grid.push_messages(list(messages))

    @override
    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Pull the replies of the entities."""
        return self._named(self._grid.pull_messages(message_ids))

    @override
    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Push messages that `create_message` made, and wait for the replies."""
        return self._named(self._grid.send_and_receive(list(messages), timeout=timeout))

    def _named(self, replies: Iterable[Message]) -> list[Message]:
        return [
            _from(self._known[reply.metadata.src_node_id], reply)
            for reply in replies
            if reply.metadata.src_node_id in self._known
        ]


def build_relaying_client_app(answer: MessageHandler) -> ClientApp:
    """Return the app of an entity that forwards messages to the entity's node, which checks and answers them."""
    app = ClientApp()

    @app.train()
    def train(message: Message, _context: Context) -> Message:
        # A stored reply may name an earlier message; its content is the reply to this one too.
        reply = message_from_bytes(answer(message_to_bytes(message)))
        if reply.has_error():
            return Message(reply.error, reply_to=message)
        if not reply.has_content():
            raise TrainingMessageMalformed(_("la respuesta de la entidad está vacía"))
        return Message(reply.content, reply_to=message)

    return app


def _from(node: int, reply: Message) -> Message:
    known = reply.metadata
    metadata = Metadata(
        run_id=known.run_id,
        message_id=known.message_id,
        src_node_id=node,
        dst_node_id=known.dst_node_id,
        reply_to_message_id=known.reply_to_message_id,
        group_id=known.group_id,
        created_at=known.created_at,
        ttl=known.ttl,
        message_type=known.message_type,
    )
    if reply.has_error():
        return make_message(metadata, error=reply.error)
    return make_message(metadata, content=reply.content)
