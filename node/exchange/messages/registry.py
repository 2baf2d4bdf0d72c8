"""Every kind of message this version understands. A new one is one line here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from node.exchange.messages.kinds import Kind
from node.exchange.messages.pulse import pulse_kind
from node.exchange.travelling.copies import copy_kind
from node.exchange.travelling.withdrawals import withdrawal_kind

if TYPE_CHECKING:
    from node.wiring import Node


def message_kinds(node: "Node") -> Mapping[str, Kind]:
    """Return the kinds by name."""
    kinds = [pulse_kind(node), copy_kind(node), withdrawal_kind(node)]
    return {kind.name: kind for kind in kinds}
