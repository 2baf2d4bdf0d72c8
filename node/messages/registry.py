"""Every kind of message this version understands. A new one is one line here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from node.consents.propagation.copies import copy_kind
from node.consents.propagation.withdrawals import withdrawal_kind
from node.messages.heartbeat import pulse_kind
from node.messages.kinds import Kind
from node.referrals.capacity import capacity_kind
from node.referrals.messages import referral_kinds
from node.rights.access_report.question import access_report_kind

if TYPE_CHECKING:
    from node.wiring import Node


def message_kinds(node: "Node") -> Mapping[str, Kind]:
    """Return the kinds by name."""
    kinds = [
        pulse_kind(node),
        copy_kind(node),
        withdrawal_kind(node),
        *referral_kinds(node),
        capacity_kind(node),
        access_report_kind(node),
    ]
    return {kind.name: kind for kind in kinds}
