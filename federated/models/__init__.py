"""Models that nodes train. Only here are torch and Opacus imported."""

from federated.features import FloatMatrix, FloatVector
from federated.manifest import CampaignManifest, ModelKind
from federated.models import logistic
from federated.training import ClippedSum, LocalTrainer

_CLIPPED_SUMS: dict[ModelKind, ClippedSum] = {ModelKind.LOGISTIC: logistic.clipped_sum}


def trainer_for(manifest: CampaignManifest, matrix: FloatMatrix, labels: FloatVector) -> LocalTrainer:
    """Return the trainer of a campaign over an entity's encoded rows.

    Raises:
        DataUnsuitable: the rows do not follow the manifest.
    """
    return LocalTrainer(manifest, matrix, labels, clipped_sum=_CLIPPED_SUMS[manifest.model])
