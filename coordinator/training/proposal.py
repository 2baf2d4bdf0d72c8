"""The manifest of a campaign, composed from the Gerencia's proposal. Everything in it is public; no data are read."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from coordinator.training.errors import CampaignInvalid
from federated.campaign.code_hash import code_sha256
from federated.campaign.manifest import CampaignManifest, DataSource
from federated.campaign.stage_planning import plan_stages
from federated.evaluation.plan import EvaluationPlan, Slice
from federated.learning.hyperparameters import plan_model_terms
from federated.learning.model_choice import AUTO, chosen_model
from federated.tabular.features import FeatureSpec, LabelSpec
from policies.training_features import load_training_features
from presentation.faults import first_fault
from presentation.messages import _, listing
from trust.parties import EntityKind, EntityStatus, Party

RECORDS_DATASET: Final = "records"

_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST: Final = timedelta(days=366)
_FEATURES: Final[TypeAdapter[tuple[FeatureSpec, ...]]] = TypeAdapter(tuple[FeatureSpec, ...])


@dataclass(frozen=True, slots=True)
class LearningProblem:
    """The outcome to predict, and the data and features to learn it from.

    Attributes:
        dataset: 'records', or the name under which each entity registers its table.
        slices: protected attributes by which the model is evaluated; never features.
    """

    source: DataSource
    dataset: str
    features: tuple[FeatureSpec, ...]
    label: LabelSpec
    slices: tuple[Slice, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicFigures:
    """Published statistics about all the people together.

    Attributes:
        people: their approximate number.
        rate: the approximate share of them with the outcome.
        capacity: the share of them that the service can attend.
    """

    people: int = 5_000
    rate: float = 0.3
    capacity: float = 0.2


@dataclass(frozen=True, slots=True)
class Proposal:
    """The Gerencia's choices for a campaign.

    Attributes:
        model: logistic, additive, neural, or auto.
        figures: published, about all the people together.
        colluders: the number of entities of the minimum cohort that may reveal their own noise to the coordinator.
        people_cap: the most entities a person may be known to; people known to more are left out.
        monotone: features whose curve in the additive model must rise (+1) or fall (-1).
        decide_within: time for entities to decide.
        train_within: time after that in which contributions may leave.
        invited: entity ids; empty invites every active entity that may hold records.
    """

    name: str
    epsilon: float
    delta: float
    minimum_cohort: int
    decide_within: timedelta
    train_within: timedelta
    model: str = AUTO
    figures: PublicFigures = field(default_factory=PublicFigures)
    colluders: int = 1
    people_cap: int = 3
    monotone: Mapping[str, Literal[-1, 1]] = field(default_factory=dict)
    invited: tuple[str, ...] = field(default=())


def records_problem() -> LearningProblem:
    """Return the IPRO problem on the entities' own records, as `policies` declares it."""
    chosen = load_training_features()
    features = _FEATURES.validate_python(chosen.schema_entries())
    slices = tuple(Slice(name=each.name, values=each.values) for each in chosen.protected)
    label = LabelSpec(name=chosen.label.name, positive="1")
    return LearningProblem(DataSource.RECORDS, RECORDS_DATASET, features, label, slices)


def table_problem(dataset: str, features: Sequence[FeatureSpec], label: LabelSpec) -> LearningProblem:
    """Return a problem on a table that each entity registers under `dataset`.

    Raises:
        CampaignInvalid: the name is the one of the records.
    """
    if dataset == RECORDS_DATASET:
        raise CampaignInvalid(_("una tabla no puede llamarse 'records'"), remedy=_("indique otro --dataset"))
    return LearningProblem(DataSource.TABLE, dataset, tuple(features), label)


