"""The drift of this entity's scores from those that the model was evaluated on; computed here, sent to nobody."""

from federated.errors import DataUnsuitable
from federated.evaluation.drift import Drift, drift
from federated.release.scorer import Scorer
from federated.tabular.features import encode_features
from node.context import NodeContext
from node.people.store import people_store
from node.training.received_releases import VerifiedRelease
from node.training.record_features import scoring_rows
from policies.local_days import local_day
from policies.training_features import load_training_features


def local_drift(context: NodeContext, verified: VerifiedRelease) -> Drift | None:
    """Return the drift of this month's scores from the release's baseline; None without baseline or people."""
    baseline = verified.release.drift_baseline
    if baseline is None:
        return None
    with context.snapshot() as session:
        rows = scoring_rows(people_store(context, session), load_training_features(), local_day(context.clock.now()))
    if not rows:
        return None
    scorer = Scorer(verified.release, verified.manifest.features)
    matrix = encode_features([dict(row.values) for row in rows], verified.manifest.features)
    try:
        return drift(baseline, scorer.uncorrected(matrix))
    except DataUnsuitable:
        return None
