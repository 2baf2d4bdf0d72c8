"""The Relay service: sealed calls on their way between entities."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Final

import grpc
from typing_extensions import override

from coordinator.context import CoordinatorContext
from coordinator.registry import OpenRegistry
from coordinator.relay.call_relay import CallRelay
from coordinator.relay.errors import RelayOff
from coordinator.rpc.callers import admitted_caller, require_active
from coordinator.rpc.network import KEEPALIVE_SECONDS, STREAM_SECONDS
from presentation.messages import _
from protos.redpact.v1 import relay_pb2, relay_pb2_grpc
from service.grpc_server import Register
from service.peer import caller_id
from trust.parties import COORDINATOR_ID

MAX_WAIT_SECONDS: Final = 30.0
"""Longest time for which a caller holds a thread."""
_MARGIN_SECONDS: Final = 0.2
"""Time before the caller's deadline at which it is refused, so that the reason still reaches it."""


class RelayServicer(relay_pb2_grpc.RelayServicer):
    """Identifies callers and hands their sealed bytes to the relay."""

    def __init__(self, context: CoordinatorContext, open_registry: OpenRegistry, relay: CallRelay) -> None:
        self._context = context
        self._open_registry = open_registry
        self._relay = relay

    @override
    def Attach(
        self, request: relay_pb2.AttachRequest, context: grpc.ServicerContext
    ) -> Iterator[relay_pb2.RelayedCall]:
        """Send the calls for the calling entity as they come, until the stream's time is up or a newer one is open."""
        end, entity = time.monotonic() + STREAM_SECONDS, self._admitted(context)
        attachment = self._enabled().attach(entity)
        if not context.add_callback(attachment.close):
            attachment.close()  # the call is over already
        try:
            yield relay_pb2.RelayedCall()
            while not attachment.closed and time.monotonic() < end:
                call = attachment.take(KEEPALIVE_SECONDS)
                if call is not None:
                    yield relay_pb2.RelayedCall(call_id=call.call_id, caller=call.caller, sealed=call.sealed)
                elif not attachment.closed:
                    self._admitted(context)
                    yield relay_pb2.RelayedCall()
        finally:
            attachment.close()

    @override
    def Pass(self, request: relay_pb2.PassRequest, context: grpc.ServicerContext) -> relay_pb2.PassReply:
        """Forward a call and wait for its answer; both sides are active entities at this moment."""
        relay, recipient = self._enabled(), request.recipient
        caller = caller_id(context, self._context.settings.network)
        with self._context.snapshot() as session:
            statuses = self._open_registry(session).statuses(caller, recipient)
        for entity in (caller, recipient):
            require_active(entity, statuses.get(entity))
        seconds = min(max(context.time_remaining() - _MARGIN_SECONDS, 0), MAX_WAIT_SECONDS)  # infinite without deadline
        return relay_pb2.PassReply(sealed=relay.forward(caller, recipient, request.sealed, seconds))

    @override
    def Answer(self, request: relay_pb2.AnswerRequest, context: grpc.ServicerContext) -> relay_pb2.AnswerReply:
        """Take the calling entity's answer to a call that was forwarded to it, when both sides were found active."""
        entity = caller_id(context, self._context.settings.network)
        self._enabled().answer(entity, request.call_id, request.sealed)
        return relay_pb2.AnswerReply()

    @override
    def ListAttached(
        self, request: relay_pb2.ListAttachedRequest, context: grpc.ServicerContext
    ) -> relay_pb2.ListAttachedReply:
        """Return the attached entities, to entities and to the coordinator's own commands."""
        if caller_id(context, self._context.settings.network) != COORDINATOR_ID:
            self._admitted(context)
        return relay_pb2.ListAttachedReply(entities=self._enabled().attached())

    def _admitted(self, context: grpc.ServicerContext) -> str:
        with self._context.snapshot() as session:
            return admitted_caller(self._open_registry(session), self._context.settings.network, context).id

    def _enabled(self) -> CallRelay:
        if not self._context.settings.relay:
            raise RelayOff(
                _("esta red no tiene repetidor"),
                remedy=_("ponga relay = true en la configuración del coordinador, o use direcciones"),
            )
        return self._relay


def relay_servicer(context: CoordinatorContext, open_registry: OpenRegistry, relay: CallRelay) -> Register:
    """Return the function that adds the servicer to a server."""
    servicer = RelayServicer(context, open_registry, relay)
    return partial(relay_pb2_grpc.add_RelayServicer_to_server, servicer)
