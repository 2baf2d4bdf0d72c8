"""A fictitious campaign with everything that a card can say."""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np

from federated.bundle.campaign_facts import StageTerms
from federated.bundle.epsilon_proof import epsilon_proof
from federated.card.facts import CardFacts, FeatureValues, ShapeFacts
from federated.evaluation.estimation import estimate_measurement
from federated.evaluation.recalibration import Recalibration
from policies.model_words import ModelWords
from presentation.messages import bilingual
from tests.support.bundles import facts as bundle_facts
from tests.support.clock import START
from tests.support.measuring import PLAN, draw, noisy

STAGES = (
    StageTerms("edges", 1, 21.0),
    StageTerms("train", 12, 14.2),
    StageTerms("evaluate", 1, 3.8, "held_out"),
)

WORDS = ModelWords(
    {
        "age": bilingual("Edad en años", "Age in years"),
        "tenure": bilingual("Régimen de la vivienda", "Tenure of the home"),
        "zone": bilingual("Zona", "Zone"),
        "sex": bilingual("Sexo", "Sex"),
    },
    {
        ("tenure", "own"): bilingual("en propiedad", "owned"),
        ("tenure", "rent"): bilingual("en alquiler", "rented"),
        ("zone", "rural"): bilingual("rural", "rural"),
        ("zone", "urban"): bilingual("urbana", "urban"),
        ("sex", "f"): bilingual("mujer", "woman"),
        ("sex", "m"): bilingual("hombre", "man"),
    },
)


def sample(**changes: Any) -> CardFacts:
    """Return the facts of a campaign of 6,000 held-out people, with some changed."""
    return replace(_whole(), **changes)


@cache
def _whole() -> CardFacts:
    total, deviation = noisy(draw(6000, 8).total(), 3.8, 8)
    recalibration = Recalibration.fit(PLAN, total)
    terms = bundle_facts(stages=STAGES, epsilon=1.0, people_cap=3, colluders=2, noise_shares=6, minimum_cohort=8)
    content: dict[str, Any] = {
        "campaign_id": "ab" * 16,
        "name": "Riesgo de percepción crónica",
        "network": "pruebas.example",
        "label": bilingual(
            "necesitar la renta garantizada más de 24 meses", "needing the guaranteed income for more than 24 months"
        ),
        "model_kind": "additive",
        "features": (
            FeatureValues("age", bounds="18 … 64"),
            FeatureValues("tenure", ("own", "rent", "ceded")),
            FeatureValues("months|idle", bounds="0 … 120"),
        ),
        "entities": ("avila", "burgos", "leon", "palencia", "salamanca", "segovia", "soria", "zamora"),
        "stages": STAGES,
        "minimum_cohort": 8,
        "epsilon": epsilon_proof(terms),
        "words": WORDS,
        "measurement": estimate_measurement(
            PLAN, total, deviation, np.random.default_rng(0), recalibration=recalibration
        ),
        "released": START,
        "expires": START + timedelta(days=365),
        "contact": "ipro@gerencia.example",
        "people_estimate": 24_113.4,
        "recalibration": recalibration,
        "shapes": (
            ShapeFacts("age", (0.42, 0.1, -0.05, -0.2, 0.13), edges=(25.0, 35.0, 45.0, 58.0), bounds=(18.0, 64.0)),
            ShapeFacts("tenure", (-0.35, 0.2, 0.41), values=("own", "rent", "ceded")),
            ShapeFacts("months|idle", (-0.6, 0.0, 0.4, 0.9), edges=(6.0, 18.0, 48.0), bounds=(0.0, 120.0)),
        ),
    }
    return CardFacts(**content)
