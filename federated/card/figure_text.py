"""What both papers say of the same figures: epsilons in words, and the groups that somebody should look at."""

import math

from federated.card.facts import CardFacts
from federated.card.wording import Words
from federated.evaluation.measurement import Estimate, GroupFigures


def epsilon_text(value: float | None, words: Words) -> str:
    """Return an epsilon, rounded upwards so that it is never stated too small."""
    return words("no_bound") if value is None else words.number(math.ceil(100.0 * value - 1e-9) / 100.0, 2)


def belief(epsilon: float, words: Words) -> str:
    """Return how sure somebody in equal doubt can become at most: e^epsilon / (1 + e^epsilon), rounded upwards."""
    return words.percent(math.ceil(100.0 / (1.0 + math.exp(-epsilon))) / 100.0)


def attack_text(facts: CardFacts, words: Words) -> str:
    """Return the result of the membership attack."""
    if facts.attack is None:
        return words("attack_none")
    if breached(facts):
        return words("attack_breach", epsilon=words.number(facts.attack.epsilon))
    return words(
        "attack_text",
        people=facts.attack.people,
        auc=words.number(facts.attack.auc),
        epsilon=words.number(facts.attack.epsilon),
    )


def breached(facts: CardFacts) -> bool:
    """Tell whether the attack proves more than the claim allows."""
    return facts.attack is not None and facts.attack.epsilon > float(facts.epsilon["epsilon"]["claimed"])


def group_name(group: GroupFigures) -> str:
    """Return attribute and value."""
    return f"{group.attribute}: {group.value}"


def flags(facts: CardFacts, words: Words) -> tuple[tuple[str, str], ...]:
    """Return (group, what is the matter) where an interval says more than noise and chance explain.

    A calibration gap whose interval leaves zero out, and a recall whose interval lies wholly below that of everybody.
    """
    found: list[tuple[str, str]] = []
    overall = facts.measurement.recall
    for group in facts.measurement.groups:
        gap, recall = group.calibration_gap, group.recall
        if gap is not None and not gap.low <= 0.0 <= gap.high:
            direction = words("expects_little" if gap.value > 0.0 else "expects_much")
            text = words("flag_calibration", direction=direction, gap=words.interval(gap))
            found.append((group_name(group), text))
        if recall is not None and overall is not None and recall.high < overall.low:
            text = words("flag_recall", recall=words.interval(recall), overall=words.interval(overall))
            found.append((group_name(group), text))
    return tuple(found)


def complement(found: Estimate | None, words: Words) -> str | None:
    """Return one less a share, with its interval."""
    return words.interval(Estimate(1.0 - found.value, 1.0 - found.high, 1.0 - found.low)) if found else None
