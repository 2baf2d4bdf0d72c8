"""The check that this node's ledger is its newest, by its witnesses, before anything is promised or leaves.

A restored copy of the database has forgotten what it spent since, and would refund it. Every spend is an entry of the
ledger, and witnesses do not forget what they cosigned: whoever knows a larger ledger, or another one, shows that this
copy is old. So an approval, and every round, waits until the witnesses that the trust policy asks for have cosigned all
that is in the ledger. The answer to a round leaves only when the entry that records it is cosigned: a copy restored
from before it could otherwise be asked the same round again, and would answer with fresh noise.

A witness that knows more proves it with this node's own signature. Then the copy is old for good: its campaigns are
closed and its budget is charged with all that it can have forgotten, so that nothing is free again even if the ledger
gets its missing entries back later.
"""

from datetime import datetime, timedelta
from typing import Final

from node.context import NodeContext
from node.ledger.own import own_ledger
from node.ledger.witnessing.errors import LedgerContradicted, LedgerUnwitnessed
from node.ledger.witnessing.rounds import run_round
from node.training.campaign_closures import close_old_copy
from presentation.messages import _, listing

ASK_AGAIN: Final = timedelta(minutes=10)
"""Age of the witnesses' last word at which they are asked again although the ledger did not grow."""


class LedgerFreshness:
    """Asks the witnesses, and remembers in this process which size they cosigned last.

    What the database says about cosignatures is not enough: a restored copy says it too.
    """

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._cosigned: tuple[int, datetime] | None = None

    def require(self) -> None:
        """Check that every entry here is cosigned, and that no witness that was asked knows more.

        Raises:
            LedgerContradicted: a witness knows a larger or another ledger of this entity, or this process did; every
                campaign is closed here and the whole budget charged.
            LedgerUnwitnessed: the network has no witnesses, or too few answered.
        """
        try:
            self._require()
        except LedgerContradicted as error:
            close_old_copy(self._context, error)
            raise

    def _require(self) -> None:
        if self._context.settings.unwitnessed_training:
            return
        now = self._context.clock.now()
        with self._context.snapshot() as session:
            size = own_ledger(self._context, session).size()
        if self._cosigned is not None:
            known, asked = self._cosigned
            if size < known:
                raise LedgerContradicted(
                    _("el registro tenía {known} anotaciones y ahora tiene {size}", known=known, size=size),
                    remedy=_("no se aporta nada; averigüe si se restauró una copia antigua"),
                )
            if size == known and now - asked < ASK_AGAIN:
                return
        self._cosigned = (self._cosigned_by_witnesses(), now)

    def _cosigned_by_witnesses(self) -> int:
        found = run_round(self._context)
        if found is None:
            raise LedgerUnwitnessed(
                _("la red no tiene testigos que confirmen que este registro es el más reciente"),
                remedy=_("pida a la Gerencia que ponga testigos; sin ellos no se entrena"),
            )
        errors = [outcome.error for outcome in found.outcomes if outcome.error is not None]
        for error in errors:
            if isinstance(error, LedgerContradicted):
                raise error
        if not found.quorum:
            silent = [outcome.witness.id for outcome in found.outcomes if outcome.error is not None]
            raise LedgerUnwitnessed(
                _(
                    "no han cofirmado bastantes testigos que este registro es el más reciente; faltan: {silent}",
                    silent=listing(silent),
                ),
                remedy=_("compruebe que se llega a los testigos: redpact-node ledger witness"),
            )
        return found.size
