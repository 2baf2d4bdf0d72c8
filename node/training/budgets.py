"""The privacy budget of each data set of this node: its limit, and the epsilon promised and spent."""

from dataclasses import dataclass
from typing import Any

from federated.budget.budget_store import BudgetLimit, BudgetStatement
from node.context import NodeContext
from node.training.datasets import RECORDS, registered
from node.training.errors import DatasetUnknown
from node.training.stores import epsilon_ledger
from presentation import formats, terminal
from presentation.messages import _, listing, speaking


@dataclass(frozen=True, slots=True)
class NewLimit:
    """A limit that the data-protection officer sets. A delta of None keeps the known one, or takes the settings'."""

    dataset: str
    epsilon: float
    delta: float | None = None


def statements(context: NodeContext) -> tuple[BudgetStatement, ...]:
    """Return the state of every budget, by data set."""
    with context.snapshot() as session:
        return epsilon_ledger(session).statements()


def set_limit(context: NodeContext, new: NewLimit) -> BudgetStatement:
    """Set the limit of a data set; spent epsilon stays spent.

    Raises:
        DatasetUnknown: there is no such data set.
        PrivacyTermsInvalid: epsilon or delta out of range, or a delta other than that of the account.
    """
    with context.transaction() as session:
        names = {RECORDS, *(dataset.name for dataset in registered(session))}
        if new.dataset not in names:
            raise DatasetUnknown(
                _("aquí no hay ningún conjunto de datos {dataset!r}", dataset=new.dataset),
                remedy=_("use uno de estos: {names}", names=listing(sorted(names))),
            )
        budget = epsilon_ledger(session)
        known = {each.limit.dataset: each.limit.delta for each in budget.statements()}
        delta = new.delta if new.delta is not None else known.get(new.dataset, context.settings.epsilon_delta)
        return budget.set_limit(BudgetLimit(new.dataset, new.epsilon, delta), context.clock.now())


def document(statement: BudgetStatement) -> dict[str, Any]:
    """Return a budget for ``--json``."""
    return {
        "dataset": statement.limit.dataset,
        "delta": statement.limit.delta,
        "limit": statement.limit.epsilon,
        "spent": round(statement.spent, 6),
        "committed": round(statement.committed, 6),
        "left": round(statement.left, 6),
        "campaigns": [
            {
                "id": each.campaign_id,
                "rounds": each.rounds,
                "rounds_spent": len(each.spent),
                "stages": [stage.model_dump(mode="json") for stage in each.stages],
                "open": not each.closed,
            }
            for each in statement.reservations
        ],
    }


def text(shown: tuple[BudgetStatement, ...], lang: str) -> str:
    """Return budgets for people: epsilon for each data set, at the delta of its account."""
    say = speaking(lang)
    if not shown:
        return terminal.paragraph(say("Ningún conjunto de datos tiene presupuesto aún."))
    columns = (say("Conjunto de datos"), say("Límite"), say("Gastado"), say("Prometido"), say("Queda"), "δ")
    rows = []
    for each in shown:
        figures = (each.limit.epsilon, each.spent, each.committed, each.left, each.limit.delta)
        rows.append((each.limit.dataset, *(formats.epsilon(figure, lang) for figure in figures)))
    return terminal.table(columns, rows)
