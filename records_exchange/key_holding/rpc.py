"""The PseudonymKey service on the wire, at the coordinator and at every entity that holds a key."""

from collections.abc import Callable, Sequence
from functools import partial

import grpc
from typing_extensions import override

from protos.redpact.v1 import locator_pb2, locator_pb2_grpc
from records_exchange.key_holding.evaluations import Evaluated
from service.grpc_server import Register
from service.peer import caller_id
from service.wire import from_wire
from trust.signing import Envelope

Evaluate = Callable[[str, Envelope, Sequence[bytes]], Evaluated]
"""Answers a signed request of a caller for some points: `Evaluations.evaluate`, or what does it for the locator."""


class PseudonymKeyServicer(locator_pb2_grpc.PseudonymKeyServicer):
    """Serves entities over mutual TLS; the certificate names the caller."""

    def __init__(self, evaluate: Evaluate, network: str) -> None:
        self._evaluate = evaluate
        self._network = network

    @override
    def Evaluate(
        self, request: locator_pb2.EvaluateRequest, context: grpc.ServicerContext
    ) -> locator_pb2.EvaluateReply:
        """Evaluate blinded points and prove that the published key was used."""
        caller = caller_id(context, self._network)
        done = self._evaluate(caller, from_wire(request.request), tuple(request.points))
        return locator_pb2.EvaluateReply(points=done.points, proof=done.proof, remaining=done.remaining)


def pseudonym_key_servicer(evaluate: Evaluate, network: str) -> Register:
    """Return the function that adds the servicer to a server."""
    servicer = PseudonymKeyServicer(evaluate, network)
    return partial(locator_pb2_grpc.add_PseudonymKeyServicer_to_server, servicer)
