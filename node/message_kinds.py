"""The kinds of messages that this version understands. Only `node.wiring` imports this table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from node.consents.propagation.copies import copy_kind
from node.consents.propagation.decisions import decision_kind
from node.consents.propagation.lost_parts import lost_part_kinds
from node.consents.propagation.withdrawals import withdrawal_kind
from node.messages.heartbeat import heartbeat_kind
from node.messages.kinds import Kind
from node.person_changes.notices import document_changed_kind
from node.referrals.capacity import capacity_kind
from node.referrals.messages import referral_kinds
from node.rights.access_report.question import access_report_kind

if TYPE_CHECKING:
    from node.consents.changes import ConsentChanges
    from node.context import NodeContext


def message_kinds(context: "NodeContext", changes: "ConsentChanges") -> Mapping[str, Kind]:
    """Return the kinds by name."""
    kinds = [
        heartbeat_kind(context),
        copy_kind(context, changes),
        withdrawal_kind(context, changes),
        decision_kind(context),
        *lost_part_kinds(context, changes),
        *referral_kinds(context),
        capacity_kind(),
        access_report_kind(context),
        document_changed_kind(context),
    ]
    return {kind.name: kind for kind in kinds}
