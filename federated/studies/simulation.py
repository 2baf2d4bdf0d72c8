"""Simulate a whole campaign in one process over the sites of a table: apps, secure sums and noise as on the network.

The reported AUC is measured on the table's held-out rows without privacy: it serves to choose terms on public data and
must not be computed on people's records this way.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np
from typing_extensions import override

from federated.campaign.code_hash import code_sha256
from federated.campaign.manifest import CampaignManifest, DataSource, manifest_sha256, seal_manifest
from federated.campaign.stage_planning import plan_stages
from federated.campaign.stage_sums import StageSums
from federated.coordination.cohort_forming import CampaignSetup
from federated.coordination.progress import Progress
from federated.coordination.transcript import RoundRecord
from federated.errors import TableInvalid
from federated.evaluation.plan import EvaluationPlan
from federated.flower.client_app import handle_message
from federated.flower.inprocess_grid import InProcessGrid
from federated.flower.server_app import CampaignRun, run_campaign
from federated.learning.hyperparameters import ModelTerms
from federated.learning.log_odds import log_odds
from federated.learning.model_documents import LearnedModel
from federated.models import local_sum_for
from federated.participation.local_sums import LocalPeople, LocalSums
from federated.release.composition import measure
from federated.secagg.cohort_reading import CohortReader, Kind, RevealedCohort
from federated.secagg.keys import EntityStatement
from federated.studies.baselines import each_alone, pooled_without_privacy
from federated.studies.local_entity import LocalEntity
from federated.studies.site_evaluation import SiteAuc, evaluate, split
from federated.tabular.evaluation_table import Table, TableSchema
from federated.tabular.rows import Rows
from presentation.messages import _
from trust.signing import Ed25519Signer

NETWORK: Final = "simulation"
_CAMPAIGN: Final = "0" * 32
_LEAST: Final = 3
_CAPACITY: Final = 0.2
_RATE: Final = 0.3


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """The terms of a simulation.

    Attributes:
        terms: of the model.
        test_fraction: of each site's rows, held out from training.
        seed: of the split; the noise has no seed, so two runs differ.
        baselines: also measure pooled-without-privacy and each site alone.
        absent: number of entities that may fail; the noise is shared among the others.
    """

    epsilon: float
    delta: float
    terms: ModelTerms
    test_fraction: float = 0.2
    seed: int = 0
    baselines: bool = False
    absent: int = 0


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """The result of a simulation; `seconds` covers the campaign alone, secure sums and evaluation included.

    Attributes:
        measured: the campaign's noised figures, as a release carries them.
    """

    plan: SimulationPlan
    rounds: int
    seconds: float
    sites: int
    model: LearnedModel
    auc: SiteAuc
    measured: dict[str, Any] | None
    baselines: dict[str, SiteAuc]

    def document(self) -> dict[str, object]:
        """Return the values for ``--json``; ``baselines`` only if the plan has them."""
        document: dict[str, object] = {
            "model": self.plan.terms.kind,
            "epsilon": self.plan.epsilon,
            "delta": self.plan.delta,
            "rounds": self.rounds,
            "seconds": round(self.seconds, 3),
            "sites": self.sites,
            "auc": self.auc.document(),
            "measured_in_budget": self.measured,
        }
        if self.baselines:
            document["baselines"] = {name: evaluation.document() for name, evaluation in self.baselines.items()}
        return document


def simulate(
    table: Table,
    schema: TableSchema,
    plan: SimulationPlan,
    *,
    clock: Callable[[], datetime],
    on_round: Callable[[Progress, int], None] = lambda _progress, _rounds: None,
) -> SimulationResult:
    """Train over the table's sites and measure on their held-out rows.

    Args:
        table: the rows.
        schema: meaning of the columns.
        plan: terms of the simulation.
        clock: returns the current time.
        on_round: called with the progress and the number of rounds after each round.

    Raises:
        PrivacyTermsInvalid, TableInvalid: terms or rows unfit for training.
        CohortTooSmall: too few sites to sum over.
    """
    training, test = split(table, plan.test_fraction, plan.seed)
    if not len(training.labels) or not len(test.labels):
        raise TableInvalid(
            _("hay muy pocas filas para entrenar y probar el modelo"), remedy=_("use una tabla más grande")
        )
    if len(table.site_names) < _LEAST:
        raise TableInvalid(
            _("con menos de {least} sedes no se puede ocultar lo que aporta cada una", least=_LEAST),
            remedy=_("use una tabla con más sedes"),
        )
    entities = {f"site-{index}": site for index, site in enumerate(table.site_names, start=1)}
    manifest = _manifest(schema, plan, tuple(entities), clock())
    people = {entity: _people(training, test, site) for entity, site in entities.items()}
    start = time.perf_counter()
    progress, last = run_in_process(manifest, people, clock=clock, on_round=on_round)
    seconds = time.perf_counter() - start
    model = StageSums(manifest).program.finish(progress.vectors)
    measured = measure(manifest, progress, last)
    return SimulationResult(
        plan=plan,
        rounds=manifest.rounds,
        seconds=seconds,
        sites=len(entities),
        model=model,
        auc=evaluate(test, log_odds(model, test.matrix)),
        measured=measured.measurement.document() if measured is not None else None,
        baselines=_baselines(training, test) if plan.baselines else {},
    )


def run_in_process(
    manifest: CampaignManifest,
    people: dict[str, LocalPeople],
    *,
    clock: Callable[[], datetime],
    on_round: Callable[[Progress, int], None] = lambda _progress, _rounds: None,
) -> tuple[Progress, int]:
    """Run a campaign over entities in memory; return the last progress, and the number of entities in the last sum.

    Raises:
        CohortTooSmall: fewer entities than the manifest's minimum.
    """
    coordinator = Ed25519Signer.generate()
    digest = manifest_sha256(seal_manifest(manifest, coordinator))
    signers = {entity: Ed25519Signer.generate() for entity in people}
    reader = _SharedReader(manifest, digest, _key_of(signers))
    entities = {
        entity: LocalEntity(
            manifest,
            (entity, signers[entity], _key_of(signers)),
            LocalSums(manifest, each, local_sum_for(manifest)),
            reader_of=lambda _manifest, _digest: reader,
        )
        for entity, each in people.items()
    }
    answers = {entity: partial(handle_message, handle_step=each.answer) for entity, each in entities.items()}
    records: list[RoundRecord] = []

    def on_step(progress: Progress, record: RoundRecord | None) -> None:
        if record is not None:
            records.append(record)
            on_round(progress, manifest.rounds)

    grid = InProcessGrid(manifest.campaign_id, answers, now=clock)
    run = CampaignRun(CampaignSetup(manifest, digest, tuple(people), _key_of(signers)), on_step)
    progress = run_campaign(run, grid)
    return progress, len(records[-1].contributors)


def _key_of(signers: dict[str, Ed25519Signer]) -> Callable[[str], bytes]:
    return lambda entity: signers[entity].public_key


_Statement = TypeVar("_Statement", bound=EntityStatement)


class _SharedReader(CohortReader):
    """In one process all entities get the same bytes: one check of each statement serves for all."""

    def __init__(self, manifest: CampaignManifest, digest: str, key_of: Callable[[str], bytes]) -> None:
        super().__init__(manifest, digest, key_of)
        self._opened: dict[tuple[str, bytes], Any] = {}
        self._formed: dict[tuple[bytes, ...], RevealedCohort] = {}

    @override
    def opened(self, statement: bytes, kind: Kind[_Statement]) -> _Statement:
        known: _Statement | None = self._opened.get((kind[1], statement))
        if known is None:
            known = self._opened[kind[1], statement] = super().opened(statement, kind)
        return known

    @override
    def revealed(self, statements: Sequence[bytes], committed: Mapping[str, str]) -> RevealedCohort:
        shown = tuple(statements)
        if shown not in self._formed:
            self._formed[shown] = super().revealed(statements, committed)
        return self._formed[shown]


def _people(training: Table, test: Table, site: str) -> LocalPeople:
    own, held_out = training.take(training.sites == site), test.take(test.sites == site)
    groups = np.zeros((len(held_out.labels), 0), dtype=np.int64)
    return LocalPeople(Rows.of(own.matrix, own.labels), Rows.of(held_out.matrix, held_out.labels), groups)


def _baselines(training: Table, test: Table) -> dict[str, SiteAuc]:
    return {
        "pooled_without_privacy": pooled_without_privacy(training, test),
        "each_alone": each_alone(training, test),
    }


def _manifest(schema: TableSchema, plan: SimulationPlan, entities: tuple[str, ...], now: datetime) -> CampaignManifest:
    minimum = max(_LEAST, len(entities) - plan.absent)
    return CampaignManifest(
        campaign_id=_CAMPAIGN,
        name=NETWORK,
        network=NETWORK,
        source=DataSource.TABLE,
        dataset=NETWORK,
        features=schema.features,
        label=schema.label,
        terms=plan.terms,
        evaluation=EvaluationPlan.around(_RATE, capacity=_CAPACITY),
        epsilon=plan.epsilon,
        delta=plan.delta,
        stages=plan_stages(plan.terms, epsilon=plan.epsilon, delta=plan.delta),
        minimum_cohort=minimum,
        noise_shares=minimum,
        people_estimate=1,
        invited=entities,
        issued=now,
        deadline=now + timedelta(hours=1),
        ends=now + timedelta(days=1),
        code_sha256=code_sha256(),
    )
