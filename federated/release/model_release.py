"""The released model: a small document, signed by the coordinator and bound to the campaign's manifest."""

from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from federated.campaign.manifest import (
    MAX_INVITED,
    CampaignId,
    CampaignManifest,
    Sha256Hex,
    manifest_sha256,
    open_manifest,
)
from federated.campaign.signed_documents import parse_document, seal_document
from federated.errors import ReleaseInvalid
from federated.evaluation.drift import DriftBaseline
from federated.evaluation.recalibration import Recalibration
from federated.learning.model_documents import LearnedModel
from federated.privacy.stages import MAX_DELTA, MAX_EPSILON, MAX_ROUNDS
from presentation.messages import _
from trust import signing
from trust.parties import EntityId

RELEASE_TYPE: Final = "application/vnd.redpact.model-release.v2+json"

KINDS: Final = {"logistic": "linear", "additive": "additive", "neural": "neural"}
"""Kind of model -> kind of its document."""


class ModelRelease(BaseModel):
    """The content of a release. A value of this type has not been verified unless `open_release` returned it.

    `epsilon` is the manifest's claim; `epsilon_spent` is the cost of the rounds that took place for a person in one
    entity. A person in several entities spends more: see the model card.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=2, ge=2, le=2)
    campaign_id: CampaignId
    manifest_sha256: Sha256Hex
    network: str = Field(min_length=1, max_length=100)
    purpose: Literal["support_only"] = "support_only"
    model: LearnedModel
    recalibration: Recalibration = Field(default_factory=Recalibration, description="applied to every score")
    epsilon: float = Field(gt=0, le=MAX_EPSILON)
    epsilon_spent: float = Field(ge=0)
    delta: float = Field(gt=0, le=MAX_DELTA)
    rounds_completed: int = Field(ge=1, le=MAX_ROUNDS)
    rounds_lost: int = Field(ge=0, le=MAX_ROUNDS, description="spent without a sum")
    contributors: tuple[EntityId, ...] = Field(min_length=1, max_length=MAX_INVITED)
    people_estimate: float = Field(description="a noisy count of those trained on, made inside the budget")
    transcript_sha256: Sha256Hex = Field(description="hash chain over every round, see federated.bundle")
    measurement: dict[str, Any] | None = Field(description="figures on people never trained on; None when not measured")
    drift_baseline: DriftBaseline | None = None
    released: AwareDatetime
    expires: AwareDatetime = Field(description="nobody is scored with it from then on")


def seal_release(release: ModelRelease, signer: signing.Signer) -> signing.Envelope:
    """Sign a release."""
    return seal_document(release, RELEASE_TYPE, signer)


def open_release(
    envelope: signing.Envelope, *, manifest: signing.Envelope, coordinator_key: bytes
) -> tuple[ModelRelease, CampaignManifest]:
    """Verify a release and the manifest it claims to follow, both under the pinned key.

    (1) the release and the manifest are signed by the coordinator; (2) the release names this manifest's exact bytes;
    (3) model, features, epsilon, delta and cohort are those of the manifest.
    Not checked here: whether this node approved that manifest, and whether the release has expired.

    Raises:
        SignatureInvalid: (1).
        MalformedDocument, ManifestInvalid, ReleaseInvalid: (2), (3), or not a release.
    """
    # (1) both signed by the coordinator
    payload = signing.open_envelope(envelope, payload_type=RELEASE_TYPE, public_key=coordinator_key)
    release = parse_document(payload, ModelRelease, ReleaseInvalid)
    terms = open_manifest(manifest, coordinator_key=coordinator_key)
    # (2) bound to this manifest's exact bytes
    if release.manifest_sha256 != manifest_sha256(manifest):
        raise ReleaseInvalid(_("el modelo publicado pertenece a otro manifiesto"), remedy=_("descargue de nuevo ambos"))
    # (3) the manifest's own terms
    same = (
        (release.campaign_id, release.network, release.model.kind, release.model.features)
        == (terms.campaign_id, terms.network, KINDS[terms.model], terms.features)
        and (release.epsilon, release.delta) == (terms.epsilon, terms.delta)
        and release.epsilon_spent <= terms.epsilon
        and release.released < release.expires
    )
    if not same:
        raise ReleaseInvalid(
            _("el modelo publicado no sigue su manifiesto"), remedy=_("avise a quien administra el coordinador")
        )
    if release.rounds_completed > terms.rounds or not set(release.contributors) <= set(terms.invited):
        raise ReleaseInvalid(_("el modelo publicado indica rondas o entidades que su manifiesto no incluye"))
    if len(set(release.contributors)) < terms.minimum_cohort:
        raise ReleaseInvalid(_("aportaron datos menos entidades que la cohorte mínima del manifiesto"))
    return release, terms
