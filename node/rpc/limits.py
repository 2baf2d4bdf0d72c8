"""The limits of other entities: the group of each method's calls, the size of its request, and what they share."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from node.rpc.certificates import listed_certificates
from records_exchange.message import MAX_MESSAGE_BYTES
from records_exchange.request import MAX_REQUEST_BYTES
from service.call_guard import CallGuard, CallLimit
from service.limits import CallerLimits, CallGroup

if TYPE_CHECKING:
    from node.context import NodeContext
    from service.connections import ConnectionLimits

ENVELOPE_BYTES: Final = 2048
"""Upper bound on the bytes that type, key id, signature and the head of the directories add to a signed payload."""

CALLS: Final[Mapping[str, CallLimit]] = {
    "/redpact.v1.Records/FetchSummary": CallLimit(CallGroup.FETCHES, MAX_REQUEST_BYTES + ENVELOPE_BYTES),
    "/redpact.v1.Messages/Deliver": CallLimit(CallGroup.MESSAGES, MAX_MESSAGE_BYTES + ENVELOPE_BYTES),
    "/redpact.v1.PseudonymKey/Evaluate": CallLimit(CallGroup.QUESTIONS, 128 * 1024),
    "/redpact.v1.Ledger/ProveConsistency": CallLimit(CallGroup.QUESTIONS, 64),
}


def caller_limits(context: "NodeContext") -> CallerLimits:
    """Return limits of callers as the settings say, with nobody counted yet."""
    return CallerLimits(context.settings.rates, threads=context.settings.workers, now=context.clock.now)


def call_guard(context: "NodeContext", limits: CallerLimits, connections: "ConnectionLimits") -> CallGuard:
    """Return the guard that admits calls of other entities."""
    return CallGuard(
        limits,
        CALLS,
        network=context.settings.network,
        certificates=listed_certificates(context),
        connections=connections,
    )
