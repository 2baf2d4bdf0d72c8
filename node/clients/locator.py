"""Calls from this node to the private locator and its key holders. Nothing received is verified here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import grpc

from presentation.messages import _
from protos.redpact.v1 import locator_pb2, locator_pb2_grpc
from service.deadlines import Deadline
from service.status import peer_errors
from service.wire import from_wire, to_wire
from trust.errors import MalformedDocument
from trust.parties import COORDINATOR_ID
from trust.signing import Envelope

LOCATOR_SECONDS: Final = 5.0
"""Deadline of a call: a professional is waiting, and can name the entities to ask instead."""

QUOTA_EXCEEDED: Final = "locator_quota_exceeded"
"""The code of the locator's refusal to an entity beyond its quota."""

PUBLISH_SECONDS: Final = 20.0
LIST_SECONDS: Final = 300.0
"""Deadline of the whole list of our entries, page after page."""
MAX_PAGES: Final = 1000
_TOKEN_BYTES: Final = 32
_LATEST: Final = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Unverified points and proof, and the rest of our quota as the key holder states it."""

    points: tuple[bytes, ...]
    proof: bytes
    remaining: int


class LocatorClient:
    """Calls the Locator service over the node's mutual-TLS channels.

    Every method raises PeerRefused, PeerUntrusted or PeerUnreachable when the call fails.
    """

    def __init__(self, coordinator: Callable[[], grpc.Channel], key_holder: Callable[[str], grpc.Channel]) -> None:
        self._coordinator = coordinator
        self._key_holder = key_holder

    def evaluate(self, key_holder: str, request: Envelope, points: Sequence[bytes]) -> Evaluated:
        """Ask one key holder to evaluate blinded points."""
        message = locator_pb2.EvaluateRequest(request=to_wire(request), points=points)
        with peer_errors(_name(key_holder)):
            stub = locator_pb2_grpc.LocatorStub(self._key_holder(key_holder))
            reply = stub.Evaluate(message, timeout=LOCATOR_SECONDS)
        return Evaluated(tuple(reply.points), reply.proof, reply.remaining)

    def publish(self, publication: Envelope) -> None:
        """Deliver a signed publication."""
        message = locator_pb2.PublishRequest(publication=to_wire(publication))
        with peer_errors(_name(COORDINATOR_ID)):
            self._stub().Publish(message, timeout=PUBLISH_SECONDS)

    def published(self, epoch: int) -> Iterator[tuple[str, datetime]]:
        """Yield the locator's entries of this entity, as (token, end), in the order of the tokens.

        Raises:
            MalformedDocument: the answer is no ordered list of entries.
        """
        after, deadline = b"", Deadline(LIST_SECONDS)
        for _unused in range(MAX_PAGES):
            message = locator_pb2.ListPublishedRequest(epoch=epoch, after=after)
            with peer_errors(_name(COORDINATOR_ID)):
                page = self._stub().ListPublished(message, timeout=min(PUBLISH_SECONDS, deadline.left())).entries
            if not page:
                return
            for entry in page:
                if len(entry.token) != _TOKEN_BYTES or entry.token <= after or not 0 <= entry.until < _LATEST:
                    raise MalformedDocument(_("la lista de nuestras entradas que da el localizador no es válida"))
                after = entry.token
                yield after.hex(), datetime.fromtimestamp(entry.until, UTC)
        raise MalformedDocument(_("la lista de nuestras entradas que da el localizador no termina"))

    def find(self, question: Envelope) -> Envelope:
        """Ask a signed question and return the signed answer."""
        message = locator_pb2.FindRequest(question=to_wire(question))
        with peer_errors(_name(COORDINATOR_ID)):
            return from_wire(self._stub().Find(message, timeout=LOCATOR_SECONDS).answer)

    def _stub(self) -> "locator_pb2_grpc.LocatorStub":
        return locator_pb2_grpc.LocatorStub(self._coordinator())


def _name(key_holder: str) -> str:
    if key_holder == COORDINATOR_ID:
        return _("el localizador")
    return _("la entidad {holder}, que guarda una clave del localizador", holder=key_holder)
