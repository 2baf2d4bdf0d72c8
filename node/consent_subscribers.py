"""The subscribers of consent changes, in the order in which they act. Only `node.wiring` imports this table."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from node.consents.changes import Subscriber
from node.consents.propagation.notifications import propagate, take_back_copies
from node.fetch.consent_changes import purge_copies
from node.referrals.consent_changes import revoke_uncovered

if TYPE_CHECKING:
    from node.context import NodeContext
    from node.locator.consent_changes import PublisherWakeup


def consent_subscribers(context: "NodeContext", wakeup: "PublisherWakeup") -> Mapping[str, Subscriber]:
    """Return the subscribers by name; the order is that of the ledger entries that they write."""
    return {
        "outbox": take_back_copies,
        "propagation": partial(propagate, context),
        "referrals": partial(revoke_uncovered, context),
        "cached copies": partial(purge_copies, context),
        "locator": wakeup.wake,
    }
