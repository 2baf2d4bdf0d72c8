"""Limits of each call of the coordinator: the group in which it is counted, and the size of its request in bytes."""

from collections.abc import Mapping
from typing import Final

from records_exchange.sealing import MAX_SEALED_BYTES
from service.call_guard import CallLimit
from service.channels import MAX_MESSAGE_BYTES
from service.limits import CallGroup, Rate

CALLS: Final[Mapping[str, CallLimit]] = {
    "/redpact.v1.Network/GetDirectory": CallLimit(CallGroup.QUESTIONS, 64),
    "/redpact.v1.Network/ProveDirectories": CallLimit(CallGroup.QUESTIONS, 64),
    "/redpact.v1.Network/Watch": CallLimit(CallGroup.QUESTIONS, 64, waits=True),
    "/redpact.v1.Network/UpdateAddresses": CallLimit(CallGroup.QUESTIONS, 8 * 1024),
    "/redpact.v1.Network/ChangeKey": CallLimit(CallGroup.QUESTIONS, 2 * 1024),
    "/redpact.v1.Network/VetoRecovery": CallLimit(CallGroup.QUESTIONS, 2 * 1024),
    "/redpact.v1.Renewal/Renew": CallLimit(CallGroup.QUESTIONS, 16 * 1024, any_certificate=True),
    "/redpact.v1.Training/ListCampaigns": CallLimit(CallGroup.QUESTIONS, 64),
    "/redpact.v1.Training/PullTasks": CallLimit(CallGroup.QUESTIONS, 64, waits=True),
    "/redpact.v1.Training/GetRelease": CallLimit(CallGroup.QUESTIONS, 1024),
    "/redpact.v1.Training/Decide": CallLimit(CallGroup.MESSAGES, 64 * 1024),
    "/redpact.v1.PseudonymKey/Evaluate": CallLimit(CallGroup.QUESTIONS, 128 * 1024),
    "/redpact.v1.Locator/Find": CallLimit(CallGroup.QUESTIONS, 8 * 1024),
    "/redpact.v1.Locator/ListPublished": CallLimit(CallGroup.QUESTIONS, 1024),
    "/redpact.v1.Locator/OfferKey": CallLimit(CallGroup.QUESTIONS, 2 * 1024),
    "/redpact.v1.Locator/Publish": CallLimit(CallGroup.MESSAGES, 1024 * 1024),
    "/redpact.v1.Relay/Attach": CallLimit(CallGroup.QUESTIONS, 64, waits=True),
    "/redpact.v1.Relay/ListAttached": CallLimit(CallGroup.QUESTIONS, 64),
    "/redpact.v1.Relay/Pass": CallLimit(CallGroup.MESSAGES, MAX_SEALED_BYTES + 1024, waits=True),
    "/redpact.v1.Relay/Answer": CallLimit(CallGroup.MESSAGES, MAX_SEALED_BYTES + 1024),
    # gRPC at a node sends no more than this: a model's sums have up to a few megabytes.
    "/redpact.v1.Training/PushResult": CallLimit(CallGroup.MESSAGES, MAX_MESSAGE_BYTES, waits=True),
}

ENROLMENT_CALLS: Final[Mapping[str, CallLimit]] = {
    "/redpact.v1.Enrolment/Enrol": CallLimit(CallGroup.QUESTIONS, 64 * 1024),
    "/redpact.v1.Enrolment/Recover": CallLimit(CallGroup.QUESTIONS, 8 * 1024),
}
"""Callers without a certificate can make the coordinator read no more; a real request has about 3 KiB."""

ENROLMENT_RATES: Final[Mapping[CallGroup, Rate]] = dict.fromkeys(CallGroup, Rate(per_second=2.0, burst=600))
"""Per address; a whole network may enrol from behind one."""

ENROLMENT_BODY_SECONDS: Final = 5.0
"""How long a stranger may take to send a request and hold a thread."""
