"""Decision policies: rules by which an entity's data-protection officer decides campaigns in advance.

A policy states limits. An approving policy approves a campaign that keeps all of them, and must state every limit: an
absent one would be approved unseen. Every field of a manifest that the node does not derive or compare itself has a
limit here; a test walks them. A refusing policy refuses a campaign that breaks any limit it states; without
limits it refuses everything in its scope. A refusal wins over an approval. A campaign that no policy covers waits for
a person.

An approval by policy still passes the guard: manifest, code, epsilon and budget are checked as for a decision taken by
hand. Policies of version 1 had fewer limits: such an approval decides nothing until it is set again with all of them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from federated.campaign.decision import Verdict
from federated.campaign.manifest import MAX_INVITED, CampaignManifest, DataSource, Purpose
from federated.errors import DecisionPolicyInvalid
from federated.evaluation.plan import MAX_SLICES
from federated.learning.hyperparameters import AdditiveTerms, ModelName
from federated.privacy.own_noise import epsilon_alone
from federated.privacy.stages import MAX_DELTA, MAX_EPSILON
from federated.tabular.features import MAX_FEATURES, Name
from presentation.faults import first_fault
from presentation.messages import _, listing
from trust import canonical

PolicyName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class PolicyAction(StrEnum):
    """The decision of a policy on a campaign in its scope."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Limit(StrEnum):
    """The properties of a campaign that a policy can limit."""

    PURPOSES = "purposes"
    MODELS = "models"
    FEATURES = "features"
    LABELS = "labels"
    PROTECTED = "protected"
    EPSILON = "epsilon"
    EPSILON_ALONE = "epsilon_alone"
    DELTA = "delta"
    CLIPPING_BOUND = "clipping_bound"
    ROUNDS = "rounds"
    MINIMUM_COHORT = "minimum_cohort"
    COLLUDERS = "colluders"
    COUNTS_ENTITIES = "counts_entities"
    PEOPLE_CAP = "people_cap"
    LEAST_PEOPLE = "least_people"
    DAYS = "days"
    BUDGET_LEFT = "budget_left"


POLICY_VERSION: Final = 2


