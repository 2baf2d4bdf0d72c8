"""What the study of the models relies on."""

from xml.etree import ElementTree as ET

import numpy as np

from deploy.local.cps import ENTITIES, draw_entities
from tests.benchmarks.learning.plot import plot
from tests.benchmarks.learning.study import Findings, targets


def states() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng(0).permutation(np.repeat(np.array([*ENTITIES, 1]), 2500)).astype(np.int64)


def test_nobody_is_trained_and_tested_on() -> None:
    known = states()
    training, test = draw_entities(known, 3)
    everybody = np.concatenate([training, test])
    assert len(np.unique(everybody)) == len(everybody)
    for fips, (_, size) in ENTITIES.items():
        assert (known[training] == fips).sum() == size
        assert (known[test] == fips).sum() == min(1000, 2500 - size)


def test_draws_depend_on_the_seed_alone() -> None:
    first, again, other = (draw_entities(states(), seed)[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def findings(auto: float) -> Findings:
    curves = {name: {1.0: [auto, auto], 4.0: [auto]} for name in ("auto", "additive", "logistic")}
    return Findings("nine <entities>", curves, {"each alone": [0.7], "all in one place": [0.73]}, {})


def test_the_plot_is_a_document_whatever_the_names() -> None:
    root = ET.fromstring(plot([findings(0.72), findings(0.5)]))
    assert root.tag.endswith("svg")


def test_targets_are_judged_by_the_means() -> None:
    assert all(met for *_, met in targets(findings(0.726), findings(0.726)))
    assert not any(met for what, *_, met in targets(findings(0.69), None) if "auto" in what)
