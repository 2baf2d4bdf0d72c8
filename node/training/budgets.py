"""What each data set of this node may spend, has promised and has spent."""

from dataclasses import dataclass
from typing import Any

from federated.budget.budget_store import BudgetLimit, BudgetStatement
from node.context import NodeContext
from node.training.datasets import RECORDS, registered
from node.training.errors import DatasetUnknown
from node.training.stores import epsilon_ledger
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class NewLimit:
    """A limit the data-protection officer sets. A delta of None keeps the known one, or takes the settings'."""

    dataset: str
    epsilon: float
    delta: float | None = None


def statements(context: NodeContext) -> tuple[BudgetStatement, ...]:
    """Return the state of every budget, by data set."""
    with context.snapshot() as session:
        return epsilon_ledger(session).statements()


def set_limit(context: NodeContext, new: NewLimit) -> BudgetStatement:
    """Set the limit of a data set; what is spent stays spent.

    Raises:
        DatasetUnknown: there is no such data set.
        PrivacyTermsInvalid: epsilon or delta out of range, or another delta than the one accounted at.
    """
    with context.transaction() as session:
        names = {RECORDS, *(dataset.name for dataset in registered(session))}
        if new.dataset not in names:
            raise DatasetUnknown(
                _("aquí no hay ningún conjunto de datos {dataset!r}", dataset=new.dataset),
                remedy=_("use uno de estos: {names}", names=", ".join(sorted(names))),
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
    """Return budgets for people."""
    if not shown:
        return "No data set has a budget yet." if lang == "en" else "Ningún conjunto de datos tiene presupuesto aún."
    words = ("limit", "spent", "promised", "left") if lang == "en" else ("límite", "gastado", "prometido", "queda")
    lines = []
    for each in shown:
        figures = (each.limit.epsilon, each.spent, each.committed, each.left)
        parts = "  ".join(f"{word} {figure:.3f}" for word, figure in zip(words, figures, strict=True))
        lines.append(f"{each.limit.dataset:<20} ε  {parts}  (δ {each.limit.delta:g})")
    return "\n".join(lines)
