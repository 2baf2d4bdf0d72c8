"""The campaign manifest: the terms of a training campaign, signed by the coordinator before any entity takes part."""

import hashlib
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from federated.campaign.signed_documents import parse_document, seal_document
from federated.errors import ManifestInvalid
from federated.evaluation.plan import EvaluationPlan
from federated.learning.hyperparameters import ModelName, ModelTerms
from federated.privacy.stages import MAX_DELTA, MAX_EPSILON, MAX_ROUNDS, Stage, StageKind
from federated.tabular.features import MAX_FEATURES, FeatureSpec, LabelSpec, Name, column_names
from presentation.messages import _
from trust import signing
from trust.parties import EntityId

MANIFEST_TYPE: Final = "application/vnd.redpact.campaign-manifest.v2+json"
MAX_INVITED: Final = 5000

Sha256Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CampaignId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


Purpose = Literal["support_only"]


class DataSource(StrEnum):
    """The source of an entity's rows."""

    RECORDS = "records"
    TABLE = "table"


class CampaignManifest(BaseModel):
    """The content of a manifest. A value of this type has not been verified unless `open_manifest` returned it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=2, ge=2, le=2)
    campaign_id: CampaignId
    name: str = Field(min_length=1, max_length=200)
    network: str = Field(min_length=1, max_length=100)
    purpose: Purpose = Field(default="support_only", description="to offer support, never to sanction, deny or inspect")
    source: DataSource
    dataset: Name = Field(description="'records', or the name under which each entity registered its table")
    features: tuple[FeatureSpec, ...] = Field(min_length=1, max_length=MAX_FEATURES)
    label: LabelSpec
    terms: ModelTerms = Field(description="the kind of model and its numbers; all of them public")
    evaluation: EvaluationPlan = Field(description="how the model is measured on people it has not seen")
    epsilon: float = Field(gt=0, le=MAX_EPSILON, description="spent by a person in one entity over all stages")
    delta: float = Field(gt=0, le=MAX_DELTA)
    unit: Literal["person"] = "person"
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=8)
    minimum_cohort: int = Field(ge=3, le=MAX_INVITED, description="no sum is opened over fewer entities")
    noise_shares: int = Field(
        ge=1, le=MAX_INVITED, description="number of contributions over which the noise of a sum is split"
    )
    counts_entities: bool = Field(
        default=False, description="people are counted across entities, and weigh one over the entities they are in"
    )
    people_cap: int = Field(default=3, ge=1, le=100, description="a person in more entities than this is left out")
    people_estimate: int = Field(ge=1, le=1_000_000_000, description="a public figure; no data were looked at")
    invited: tuple[EntityId, ...] = Field(min_length=1, max_length=MAX_INVITED)
    issued: AwareDatetime
    deadline: AwareDatetime = Field(description="decisions are taken until then")
    ends: AwareDatetime = Field(description="no contribution leaves after then")
    code_sha256: Sha256Hex

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.issued < self.deadline <= self.ends:
            raise ValueError(_("issued, deadline y ends han de ir en este orden"))
        if len(set(self.invited)) != len(self.invited):
            raise ValueError(_("una entidad está invitada dos veces"))
        if self.minimum_cohort > len(self.invited):
            raise ValueError(_("el mínimo de entidades es mayor que el número de las invitadas"))
        if self.noise_shares > self.minimum_cohort:
            raise ValueError(
                _("el ruido repartido entre más aportaciones que el mínimo de entidades sería insuficiente")
            )
        names = [feature.name for feature in self.features]
        if len(set(names)) != len(names) or self.label.name in names:
            raise ValueError(_("una variable está dos veces, o la etiqueta es una variable"))
        if {each.name for each in self.evaluation.slices} & {*names, self.label.name}:
            raise ValueError(_("un atributo protegido es una variable"))
        return self

    @model_validator(mode="after")
    def _staged(self) -> Self:
        if self.rounds > MAX_ROUNDS:
            raise ValueError(_("las etapas tienen más de {most} rondas", most=MAX_ROUNDS))
        planned = [(stage.kind, stage.rounds) for stage in self.terms.stages]
        if [(stage.kind, stage.rounds) for stage in self.stages] != [*planned, (StageKind.EVALUATE, 1)]:
            raise ValueError(_("las etapas no son las de los hiperparámetros del modelo y una ronda que lo mide"))
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the model's input columns, in order, without the intercept."""
        return column_names(self.features)

    @property
    def rounds(self) -> int:
        """Number of rounds of all stages together."""
        return sum(stage.rounds for stage in self.stages)

    @property
    def colluders(self) -> int:
        """Number of entities that may give their noise away without the promised noise falling short."""
        return self.minimum_cohort - self.noise_shares

    @property
    def model(self) -> ModelName:
        """The kind of model."""
        return self.terms.kind


def seal_manifest(manifest: CampaignManifest, signer: signing.Signer) -> signing.Envelope:
    """Sign a manifest."""
    return seal_document(manifest, MANIFEST_TYPE, signer)


def open_manifest(envelope: signing.Envelope, *, coordinator_key: bytes) -> CampaignManifest:
    """Verify a manifest under the pinned coordinator key and return its content.

    The decision to take part is not made here, but in `federated.participation.guard`.

    Raises:
        SignatureInvalid: not signed by the pinned key.
        MalformedDocument, ManifestInvalid: signed, but not a manifest.
    """
    payload = signing.open_envelope(envelope, payload_type=MANIFEST_TYPE, public_key=coordinator_key)
    return parse_document(payload, CampaignManifest, ManifestInvalid)


def manifest_sha256(envelope: signing.Envelope) -> str:
    """Return the SHA-256, in hex, of the manifest's exact signed bytes; later messages name the manifest by it."""
    return hashlib.sha256(envelope.payload).hexdigest()
