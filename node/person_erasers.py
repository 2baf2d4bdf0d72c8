"""The erasers of a node, in the order in which they act. Only `node.wiring` imports this table."""

from typing import TYPE_CHECKING

from node.cards.erasure import cards_eraser
from node.care.erasure import case_eraser
from node.consents.erasure import consents_eraser, signed_forms_eraser
from node.consents.signed_forms import EvidenceVault
from node.doubts.erasure import doubts_eraser
from node.fetch.erasure import cached_copies_eraser
from node.locator.erasure import locator_eraser
from node.messages.erasure import outbox_eraser
from node.people.erasure import record_eraser
from node.referrals.erasure import referrals_eraser
from node.risk.person_erasure import risk_eraser

if TYPE_CHECKING:
    from node.consents.changes import ConsentChanges
    from node.context import NodeContext
    from node.erasers import Eraser, FileEraser


def person_erasers(context: "NodeContext", changes: "ConsentChanges") -> "tuple[Eraser, ...]":
    """Return the erasers of tables; the record comes last, as the others may need the person's key."""
    return (
        consents_eraser(context, changes),
        referrals_eraser(context),
        outbox_eraser(),
        cached_copies_eraser(),
        case_eraser(context),
        cards_eraser(context),
        doubts_eraser(context),
        locator_eraser(),
        risk_eraser(),
        record_eraser(context),
    )


def file_erasers(context: "NodeContext") -> "tuple[FileEraser, ...]":
    """Return the erasers of files."""
    return (signed_forms_eraser(EvidenceVault(context.home)),)
