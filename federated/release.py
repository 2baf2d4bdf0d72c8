"""The released model: a small document, signed by the coordinator and bound to the campaign's manifest."""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from consent_ledger import signing
from consent_ledger.parties import EntityId
from federated.documents import parse_document, seal_document
from federated.errors import ReleaseInvalid
from federated.features import MAX_CATEGORIES, MAX_FEATURES, Name
from federated.manifest import (
    MAX_DELTA,
    MAX_EPSILON,
    MAX_INVITED,
    MAX_ROUNDS,
    CampaignId,
    CampaignManifest,
    ModelKind,
    Sha256Hex,
    manifest_sha256,
    open_manifest,
)

RELEASE_TYPE: Final = "application/vnd.redpact.model-release.v1+json"

Weight = Annotated[float, Field(ge=-1e9, le=1e9)]


class ModelRelease(BaseModel):
    """The content of a release. A value of this type has not been verified unless `open_release` returned it.

    Epsilon is what the manifest promises; `epsilon_spent` is what the rounds that took place cost a person who is in
    one entity. A person in several entities spends more: see the design, section 6.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    campaign_id: CampaignId
    manifest_sha256: Sha256Hex
    network: str = Field(min_length=1, max_length=100)
    purpose: Literal["support_only"] = "support_only"
    model: ModelKind
    columns: tuple[Name, ...] = Field(min_length=1, max_length=MAX_FEATURES * MAX_CATEGORIES)
    weights: tuple[Weight, ...] = Field(min_length=1, max_length=MAX_FEATURES * MAX_CATEGORIES)
    intercept: Weight
    epsilon: float = Field(gt=0, le=MAX_EPSILON)
    epsilon_spent: float = Field(ge=0)
    delta: float = Field(gt=0, le=MAX_DELTA)
    rounds_completed: int = Field(ge=1, le=MAX_ROUNDS)
    contributors: tuple[EntityId, ...] = Field(min_length=1, max_length=MAX_INVITED)
    people_estimate: float = Field(description="a noisy count, made inside the budget")
    transcript_sha256: Sha256Hex = Field(description="hash chain over every round's sum, see federated.rounds")
    metrics: dict[Name, float] = Field(default_factory=dict, max_length=50)
    released: AwareDatetime


def seal_release(release: ModelRelease, signer: signing.Signer) -> signing.Envelope:
    """Sign a release."""
    return seal_document(release, RELEASE_TYPE, signer)


def open_release(
    envelope: signing.Envelope, *, manifest: signing.Envelope, coordinator_key: bytes
) -> tuple[ModelRelease, CampaignManifest]:
    """Verify a release and the manifest it claims to follow, both under the pinned key.

    (1) the release and the manifest are signed by the coordinator; (2) the release names this manifest's exact bytes;
    (3) model, columns, epsilon, delta and cohort are those of the manifest.
    Not done here: whether this node approved that manifest.

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
        raise ReleaseInvalid("the release belongs to another manifest", remedy="fetch both again")
    # (3) the manifest's own terms
    same = (
        (release.campaign_id, release.network, release.model, release.columns)
        == (terms.campaign_id, terms.network, terms.model, terms.columns)
        and len(release.weights) == len(terms.columns)
        and (release.epsilon, release.delta) == (terms.epsilon, terms.delta)
        and release.epsilon_spent <= terms.epsilon
    )
    if not same:
        raise ReleaseInvalid("the release does not follow its manifest", remedy="tell the coordinator's administrator")
    if release.rounds_completed > terms.rounds or not set(release.contributors) <= set(terms.invited):
        raise ReleaseInvalid("the release names rounds or entities that its manifest does not")
    if len(set(release.contributors)) < terms.minimum_cohort:
        raise ReleaseInvalid("fewer entities contributed than the manifest's minimum cohort")
    return release, terms