def compose(
    proposal: Proposal, problem: LearningProblem, parties: Sequence[Party], *, network: str, now: datetime
) -> CampaignManifest:
    """Return the manifest of a campaign, with terms chosen from public figures only.

    Raises:
        CampaignInvalid: an invited entity cannot take part, or a value is out of range.
        PrivacyTermsInvalid: epsilon or delta are out of range, or there is no model of this name.
    """
    invited = _invited(proposal.invited, parties)
    epsilon, delta = proposal.epsilon, proposal.delta
    kind = chosen_model(proposal.model, epsilon=epsilon, people=proposal.figures.people, features=problem.features)
    terms = plan_model_terms(kind, problem.features, epsilon=epsilon, delta=delta, monotone=dict(proposal.monotone))
    try:
        return CampaignManifest(
            campaign_id=secrets.token_hex(16),
            name=proposal.name,
            network=network,
            source=problem.source,
            dataset=problem.dataset,
            features=problem.features,
            label=problem.label,
            terms=terms,
            evaluation=evaluation_of(proposal.figures, problem),
            epsilon=epsilon,
            delta=delta,
            stages=plan_stages(terms, epsilon=epsilon, delta=delta),
            minimum_cohort=proposal.minimum_cohort,
            noise_shares=proposal.minimum_cohort - proposal.colluders,
            counts_entities=problem.source is DataSource.RECORDS,
            people_cap=proposal.people_cap,
            people_estimate=proposal.figures.people,
            invited=invited,
            issued=now,
            deadline=now + proposal.decide_within,
            ends=now + proposal.decide_within + proposal.train_within,
            code_sha256=code_sha256(),
        )
    except ValidationError as error:
        raise CampaignInvalid(
            _("la campaña no es válida: {fault}", fault=first_fault(error)),
            remedy=_("corrija el valor y proponga la campaña de nuevo"),
        ) from error


def evaluation_of(figures: PublicFigures, problem: LearningProblem) -> EvaluationPlan:
    """Return the evaluation plan: bins around the public rate, figures by protected attribute.

    Raises:
        CampaignInvalid: a rate or capacity outside (0, 1).
    """
    if not 0 < figures.rate < 1 or not 0 < figures.capacity < 1:
        raise CampaignInvalid(
            _("--rate y --capacity deben ser proporciones"), remedy=_("indique números entre 0 y 1, por ejemplo 0.3")
        )
    return EvaluationPlan.around(figures.rate, capacity=figures.capacity, slices=problem.slices)


def parse_duration(text: str) -> timedelta:
    """Return a duration written as a number and m, h or d: 45m, 12h, 7d.

    Raises:
        CampaignInvalid: it is no duration, or longer than 366 days.
    """
    match = re.fullmatch(r"([0-9]{1,6})([mhd])", text.strip())
    duration = int(match[1]) * _UNITS[match[2]] if match else timedelta(0)
    if not timedelta(0) < duration <= _LONGEST:
        raise CampaignInvalid(
            _("{text!r} no es una duración válida", text=text), remedy=_("escriba, por ejemplo, 45m, 12h o 7d")
        )
    return duration


def _invited(wanted: Sequence[str], parties: Sequence[Party]) -> tuple[str, ...]:
    # Collaborating entities hold no records (Ley 4/2018), so they have nothing to train on.
    able = {
        party.id
        for party in parties
        if party.status is EntityStatus.ACTIVE and party.kind is not EntityKind.COLLABORATOR
    }
    unable = [entity for entity in wanted if entity not in able]
    if unable:
        raise CampaignInvalid(
            _("estas entidades no pueden participar: {unable}", unable=listing(unable)),
            remedy=_("consulte: redpact-coordinator entity list"),
        )
    invited = tuple(dict.fromkeys(wanted)) or tuple(sorted(able))
    if not invited:
        raise CampaignInvalid(
            _("aún no se puede invitar a ninguna entidad"), remedy=_("admita antes entidades con: entity invite")
        )
    return invited


def checked_source(text: str) -> DataSource:
    """Return the data source of a name.

    Raises:
        CampaignInvalid: there is none of that name.
    """
    try:
        return DataSource(text)
    except ValueError as error:
        raise CampaignInvalid(
            _("{text!r} no es un valor válido de --source", text=text),
            remedy=_("elija uno de estos: {known}", known=listing(DataSource)),
        ) from error
