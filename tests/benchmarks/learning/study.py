"""The study: every contender at every epsilon, over several draws of the rows and the noise."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Final

import numpy as np

from federated.learning.hyperparameters import ModelName, plan_model_terms
from federated.learning.program_factory import program_for
from federated.models import local_model_for
from federated.privacy.stages import StageKind
from federated.tabular.features import FeatureSpec
from tests.benchmarks.learning.contenders import CONTENDERS, UNTOUCHED, Contender, baselines, mean_auc, planned, spread
from tests.benchmarks.learning.tables import Division, everybody
from tests.benchmarks.learning.terms import FORMER, TODAY
from tests.support.learning import DELTA, last_state, people

EPSILONS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Cost:
    """The price of the stricter terms at one epsilon, for the model that public sizes choose.

    Attributes:
        wider: noise of a sum, over that of the former terms.
        alone_before: epsilon when only one entity's noise is unknown, under the former terms.
        alone: the same under the terms of today.
    """

    wider: float
    alone_before: float
    alone: float


@dataclass
class Findings:
    """The AUCs of one division, one per seed.

    Attributes:
        by_epsilon: contender to epsilon to AUCs.
        untouched: contender without privacy to AUCs.
        seconds: contender to the median seconds of one training and scoring.
        costs: epsilon to what the stricter terms cost there.
    """

    division: str
    by_epsilon: dict[str, dict[float, list[float]]] = field(default_factory=dict)
    untouched: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    costs: dict[float, Cost] = field(default_factory=dict)

    def mean(self, name: str, epsilon: float) -> float:
        """Return a contender's mean AUC."""
        return spread(self.by_epsilon[name][epsilon])[0]

    def document(self) -> dict[str, object]:
        """Return all findings as JSON values."""
        by_epsilon = {
            name: {f"{epsilon:g}": values for epsilon, values in found.items()}
            for name, found in self.by_epsilon.items()
        }
        return {
            "division": self.division,
            "by_epsilon": by_epsilon,
            "untouched": self.untouched,
            "seconds": self.seconds,
            "costs": {f"{epsilon:g}": asdict(cost) for epsilon, cost in self.costs.items()},
        }

    def differences(self, name: str, other: str, epsilon: float) -> list[float]:
        """Return how much higher a contender's AUC is than another's, seed by seed: same rows, same draws of noise."""
        pairs = zip(self.by_epsilon[name][epsilon], self.by_epsilon[other][epsilon], strict=True)
        return [one - before for one, before in pairs]


def run(
    divide: Callable[[int], Division],
    seeds: Sequence[int],
    *,
    epsilons: Sequence[float] = EPSILONS,
    skip: frozenset[str] = frozenset(),
    report: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Train and test every contender.

    Args:
        divide: a seed's division.
        seeds: of rows and noise.
        epsilons: to train at.
        skip: contenders to leave out.
        report: called with the progress.
    """
    features = everybody()[1]
    findings, taken = Findings(""), dict[str, list[float]]()
    for seed in seeds:
        division = divide(seed)
        findings.division = division.name
        findings.costs = {epsilon: cost(division, features, epsilon) for epsilon in epsilons}
        for name, value in baselines(division).items():
            findings.untouched.setdefault(name, []).append(value)
        for name, score in UNTOUCHED.items():
            findings.untouched.setdefault(name, []).append(
                mean_auc(division.test, score(division, features, 1.0, seed))
            )
        for contender, epsilon in _pairs(epsilons, skip):
            start = time.perf_counter()
            value = mean_auc(division.test, contender.score(division, features, epsilon, seed))
            taken.setdefault(contender.name, []).append(time.perf_counter() - start)
            findings.by_epsilon.setdefault(contender.name, {}).setdefault(epsilon, []).append(value)
        report(f"{division.name}, seed {seed}")
    findings.seconds = {name: median(values) for name, values in taken.items()}
    return findings


def cost(division: Division, features: tuple[FeatureSpec, ...], epsilon: float) -> Cost:
    """Return what the terms of today cost beside the former ones."""
    terms = planned(None, division, features, epsilon)
    ratio = TODAY.inflation(division, terms, epsilon) / FORMER.inflation(division, terms, epsilon)
    before = FORMER.epsilon_alone(division, terms, epsilon)
    return Cost(math.sqrt(ratio), before, TODAY.epsilon_alone(division, terms, epsilon))


def _pairs(epsilons: Sequence[float], skip: frozenset[str]) -> Iterator[tuple[Contender, float]]:
    for contender in CONTENDERS:
        if contender.name not in skip:
            for epsilon in epsilons:
                yield contender, epsilon


def local_sum_milliseconds(kind: ModelName, rows: int = 2000, times: int = 20) -> float:
    """Return the median time of a node's exact sum of one training round over its rows."""
    table, features = everybody()
    terms = plan_model_terms(kind, features, epsilon=1.0, delta=DELTA)
    program, local_model = program_for(features, terms), local_model_for(features, terms)
    own = people(1).of(table.matrix[:rows], table.labels[:rows])
    parameters = program.round_parameters(last_state(program, features, terms, own, (1.0, 1.0, 0)), StageKind.TRAIN, 1)
    found = []
    for _ in range(times):
        start = time.perf_counter()
        local_model.local_sum(parameters, StageKind.TRAIN, own)
        found.append(1e3 * (time.perf_counter() - start))
    return float(np.median(found))


def targets(nine: Findings, states: Findings | None) -> Iterator[tuple[str, float, float, bool]]:
    """Yield (target, reached, wanted, whether it is met)."""
    alone = max(spread(values)[0] for name, values in nine.untouched.items() if "alone" in name)
    for epsilon, wanted in ((1.0, 0.72), (4.0, 0.725)):
        if epsilon in nine.by_epsilon["auto"]:
            reached = nine.mean("auto", epsilon)
            yield f"nine entities: auto at epsilon {epsilon:g}", reached, wanted, reached >= wanted
            yield f"nine entities: auto at epsilon {epsilon:g}, above each alone", reached, alone, reached > alone
    if states is not None and 1.0 in states.by_epsilon["auto"]:
        pooled = max(spread(values)[0] for name, values in states.untouched.items() if "one place" in name)
        reached = states.mean("auto", 1.0)
        yield "51 states: auto at epsilon 1, within 0.01 of pooled", reached, pooled - 0.01, reached >= pooled - 0.01
        additive, logistic = states.mean("additive", 1.0), states.mean("logistic", 1.0)
        yield "51 states: additive at epsilon 1, at least logistic", additive, logistic, additive >= logistic