class DecisionPolicy(BaseModel):
    """One policy, stored and hashed as the RFC 8785 bytes of `policy_bytes`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=POLICY_VERSION, ge=1, le=POLICY_VERSION)
    name: PolicyName
    action: PolicyAction
    source: DataSource | None = Field(default=None, description="scope: only campaigns on this kind of data")
    dataset: Name | None = Field(default=None, description="scope: only campaigns on this data set")
    purposes: tuple[Purpose, ...] | None = Field(default=None, min_length=1, description="no other purpose")
    models: tuple[ModelName, ...] | None = Field(default=None, min_length=1, description="no other model")
    features: tuple[Name, ...] | None = Field(default=None, min_length=1, max_length=MAX_FEATURES)
    labels: tuple[Name, ...] | None = Field(default=None, min_length=1, description="outcomes that may be predicted")
    protected: tuple[Name, ...] | None = Field(
        default=None, max_length=MAX_SLICES, description="attributes by which the model may be evaluated"
    )
    epsilon: float | None = Field(default=None, gt=0, le=MAX_EPSILON, description="at most")
    epsilon_alone: float | None = Field(
        default=None, gt=0, le=50, description="at most, when only this entity's noise is unknown"
    )
    delta: float | None = Field(default=None, gt=0, le=MAX_DELTA, description="at most")
    clipping_bound: float | None = Field(default=None, gt=0, le=1e6, description="at most")
    rounds: int | None = Field(default=None, ge=1, description="at most")
    minimum_cohort: int | None = Field(default=None, ge=1, le=MAX_INVITED, description="at least")
    colluders: int | None = Field(
        default=None, ge=0, le=MAX_INVITED, description="entities that may give their noise away, at least"
    )
    counts_entities: bool | None = Field(
        default=None, description="true: only where people count once over all entities; false: any"
    )
    people_cap: int | None = Field(default=None, ge=1, le=100, description="at most")
    least_people: int | None = Field(default=None, ge=1, description="fewest people in a group that is shown, at least")
    days: float | None = Field(default=None, gt=0, description="from the manifest to the campaign's end, at most")
    budget_left: float | None = Field(
        default=None, ge=0, description="epsilon left of the data set's limit afterwards, at least"
    )
    until: AwareDatetime = Field(description="end of its validity")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.action is PolicyAction.APPROVE and self.v == POLICY_VERSION and self.lacking:
            raise ValueError(
                _(
                    "una aprobación indica su fuente, su conjunto y cada límite; falta: {names}",
                    names=listing(self.lacking),
                )
            )
        return self

    @property
    def lacking(self) -> tuple[str, ...]:
        """The names of the limits and scopes that an approval states and this policy lacks."""
        return tuple(name for name in ("source", "dataset", *Limit) if getattr(self, name) is None)

    @property
    def approves(self) -> bool:
        """True for an approval that states every limit."""
        return self.action is PolicyAction.APPROVE and not self.lacking


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """The properties of a campaign that policies judge.

    Attributes:
        protected: attributes by which the model is evaluated.
        epsilon_alone: when only this entity's share of the noise is unknown, without noise of its own.
        clipping_bound: of the model, in its own unit.
        colluders: entities that may give their noise away.
        least_people: fewest people in a group whose figures are shown.
        days: from the manifest's issue to the campaign's end.
        budget_left: lower bound on the epsilon left of the limit after the campaign; negative when exceeded.
    """

    purpose: str
    source: DataSource
    dataset: str
    model: ModelName
    features: frozenset[str]
    label: str
    protected: frozenset[str]
    epsilon: float
    epsilon_alone: float
    delta: float
    clipping_bound: float
    rounds: int
    minimum_cohort: int
    colluders: int
    counts_entities: bool
    people_cap: int
    least_people: int
    days: float
    budget_left: float


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """The decision of the policies on a campaign.

    Attributes:
        policy: the deciding one.
        outside: the limits broken; none for an approval.
        epsilon_alone: of an approval, the bound that this entity's own noise has to keep.
    """

    verdict: Verdict
    policy: str
    outside: tuple[Limit, ...]
    epsilon_alone: float = math.inf


def policy_facts(manifest: CampaignManifest, budget_left: float) -> PolicyFacts:
    """Return the properties that policies judge, of a manifest that `open_manifest` verified.

    Args:
        manifest: the campaign's.
        budget_left: epsilon now left of the limit. The campaign's epsilon is subtracted; Gaussian rounds
            compose to less than the sum of their epsilons, so the difference is a lower bound.
    """
    return PolicyFacts(
        purpose=manifest.purpose,
        source=manifest.source,
        dataset=manifest.dataset,
        model=manifest.model,
        features=frozenset(feature.name for feature in manifest.features),
        label=manifest.label.name,
        protected=frozenset(each.name for each in manifest.evaluation.slices),
        epsilon=manifest.epsilon,
        epsilon_alone=epsilon_alone(manifest.stages, manifest.delta, manifest.noise_shares),
        delta=manifest.delta,
        clipping_bound=clipping_bound(manifest),
        rounds=manifest.rounds,
        minimum_cohort=manifest.minimum_cohort,
        colluders=manifest.colluders,
        counts_entities=manifest.counts_entities,
        people_cap=manifest.people_cap,
        least_people=manifest.evaluation.least_people,
        days=(manifest.ends - manifest.issued) / timedelta(days=1),
        budget_left=budget_left - manifest.epsilon,
    )


def clipping_bound(manifest: CampaignManifest) -> float:
    """Return the bound on one person's contribution to a sum of the training, in the unit of the model."""
    terms = manifest.terms
    return terms.clip if isinstance(terms, AdditiveTerms) else terms.clipping_bound


def decide(policies: Iterable[DecisionPolicy], terms: PolicyFacts, now: datetime) -> PolicyDecision | None:
    """Return the decision of the policies in force on a campaign; None when it waits for a person."""
    covering = [policy for policy in policies if _in_scope(policy, terms, now)]
    for policy in covering:
        outside = broken_limits(policy, terms)
        stated = [limit for limit in Limit if getattr(policy, limit.value) is not None]
        if policy.action is PolicyAction.REFUSE and (outside or not stated):
            return PolicyDecision(Verdict.REFUSED, policy.name, outside)
    for policy in covering:
        if policy.approves and not broken_limits(policy, terms):
            alone = policy.epsilon_alone if policy.epsilon_alone is not None else math.inf
            return PolicyDecision(Verdict.APPROVED, policy.name, (), alone)
    return None


