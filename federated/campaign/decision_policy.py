"""Decision policies: rules by which an entity's data-protection officer decides campaigns in advance.

A policy states limits. An approving policy approves a campaign that keeps all of them, and must state every limit: an
absent one would be approved unseen. A refusing policy refuses a campaign that breaks any limit it states; without
limits it refuses everything in its scope. A refusal wins over an approval. A campaign that no policy covers waits for
a person.

An approval by policy still passes the guard: manifest, code, epsilon and budget are checked as for a decision taken by
hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from federated.campaign.decision import Verdict
from federated.campaign.manifest import MAX_INVITED, CampaignManifest, DataSource
from federated.errors import DecisionPolicyInvalid
from federated.learning.hyperparameters import ModelName
from federated.privacy.stages import MAX_EPSILON
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

    MODELS = "models"
    FEATURES = "features"
    EPSILON = "epsilon"
    MINIMUM_COHORT = "minimum_cohort"
    ROUNDS = "rounds"
    BUDGET_LEFT = "budget_left"


class DecisionPolicy(BaseModel):
    """One policy, stored and hashed as the RFC 8785 bytes of `policy_bytes`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    name: PolicyName
    action: PolicyAction
    source: DataSource | None = Field(default=None, description="scope: only campaigns on this kind of data")
    dataset: Name | None = Field(default=None, description="scope: only campaigns on this data set")
    models: tuple[ModelName, ...] | None = Field(default=None, min_length=1, description="no other model")
    features: tuple[Name, ...] | None = Field(default=None, min_length=1, max_length=MAX_FEATURES)
    epsilon: float | None = Field(default=None, gt=0, le=MAX_EPSILON, description="at most")
    minimum_cohort: int | None = Field(default=None, ge=1, le=MAX_INVITED, description="at least")
    rounds: int | None = Field(default=None, ge=1, description="at most")
    budget_left: float | None = Field(
        default=None, ge=0, description="epsilon left of the data set's limit afterwards, at least"
    )
    until: AwareDatetime = Field(description="end of its validity")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [limit.value for limit in Limit if getattr(self, limit.value) is None]
        if self.action is PolicyAction.APPROVE and (missing or self.source is None or self.dataset is None):
            stated = (name for name in ("source", "dataset") if getattr(self, name) is None)
            lacking = listing([*stated, *missing])
            raise ValueError(
                _("una aprobación indica su fuente, su conjunto y cada límite; falta: {names}", names=lacking)
            )
        return self


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """The properties of a campaign that policies judge.

    Attributes:
        budget_left: lower bound on the epsilon left of the data set's limit after the campaign; negative when exceeded.
    """

    purpose: str
    source: DataSource
    dataset: str
    model: ModelName
    features: frozenset[str]
    epsilon: float
    minimum_cohort: int
    rounds: int
    budget_left: float


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """The decision of the policies on a campaign, the deciding policy, and the limits broken (none for an approval)."""

    verdict: Verdict
    policy: str
    outside: tuple[Limit, ...]


def policy_facts(manifest: CampaignManifest, budget_left: float) -> PolicyFacts:
    """Return the properties that policies judge, of a manifest that `open_manifest` verified.

    Args:
        manifest: the campaign's.
        budget_left: epsilon now left of the data set's limit. The campaign's epsilon is subtracted; Gaussian rounds
            compose to less than the sum of their epsilons, so the difference is a lower bound.
    """
    return PolicyFacts(
        purpose=manifest.purpose,
        source=manifest.source,
        dataset=manifest.dataset,
        model=manifest.model,
        features=frozenset(feature.name for feature in manifest.features),
        epsilon=manifest.epsilon,
        minimum_cohort=manifest.minimum_cohort,
        rounds=manifest.rounds,
        budget_left=budget_left - manifest.epsilon,
    )


def decide(policies: Iterable[DecisionPolicy], terms: PolicyFacts, now: datetime) -> PolicyDecision | None:
    """Return the decision of the policies in force on a campaign; None when it waits for a person."""
    covering = [policy for policy in policies if _in_scope(policy, terms, now)]
    for policy in covering:
        outside = broken_limits(policy, terms)
        stated = [limit for limit in Limit if getattr(policy, limit.value) is not None]
        if policy.action is PolicyAction.REFUSE and (outside or not stated):
            return PolicyDecision(Verdict.REFUSED, policy.name, outside)
    for policy in covering:
        approves = policy.action is PolicyAction.APPROVE and terms.purpose == "support_only"
        if approves and not broken_limits(policy, terms):
            return PolicyDecision(Verdict.APPROVED, policy.name, ())
    return None


def broken_limits(policy: DecisionPolicy, terms: PolicyFacts) -> tuple[Limit, ...]:
    """Return the limits of a policy that a campaign breaks."""
    # Each comparison is written so that NaN breaks the limit.
    kept = {
        Limit.MODELS: policy.models is None or terms.model in policy.models,
        Limit.FEATURES: policy.features is None or terms.features <= set(policy.features),
        Limit.EPSILON: policy.epsilon is None or terms.epsilon <= policy.epsilon,
        Limit.MINIMUM_COHORT: policy.minimum_cohort is None or terms.minimum_cohort >= policy.minimum_cohort,
        Limit.ROUNDS: policy.rounds is None or terms.rounds <= policy.rounds,
        Limit.BUDGET_LEFT: policy.budget_left is None or terms.budget_left >= policy.budget_left,
    }
    return tuple(limit for limit in Limit if not kept[limit])


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
