"""Whether the people scored here today look like those the model was measured on: computed here, told to nobody."""

from federated.errors import DataUnsuitable
from federated.evaluation.drift import Drift, drift
from federated.release.scorer import Scorer
from federated.tabular.features import encode_features
from node.context import NodeContext
from node.people.store import people_store
from node.training.received_releases import VerifiedRelease
from node.training.record_features import scoring_rows
from policies.training_features import load_training_features


def drift_here(context: NodeContext, verified: VerifiedRelease) -> Drift | None:
    """Return how far this month's scores are from the release's baseline, or None when there is nothing to compare."""
    baseline = verified.release.drift_baseline
    if baseline is None:
        return None
    with context.snapshot() as session:
        rows = scoring_rows(people_store(context, session), load_training_features(), context.clock.now().date())
    if not rows:
        return None
    scorer = Scorer(verified.release, verified.manifest.features)
    matrix = encode_features([dict(row.values) for row in rows], verified.manifest.features)
    try:
        return drift(baseline, scorer.uncorrected(matrix))
    except DataUnsuitable:
        return None
