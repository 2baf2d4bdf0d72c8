"""The spends of the budget beside the entries of the ledger: what the ledger says left is in the budget."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import TrainingContributedBody, read_body
from consent_ledger.log.entry import Leaf
from federated.errors import BudgetDamaged
from federated.storage.tables import SpendRow
from node.context import NodeContext
from node.ledger.own import own_ledger
from presentation.messages import _

_MARK: Final = b'"contribution_sha256"'


def require_spends_of_ledger(context: NodeContext, session: Session) -> None:
    """Check that every contribution in the ledger is a spend of the budget; erased bodies say nothing.

    Raises:
        BudgetDamaged: the budget forgot a contribution, as when a table of an older copy was put in its place.
    """
    ledger = own_ledger(context, session)
    spends = session.execute(select(SpendRow.campaign_id, SpendRow.round))
    known = {(campaign_id, number) for campaign_id, number in spends}
    for stored in ledger.store.bodies(0, ledger.size()):
        if _MARK not in stored.body:
            continue
        body = read_body(Leaf.parse(ledger.leaf(stored.index)).type, stored.body)
        if isinstance(body, TrainingContributedBody) and (body.campaign_id, body.round) not in known:
            raise BudgetDamaged(
                _(
                    "la anotación {index:d} del registro cuenta una aportación (ronda {round}) que no está en el "
                    "presupuesto",
                    index=stored.index,
                    round=body.round,
                ),
                remedy=_("no se gastará más presupuesto; restaure la base de datos entera y avise a la Gerencia"),
            )
