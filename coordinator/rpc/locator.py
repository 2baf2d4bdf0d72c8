"""The Locator service on the wire: parse a request, let `LocatorRequests` answer it, encode the answer."""

from functools import partial

import grpc
from pydantic import ValidationError
from typing_extensions import override

from coordinator.locator.entity_requests import LocatorRequests
from presentation.messages import _
from protos.redpact.v1 import locator_pb2, locator_pb2_grpc
from service.grpc_server import Register
from service.peer import caller_id
from service.wire import from_wire, to_wire
from trust.errors import MalformedDocument
from trust.locator_terms import KeyStatementRecord


class LocatorServicer(locator_pb2_grpc.LocatorServicer):
    """Serves entities over mutual TLS; the certificate names the caller."""

    def __init__(self, requests: LocatorRequests, network: str) -> None:
        self._requests = requests
        self._network = network

    @override
    def Publish(self, request: locator_pb2.PublishRequest, context: grpc.ServicerContext) -> locator_pb2.PublishReply:
        """Add and remove entries of the caller."""
        self._requests.publish(caller_id(context, self._network), from_wire(request.publication))
        return locator_pb2.PublishReply()

    @override
    def ListPublished(
        self, request: locator_pb2.ListPublishedRequest, context: grpc.ServicerContext
    ) -> locator_pb2.ListPublishedReply:
        """Return a page of the caller's own entries."""
        page = self._requests.published(caller_id(context, self._network), request.epoch, request.after)
        entries = [locator_pb2.PublishedEntry(token=token, until=int(until.timestamp())) for token, until in page]
        return locator_pb2.ListPublishedReply(entries=entries)

    @override
    def Find(self, request: locator_pb2.FindRequest, context: grpc.ServicerContext) -> locator_pb2.FindReply:
        """Answer a signed question with a signed answer of constant size."""
        answer = self._requests.find(caller_id(context, self._network), from_wire(request.question))
        return locator_pb2.FindReply(answer=to_wire(answer))

    @override
    def OfferKey(
        self, request: locator_pb2.OfferKeyRequest, context: grpc.ServicerContext
    ) -> locator_pb2.OfferKeyReply:
        """Keep a key that the caller offers, and say whether it is a key holder."""
        holder = self._requests.offer_key(caller_id(context, self._network), _record(request))
        return locator_pb2.OfferKeyReply(holder=holder)


def _record(request: locator_pb2.OfferKeyRequest) -> KeyStatementRecord:
    try:
        return KeyStatementRecord(
            payload=request.payload, by_signing=request.by_signing.hex(), possession=request.possession.hex()
        )
    except ValidationError as error:
        raise MalformedDocument(_("no es una declaración de clave de seudónimos")) from error


def locator_servicer(requests: LocatorRequests, network: str) -> Register:
    """Return the function that adds the servicer to a server."""
    return partial(locator_pb2_grpc.add_LocatorServicer_to_server, LocatorServicer(requests, network))
