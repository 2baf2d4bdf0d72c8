"""A membership attack on a released model, for the model card.

The attacker has the model and a person's row, label included, and guesses whether the person was trained on. A model is
more certain of people it was trained on: the evidence is the probability that it gives the true label, compared with
that of reference models trained without the person, if there are any.

A failed attack proves nothing: it gives a lower bound on the leakage, and epsilon is the upper bound.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.errors import DataUnsuitable
from federated.evaluation.roc import area_under_curve
from federated.tabular.features import FloatMatrix, FloatVector
from federated.tabular.rows import Rows
from presentation.messages import _

Probabilities = Callable[[FloatMatrix], FloatVector]
"""A model: encoded rows (people, columns) to the probability of the positive label (people,)."""

LEAST_PEOPLE: Final = 20
"""Of members and of others: with fewer, the intervals are useless."""

LOW_FALSE_POSITIVES: Final = 0.01
GUESSED: Final = 0.2
"""Share of the people whose membership is guessed for the bound on epsilon: those with the strongest evidence."""

_LEAST_PROBABILITY: Final = 1e-12
_BISECTIONS: Final = 60
_HIGHEST_EPSILON: Final = 50.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured figure with its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MembershipAttack:
    """The result of an attack.

    Attributes:
        members: number of people trained on that were attacked.
        others: number of people held out that were attacked.
        auc: probability that a member shows more evidence than somebody held out; 0.5 is chance.
        advantage: true positive rate less false positive rate, at a threshold chosen on other people; 0 is chance.
        low_false_positives: true positive rate at a threshold with about `LOW_FALSE_POSITIVES` false ones, chosen on
            other people; that rate itself is chance.
        epsilon_at_least: the epsilon that the attack disproves.
    """

    members: int
    others: int
    auc: Interval
    advantage: Interval
    low_false_positives: Interval
    epsilon_at_least: float


def evidence(model: Probabilities, rows: Rows, references: Sequence[Probabilities] = ()) -> FloatVector:
    """Return the evidence of membership (people,): the log-probability of the true label.

    Args:
        model: the model attacked.
        rows: the people.
        references: models of the same kind trained without these people; a label that is easy for them too is no
            evidence (Watson, Guo, Cormode and Sablayrolles, "On the Importance of Difficulty Calibration in
            Membership Inference Attacks", ICLR 2022).
    """
    found = _log_probability(model, rows)
    if not references:
        return found
    easy: FloatVector = np.mean([_log_probability(reference, rows) for reference in references], axis=0)
    return found - easy


def attack(
    members: FloatVector, others: FloatVector, *, delta: float, confidence: float = 0.95, seed: int = 0
) -> MembershipAttack:
    """Attack people by their evidence and return the result.

    Thresholds are chosen on one half of the people and evaluated on the other, so that the intervals are valid.

    Args:
        members: `evidence` of people trained on (members,).
        others: `evidence` of people held out (others,), drawn at random from the same population.
        delta: of the privacy claimed.
        confidence: of every interval, and of the bound on epsilon.
        seed: of the split in halves; public.

    Raises:
        DataUnsuitable: too few people, or evidence that is not finite.
    """
    if min(len(members), len(others)) < LEAST_PEOPLE:
        raise DataUnsuitable(
            _(
                "un ataque necesita {least_people} personas usadas en el entrenamiento y otras tantas reservadas",
                least_people=LEAST_PEOPLE,
            )
        )
    if not (np.isfinite(members).all() and np.isfinite(others).all()):
        raise DataUnsuitable(_("el indicio de una persona no es un número finito"))
    chance = np.random.default_rng(seed)
    tuning, judged = _halves(chance.permutation(members)), _halves(chance.permutation(others))
    chosen_on, measured_on = (tuning[0], judged[0]), (tuning[1], judged[1])
    return MembershipAttack(
        members=len(members),
        others=len(others),
        auc=_auc(members, others, confidence),
        advantage=_advantage(*measured_on, threshold=_best_threshold(*chosen_on), confidence=confidence),
        low_false_positives=_share(
            measured_on[0] > np.quantile(chosen_on[1], 1 - LOW_FALSE_POSITIVES, method="higher"), confidence
        ),
        epsilon_at_least=_epsilon(members, others, delta, confidence, chance),
    )


def binomial_interval(count: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson, 1934)."""
    tail = (1 - confidence) / 2
    low = _bisect(lambda share: binomial_tail(count, trials, share) <= tail, 1.0) if count else 0.0
    high = _bisect(lambda share: 1 - binomial_tail(count + 1, trials, share) > tail, 1.0) if count < trials else 1.0
    return low, high


def binomial_tail(count: int, trials: int, share: float) -> float:
    """Return the probability of at least `count` in so many trials."""
    return float(_tails(trials, share)[count])


def _log_probability(model: Probabilities, rows: Rows) -> FloatVector:
    positive = model(rows.matrix)
    true = np.where(rows.labels == 1.0, positive, 1.0 - positive)
    logs: FloatVector = np.log(np.maximum(true, _LEAST_PROBABILITY))
    return logs


def _halves(values: FloatVector) -> tuple[FloatVector, FloatVector]:
    return values[: len(values) // 2], values[len(values) // 2 :]


def _best_threshold(members: FloatVector, others: FloatVector) -> float:
    candidates = np.unique(np.concatenate([members, others]))
    above = [len(group) - np.searchsorted(np.sort(group), candidates, side="right") for group in (members, others)]
    return float(candidates[np.argmax(above[0] / len(members) - above[1] / len(others))])


def _advantage(members: FloatVector, others: FloatVector, *, threshold: float, confidence: float) -> Interval:
    # Each rate gets half of the error probability, so that the interval holds for any dependence of the two.
    each = 1 - (1 - confidence) / 2
    hit, false = _share(members > threshold, each), _share(others > threshold, each)
    return Interval(hit.value - false.value, hit.low - false.high, hit.high - false.low)


def _share(found: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", confidence: float) -> Interval:
    low, high = binomial_interval(int(found.sum()), len(found), confidence)
    return Interval(float(found.mean()), low, high)


def _auc(members: FloatVector, others: FloatVector, confidence: float) -> Interval:
    """Return the AUC with the interval of DeLong, DeLong and Clarke-Pearson (1988), cut off at 0 and 1."""
    values = np.concatenate([members, others])
    area = area_under_curve(np.repeat([1.0, 0.0], [len(members), len(others)]), values)
    if area is None:
        raise DataUnsuitable(_("un ataque necesita personas usadas en el entrenamiento y personas reservadas"))
    variance = _placements(members, others).var(ddof=1) / len(members)
    variance += _placements(-others, -members).var(ddof=1) / len(others)
    reach = _normal_quantile(confidence) * math.sqrt(float(variance))
    return Interval(area, max(area - reach, 0.0), min(area + reach, 1.0))


def _placements(group: FloatVector, against: FloatVector) -> FloatVector:
    """Return for each value of a group the share of the other group below it; ties count half."""
    ordered = np.sort(against)
    below = np.searchsorted(ordered, group, side="left") + np.searchsorted(ordered, group, side="right")
    placements: FloatVector = below / (2.0 * len(against))
    return placements


def _normal_quantile(confidence: float) -> float:
    return _bisect(lambda value: math.erf(value / math.sqrt(2.0)) <= confidence, 10.0)


def _epsilon(
    members: FloatVector, others: FloatVector, delta: float, confidence: float, chance: np.random.Generator
) -> float:
    """Return the epsilon that right guesses disprove (Steinke, Nasr and Jagielski, NeurIPS 2023, theorem 5.2).

    Guesses are about as many members as others, as if a fair coin had held each of them out; the number of guesses is
    fixed beforehand.
    """
    size = min(len(members), len(others))
    people, guesses = 2 * size, max(1, round(GUESSED * size))
    shown = np.concatenate([chance.permutation(members)[:size], chance.permutation(others)[:size]])
    mixed = chance.permutation(people)  # ties are in random order
    shown, coins = shown[mixed], np.repeat([True, False], size)[mixed]
    order = np.argsort(shown, kind="stable")
    correct = int((~coins[order[:guesses]]).sum() + coins[order[-guesses:]].sum())

    def disproved(epsilon: float) -> bool:
        tails = _tails(2 * guesses, 1 / (1 + math.exp(-epsilon)))
        moved = np.arange(1, correct + 1)
        gain = ((tails[correct - moved] - tails[correct]) / moved).max(initial=0.0)
        return float(tails[correct] + 2 * people * delta * gain) < 1 - confidence

    return _bisect(disproved, _HIGHEST_EPSILON)


def _tails(trials: int, share: float) -> FloatVector:
    """Return the probabilities of at least 0, 1, ..., trials + 1 in so many trials (trials + 2,)."""
    if share in {0.0, 1.0}:
        certain = round(share * trials)
        return (np.arange(trials + 2) <= certain).astype(np.float64)
    counts = np.arange(trials + 1)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, trials + 1)))])
    ways = factorials[-1] - factorials - factorials[::-1]
    exactly = np.exp(ways + counts * math.log(share) + (trials - counts) * math.log1p(-share))
    return np.concatenate([np.cumsum(exactly[::-1])[::-1], [0.0]])


def _bisect(holds: Callable[[float], bool], highest: float) -> float:
    """Return the value up to which a condition holds that holds from 0 on; 0 when it never holds."""
    low, high = 0.0, highest
    for _unused in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
