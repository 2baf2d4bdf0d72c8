"""The servicer of `Relay`, and how a command on this machine asks the running service who is attached."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Final

import grpc
from typing_extensions import override

from coordinator.relay.errors import RelayOff
from coordinator.relay.switchboard import Switchboard
from coordinator.rpc.callers import admitted_caller, require_active
from coordinator.rpc.network import KEEPALIVE_SECONDS, STREAM_SECONDS
from coordinator.wiring import Coordinator
from presentation.messages import _
from protos.redpact.v1 import relay_pb2, relay_pb2_grpc
from service.channels import ChannelPool
from service.grpc_server import Register
from service.peer import caller_id
from service.status import peer_errors
from trust.addresses import split_address
from trust.parties import COORDINATOR_ID, server_name

MAX_WAIT_SECONDS: Final = 30.0
"""A caller holds a thread for no longer than this."""
_MARGIN_SECONDS: Final = 0.2
"""The caller is told that its time is up this much before it is, so that it learns the reason."""
_ASK_SECONDS: Final = 3.0
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - what is listened on, to be called from here


class RelayServicer(relay_pb2_grpc.RelayServicer):
    """Knows who calls, and hands the bytes to the switchboard."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator

    @override
    def Attach(
        self, request: relay_pb2.AttachRequest, context: grpc.ServicerContext
    ) -> Iterator[relay_pb2.RelayedCall]:
        """Send the calls for the calling entity as they come, until the stream's time is up or a newer one is open."""
        end, entity = time.monotonic() + STREAM_SECONDS, self._admitted(context)
        attachment = self._board().attach(entity)
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
        """Pass a call on and wait for its answer; both sides are active entities at this moment."""
        board, recipient = self._board(), request.recipient
        caller = caller_id(context, self._coordinator.settings.network)
        with self._coordinator.snapshot() as session:
            statuses = self._coordinator.registry(session).statuses(caller, recipient)
        for entity in (caller, recipient):
            require_active(entity, statuses.get(entity))
        seconds = min(max(context.time_remaining() - _MARGIN_SECONDS, 0), MAX_WAIT_SECONDS)  # infinite without deadline
        return relay_pb2.PassReply(sealed=board.pass_on(caller, recipient, request.sealed, seconds))

    @override
    def Answer(self, request: relay_pb2.AnswerRequest, context: grpc.ServicerContext) -> relay_pb2.AnswerReply:
        """Take the calling entity's answer to a call that was passed to it, when both sides were found active."""
        entity = caller_id(context, self._coordinator.settings.network)
        self._board().answer(entity, request.call_id, request.sealed)
        return relay_pb2.AnswerReply()

    @override
    def ListAttached(
        self, request: relay_pb2.ListAttachedRequest, context: grpc.ServicerContext
    ) -> relay_pb2.ListAttachedReply:
        """Return who is attached, to entities and to the coordinator's own commands."""
        if caller_id(context, self._coordinator.settings.network) != COORDINATOR_ID:
            self._admitted(context)
        return relay_pb2.ListAttachedReply(entities=self._board().attached())

    def _admitted(self, context: grpc.ServicerContext) -> str:
        with self._coordinator.snapshot() as session:
            return admitted_caller(self._coordinator, session, context).id

    def _board(self) -> Switchboard:
        if not self._coordinator.settings.relay:
            raise RelayOff(
                _("esta red no tiene repetidor"),
                remedy=_("ponga relay = true en la configuración del coordinador, o use direcciones"),
            )
        return self._coordinator.switchboard


def relay_servicer(coordinator: Coordinator) -> Register:
    """Return what adds the servicer to a server."""
    return partial(relay_pb2_grpc.add_RelayServicer_to_server, RelayServicer(coordinator))


def attached_now(coordinator: Coordinator) -> tuple[str, ...]:
    """Ask the service that runs on this machine who is attached to its relay.

    Raises:
        PeerUnreachable: it does not run.
        PeerRefused: it runs no relay.
        RedpactError: the coordinator's certificate is not usable.
    """
    settings, pool = coordinator.settings, ChannelPool(coordinator.certificate)
    host, port = split_address(settings.listen)
    name = server_name(settings.network, COORDINATOR_ID)
    address = f"{_ANYWHERE[host]}:{port}" if host in _ANYWHERE else settings.listen
    try:
        with peer_errors("the coordinator's service"):
            stub = relay_pb2_grpc.RelayStub(pool.channel(address, name))
            return tuple(stub.ListAttached(relay_pb2.ListAttachedRequest(), timeout=_ASK_SECONDS).entities)
    finally:
        pool.close()
