"""The decision of the data-protection officer after the directory was contradicted."""

from dataclasses import dataclass
from hashlib import sha256

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.witnessing.fork_evidence import ACKNOWLEDGED, FOLDER, acknowledge_evidence
from node.anchors.errors import NothingToAcknowledge
from node.anchors.state import directory_evidence
from node.context import NodeContext
from node.ledger.own import own_ledger
from presentation.messages import _
from service.files import write_private
from trust import canonical
from trust.parties import directory_origin

POLICY_CODE = "directory_settled"


@dataclass(frozen=True, slots=True)
class Settled:
    """The evidence that was dealt with, and the entry of the decision in the ledger."""

    files: tuple[str, ...]
    restart: bool
    ledger_index: int


def settle_directory(context: NodeContext, *, restart: bool, decided_by: str) -> Settled:
    """Go on after evidence on directories: with the directory kept, or anew with the next one.

    The decision is in the ledger before it takes effect.

    Args:
        context: of the node.
        restart: forget the directory kept and its log, and take the next directory as the first one was: proved to be
            in its log and cosigned by the pinned anchors, but not proved to continue the one before.
        decided_by: who decided.

    Raises:
        NothingToAcknowledge: nothing waits for a decision.
    """
    waiting = directory_evidence(context)
    kept = context.directory.kept()
    if not waiting and not (kept and kept.contradicted):
        raise NothingToAcknowledge(
            _("no hay pruebas pendientes sobre el directorio"), remedy=_("consulte: redpact-node directory status")
        )
    document = {
        "v": 1,
        "restart": restart,
        "decided_by": decided_by,
        "head": kept.head.decode() if kept else "",
        "evidence": sorted(f"{each['kind']} {each['seen_at']}" for each in waiting),
    }
    digest = sha256(canonical.encode(document)).hexdigest()
    with context.transaction() as session:
        ledger = own_ledger(context, session)
        body = PolicyChangedBody(policy=POLICY_CODE, new_sha256=digest)
        (entry,) = ledger.append([NewEntry(EntryType.POLICY_CHANGED, body)], context.clock.now())
    write_private(context.home / FOLDER / ACKNOWLEDGED / f"decision-{digest[:16]}.json", canonical.encode(document))
    files = acknowledge_evidence(context.home, directory_origin(context.settings.network))
    context.directory.settle(restart=restart)
    return Settled(files, restart, entry.index)
