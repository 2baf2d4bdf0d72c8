"""The epsilon proof: every figure on which a privacy claim rests, so that anybody can compute it again.

Adjacency: one person, with all that every entity holds of them, added or removed. A sum of L2 sensitivity S carries
Gaussian noise of standard deviation z*S. Then, with GDP's composition (Dong, Roth, Su 2022, corollary 3.3):

- people trained on and people held out are different, so a person spends the larger epsilon of both kinds of stage;
- a person in m entities whose weights add up to one moves each sum by at most S, as a person in one entity does;
- without weights they move it by up to m*S, which amounts to a noise multiplier of z/m;
- an entity whose noise alone is unknown leaves a multiplier of z/sqrt(n), whatever all the others do;
- c entities that reveal their own noise to the coordinator leave, of at least k contributions with a share 1/n of the
  variance each, a multiplier of z*sqrt(min(1, (k - c)/n)).
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from federated.bundle.campaign_facts import BundleFacts, StageTerms
from federated.privacy.accountant import GaussianRounds, epsilon_of

MEMBERSHIPS: Final = (1, 2, 3)
"""Numbers of entities that hold a person, for which the proof gives epsilon."""
ACCOUNTANT: Final = "Gaussian differential privacy of the composed mechanism (Balle and Wang, 2018, theorem 8)"
_DIGITS: Final = 6


def epsilon_of_stages(stages: Sequence[StageTerms], delta: float, *, scale: float = 1.0) -> float:
    """Return the epsilon of a person: the larger of both groups of people; infinity without protection.

    Args:
        stages: of the campaign.
        delta: of the claim.
        scale: factor on every noise multiplier.

    Raises:
        PrivacyTermsInvalid: a multiplier, a count or delta out of range.
    """
    if scale <= 0.0:
        return math.inf
    return max(
        epsilon_of(
            [GaussianRounds(each.noise_multiplier * scale, each.rounds) for each in stages if each.people == people],
            delta,
        )
        for people in ("trained", "held_out")
    )


def collusion_scale(facts: BundleFacts, colluders: int) -> float:
    """Return the factor on the noise multiplier that remains when some entities reveal their own noise."""
    return math.sqrt(min(1.0, max(0, facts.minimum_cohort - colluders) / facts.noise_shares))


def epsilon_proof(facts: BundleFacts) -> dict[str, Any]:
    """Return the content of ``epsilon.json``; None stands for an epsilon that is not finite.

    Raises:
        PrivacyTermsInvalid: terms that no accountant can work with.
    """
    stages, delta = facts.stages, facts.delta
    colluding = sorted({0, facts.colluders, facts.colluders + 1})
    return {
        "v": 1,
        "campaign_id": facts.campaign_id,
        "adjacency": "one person added or removed, with all that every entity holds of them",
        "unit": "person",
        "mechanism": "discrete Gaussian on a grid, split over the entities, summed secretly",
        "accountant": ACCOUNTANT,
        "delta": delta,
        "stages": [
            {
                "name": each.name,
                "rounds": each.rounds,
                "noise_multiplier": each.noise_multiplier,
                "people": each.people,
                "epsilon": _finite(epsilon_of_stages([each], delta)),
            }
            for each in stages
        ],
        "epsilon": {
            "claimed": facts.epsilon,
            "weighted": {
                str(m): _finite(epsilon_of_stages(stages, delta, scale=_weighted(m, facts))) for m in MEMBERSHIPS
            },
            "unweighted": {str(m): _finite(epsilon_of_stages(stages, delta, scale=1.0 / m)) for m in MEMBERSHIPS},
            "alone": _finite(epsilon_of_stages(stages, delta, scale=1.0 / math.sqrt(facts.noise_shares))),
            "colluding": {
                str(c): _finite(epsilon_of_stages(stages, delta, scale=collusion_scale(facts, c))) for c in colluding
            },
        },
        "assumed": {
            "people_cap": facts.people_cap,
            "colluders": facts.colluders,
            "noise_shares": facts.noise_shares,
            "minimum_cohort": facts.minimum_cohort,
            "weights": "each entity weights its people as the duplicate check told it",
        },
    }


def _weighted(memberships: int, facts: BundleFacts) -> float:
    # A weight is never below one over the cap, so a person in more entities than the cap moves the sum further.
    return min(1.0, facts.people_cap / memberships)


def _finite(epsilon: float) -> float | None:
    # Rounded upwards, so that rounding never lowers a claim.
    return None if math.isinf(epsilon) else math.ceil(epsilon * 10**_DIGITS) / 10**_DIGITS
