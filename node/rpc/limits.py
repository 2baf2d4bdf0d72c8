"""The limits of each method for other entities: the group of its calls, and the size of its request."""

from collections.abc import Mapping
from typing import Final

from records_exchange.message import MAX_MESSAGE_BYTES
from records_exchange.request import MAX_REQUEST_BYTES
from service.call_guard import CallLimit
from service.limits import CallGroup

ENVELOPE_BYTES: Final = 2048
"""Upper bound on the bytes that type, key id, signature and the head of the directories add to a signed payload."""

CALLS: Final[Mapping[str, CallLimit]] = {
    "/redpact.v1.Records/FetchSummary": CallLimit(CallGroup.FETCHES, MAX_REQUEST_BYTES + ENVELOPE_BYTES),
    "/redpact.v1.Messages/Deliver": CallLimit(CallGroup.MESSAGES, MAX_MESSAGE_BYTES + ENVELOPE_BYTES),
    "/redpact.v1.PseudonymKey/Evaluate": CallLimit(CallGroup.QUESTIONS, 128 * 1024),
    "/redpact.v1.Ledger/ProveConsistency": CallLimit(CallGroup.QUESTIONS, 64),
}
