"""The privacy budget of this entity's people: its limit, and the epsilon promised and spent."""

from dataclasses import dataclass
from typing import Any

from federated.budget.budget_store import BudgetLimit, BudgetStatement
from node.context import NodeContext
from node.training.privacy_terms import epsilon_words, finite
from node.training.stores import epsilon_ledger
from presentation import formats, terminal
from presentation.messages import speaking


@dataclass(frozen=True, slots=True)
class NewLimit:
    """A limit that the data-protection officer sets. A delta of None keeps the known one, or takes the settings'."""

    epsilon: float
    delta: float | None = None


def statement(context: NodeContext) -> BudgetStatement | None:
    """Return the state of the budget; None before it has a limit."""
    with context.snapshot() as session:
        return epsilon_ledger(session).find_statement()


def set_limit(context: NodeContext, new: NewLimit) -> BudgetStatement:
    """Set the limit of the budget; spent epsilon stays spent.

    Raises:
        PrivacyTermsInvalid: epsilon or delta out of range, or a delta other than that of the account.
    """
    with context.transaction() as session:
        budget = epsilon_ledger(session)
        known = budget.find_statement()
        usual = known.limit.delta if known is not None else context.settings.epsilon_delta
        delta = new.delta if new.delta is not None else usual
        return budget.set_limit(BudgetLimit(new.epsilon, delta), context.clock.now())


def document(statement: BudgetStatement | None) -> dict[str, Any] | None:
    """Return the budget for ``--json``; an epsilon of None has no bound."""
    if statement is None:
        return None
    return {
        "people": statement.limit.population,
        "delta": statement.limit.delta,
        "limit": statement.limit.epsilon,
        "spent": round(statement.spent, 6),
        "committed": round(statement.committed, 6),
        "left": round(statement.left, 6),
        "spent_alone": finite(statement.spent_alone),
        "committed_alone": finite(statement.committed_alone),
        "campaigns": [
            {
                "id": each.campaign_id,
                "dataset": each.dataset,
                "rounds": each.rounds,
                "rounds_spent": len(each.spent),
                "stages": [stage.model_dump(mode="json") for stage in each.stages],
                "noise_shares": each.noise_shares,
                "own_noise": {"training": each.own_noise.training, "held_out": each.own_noise.held_out},
                "open": not each.closed,
                "charged_whole": each.charged,
            }
            for each in statement.reservations
        ],
    }


def text(shown: BudgetStatement | None, lang: str) -> str:
    """Return the budget for people: epsilon at the delta of its account, as promised and in the worst case."""
    say = speaking(lang)
    if shown is None:
        return terminal.paragraph(say("Las personas de esta entidad no tienen presupuesto aún."))
    columns = (say("Épsilon de una persona"), say("Gastado"), say("Prometido"), say("Límite"), say("Queda"))
    stated = [formats.epsilon(each, lang) for each in (shown.spent, shown.committed, shown.limit.epsilon, shown.left)]
    alone = [epsilon_words(each, say) for each in (shown.spent_alone, shown.committed_alone)]
    rows = [(say("Como se promete"), *stated), (say("En el peor caso"), *alone, "", "")]
    meaning = say(
        "Es un solo presupuesto para todas las personas de la entidad, se llamen como se llamen sus tablas (δ = "
        "{delta}). El límite es sobre lo prometido. En el peor caso, todas las demás entidades se confabulan y solo "
        "queda el ruido de este nodo.",
        delta=formats.epsilon(shown.limit.delta, lang),
    )
    lines = [terminal.table(columns, rows), terminal.paragraph(meaning)]
    if any(each.charged for each in shown.reservations):
        charged = say(
            "Este nodo resultó ser una copia antigua y no sabe qué salió: cuenta como gastado todo lo que reservaron "
            "las campañas de antes. Para volver a entrenar, restaure la base de datos más reciente, o aumente el "
            "límite sabiendo que el gasto puede ser ya ese."
        )
        lines.append(terminal.paragraph(charged))
    return "\n".join(lines)
