"""The engine in one process: for simulations and tests. The same apps, the same bytes, no network."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from flwr.app import Message
from typing_extensions import override

from federated.flower.campaign_grid import CampaignGrid
from federated.flower.messages import message_from_bytes, message_to_bytes, readdressed

TTL_SECONDS: Final = 3600.0

SimulatedEntity = Callable[[bytes], bytes | None]
"""From a serialised message to the serialised reply of an entity; None when it does not reply."""


class InProcessGrid(CampaignGrid):
    """A grid whose entities are functions; messages are serialised on the way, as on the wire."""

    def __init__(
        self, campaign_id: str, entities: Mapping[str, SimulatedEntity], *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(campaign_id, tuple(entities), now=now, ttl_seconds=TTL_SECONDS)
        self._handlers = entities
        self._replies: dict[str, Message] = {}

    @override
    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Let each entity reply at once, and return the messages' ids."""
        pushed: list[str] = []
        for message in messages:
            node_id, message_id = message.metadata.dst_node_id, message.metadata.message_id
            pushed.append(message_id)
            reply = self._handlers[self.entities[node_id]](message_to_bytes(message))
            if reply is not None:
                known = readdressed(
                    message_from_bytes(reply), run_id=self.run.run_id, node_id=node_id, reply_to=message_id
                )
                self._replies[message_id] = known
        return pushed

    @override
    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return the replies that have arrived, each once."""
        return [self._replies.pop(message_id) for message_id in message_ids if message_id in self._replies]

    @override
    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Push messages and return the replies; there is nothing to wait for."""
        del timeout
        return self.pull_messages(list(self.push_messages(messages)))