def broken_limits(policy: DecisionPolicy, terms: PolicyFacts) -> tuple[Limit, ...]:
    """Return the limits of a policy that a campaign breaks.

    An approval's bound on the case that only the own noise is unknown is kept by noise of this entity's own, so that no
    campaign breaks it; a refusal judges the campaign as it is.
    """
    own_noise_keeps = policy.action is PolicyAction.APPROVE
    # Each comparison is written so that NaN breaks the limit.
    kept = {
        Limit.PURPOSES: _among({terms.purpose}, policy.purposes),
        Limit.MODELS: _among({terms.model}, policy.models),
        Limit.FEATURES: _among(terms.features, policy.features),
        Limit.LABELS: _among({terms.label}, policy.labels),
        Limit.PROTECTED: _among(terms.protected, policy.protected),
        Limit.EPSILON: _at_most(terms.epsilon, policy.epsilon),
        Limit.EPSILON_ALONE: own_noise_keeps or _at_most(terms.epsilon_alone, policy.epsilon_alone),
        Limit.DELTA: _at_most(terms.delta, policy.delta),
        Limit.CLIPPING_BOUND: _at_most(terms.clipping_bound, policy.clipping_bound),
        Limit.ROUNDS: _at_most(terms.rounds, policy.rounds),
        Limit.MINIMUM_COHORT: _at_least(terms.minimum_cohort, policy.minimum_cohort),
        Limit.COLLUDERS: _at_least(terms.colluders, policy.colluders),
        Limit.COUNTS_ENTITIES: not policy.counts_entities or terms.counts_entities,
        Limit.PEOPLE_CAP: not terms.counts_entities or _at_most(terms.people_cap, policy.people_cap),
        Limit.LEAST_PEOPLE: _at_least(terms.least_people, policy.least_people),
        Limit.DAYS: _at_most(terms.days, policy.days),
        Limit.BUDGET_LEFT: _at_least(terms.budget_left, policy.budget_left),
    }
    return tuple(limit for limit in Limit if not kept[limit])


def _among(found: Iterable[str], allowed: tuple[str, ...] | None) -> bool:
    return allowed is None or set(found) <= set(allowed)


def _at_most(found: float, limit: float | None) -> bool:
    return limit is None or found <= limit


def _at_least(found: float, limit: float | None) -> bool:
    return limit is None or found >= limit


def make_policy(**stated: object) -> DecisionPolicy:
    """Return a validated policy.

    Raises:
        DecisionPolicyInvalid: the values do not form a policy.
    """
    try:
        return DecisionPolicy.model_validate(stated)
    except ValidationError as error:
        raise DecisionPolicyInvalid(first_fault(error), remedy=_("consulte: training policy set --help")) from error


def policy_bytes(policies: Iterable[DecisionPolicy]) -> bytes:
    """Return policies as RFC 8785 bytes, sorted by name; the ledger names the hash of these bytes."""
    ordered = sorted(policies, key=lambda policy: policy.name)
    return canonical.encode({"policies": [policy.model_dump(mode="json") for policy in ordered]})


def read_policy(data: bytes) -> DecisionPolicy:
    """Parse the one policy in bytes of `policy_bytes`.

    Raises:
        DecisionPolicyInvalid: the bytes hold no policy.
        MalformedDocument: the bytes are not JSON.
    """
    found = canonical.decode(data).get("policies")
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise DecisionPolicyInvalid(
            _("estos bytes no son una política"), remedy=_("fíjela de nuevo: training policy set")
        )
    return make_policy(**found[0])


def _in_scope(policy: DecisionPolicy, terms: PolicyFacts, now: datetime) -> bool:
    same_source = policy.source is None or policy.source is terms.source
    return now < policy.until and same_source and policy.dataset in (None, terms.dataset)
