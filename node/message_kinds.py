"""The kinds of message that this version understands. A new one is a line here."""

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
    from node.context import NodeContext


def message_kinds(context: "NodeContext") -> Mapping[str, Kind]:
    """Return the kinds by name."""
    kinds = [
        pulse_kind(context),
        copy_kind(context),
        withdrawal_kind(context),
        *referral_kinds(context),
        capacity_kind(context),
        access_report_kind(context),
    ]
    return {kind.name: kind for kind in kinds}
