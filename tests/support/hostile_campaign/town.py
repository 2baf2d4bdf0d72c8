"""Real nodes in one campaign, and what a coordinator that does what it likes has seen of them.

Each node has its own database, guard, epsilon ledger, enrolment and secrets; only the rows to train on are given. One
more entity, `SYBIL`, is the coordinator's own: it joined like the others and answers whatever it is asked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from federated.budget.budget_store import BudgetLimit
from federated.campaign.decision import CampaignDecision, Verdict, seal_decision
from federated.campaign.manifest import CampaignManifest, manifest_sha256, seal_manifest
from federated.campaign.steps import StepRequest, encode_document, read_request, step_name
from federated.errors import FederatedError
from federated.models import local_sum_for
from federated.participation.local_sums import LocalPeople, LocalSums
from federated.storage.tables import SpendRow
from federated.studies.local_entity import LocalEntity
from federated.tabular.features import FloatVector
from node.context import NodeContext
from node.people.documents import parse_document
from node.people.store import people_store
from node.training import step_replies
from node.training.errors import TrainingError
from node.training.local_data import LocalData, local_people
from node.training.step_replies import StepReplies
from node.training.stores import epsilon_ledger, training_guard
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START, FrozenClock
from tests.support.cohort import additive_stages, additive_terms, people_of
from tests.support.counting import Counter
from tests.support.parts import COORDINATOR, SignedDirectory, context_of, hold, keys_of
from tests.support.people import person_record
from trust.parties import EntityKind

SYBIL = "burgos"
HONEST = ("avila", "leon", "soria", "zamora")
ENTITIES = tuple(sorted((*HONEST, SYBIL)))
EPSILON = 2.0
PERSON = "00000000T"
SHARED = parse_document(PERSON).canonical
"""Somebody whom avila and leon know."""
HELD = {
    "avila": (PERSON, "12345678Z", "X0000000T"),
    "leon": (PERSON, "00000001R"),
    "soria": ("00000002W", "00000003A"),
    "zamora": ("00000004G",),
}


class Killed(Exception):
    """The process of a node ended."""


@dataclass
class Told:
    """One answer that left a node."""

    entity: str
    request: StepRequest
    raw: bytes
    reply: bytes

    @property
    def step(self) -> str:
        return step_name(self.request)


@dataclass
class Town:
    """The nodes, and every answer of theirs.

    Attributes:
        weights: the weights that a node used in a round, by entity, as by document.
        refused: entities that refused something.
    """

    manifest: CampaignManifest
    digest: str
    contexts: dict[str, NodeContext]
    replies: dict[str, StepReplies]
    directory: SignedDirectory
    sybil: LocalEntity
    counter: Counter
    told: list[Told] = field(default_factory=list)
    weights: dict[str, dict[str, float]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    kill_at_commit: set[str] = field(default_factory=set)

    def key_of(self, entity: str) -> bytes:
        return bytes.fromhex(self.directory.parties[entity].signing_key)

    def restart(self, entity: str) -> None:
        """Let a new process take over at a node: nothing is left but what is stored."""
        self.replies[entity] = StepReplies(self.contexts[entity], lambda: None)

    def ask(self, entity: str, request: StepRequest | bytes) -> bytes | None:
        """Ask an entity a step; None when it refuses, or its process ends before it could answer."""
        raw = request if isinstance(request, bytes) else encode_document(request)
        document = read_request(raw).document
        reply = self._of_sybil(raw) if entity == SYBIL else self._of_node(entity, raw)
        if reply is not None:
            assert entity not in self.refused, f"{entity} answered {step_name(document)} after a refusal"
            self.told.append(Told(entity, document, raw, reply))
        return reply

    def spent_rounds(self, entity: str) -> dict[int, str]:
        """Return the rounds in a node's epsilon ledger with the hash of the reply."""
        with self.contexts[entity].snapshot() as session:
            return {row.round: row.reply_sha256 for row in session.query(SpendRow)}

    def epsilons(self, entity: str) -> tuple[float, float]:
        """Return what a node's ledger says is spent and committed."""
        with self.contexts[entity].snapshot() as session:
            statement = epsilon_ledger(session).statement()
        return statement.spent, statement.committed

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()

    def _of_node(self, entity: str, raw: bytes) -> bytes | None:
        try:
            return self.replies[entity].answer(raw)
        except (FederatedError, TrainingError):
            self.refused.add(entity)
            return None
        except Killed:
            self.restart(entity)
            return None

    def _of_sybil(self, raw: bytes) -> bytes | None:
        document = read_request(raw).document
        try:
            counted = self.counter.answer(document, self.sybil)
            return counted if counted is not None else self.sybil.answer(raw)
        except FederatedError:
            return None


def make_town(folder: Path, patch: pytest.MonkeyPatch) -> Town:
    """Return nodes that approved one campaign that counts people. Reading rows is patched; nothing else is."""
    clock = FrozenClock(START)
    directory = SignedDirectory(clock, dict.fromkeys(ENTITIES, EntityKind.AGENT))
    terms = {"terms": additive_terms(2), "stages": additive_stages(EPSILON, 2)}
    manifest = campaigns.manifest(
        epsilon=EPSILON, invited=ENTITIES, counts_entities=True, people_estimate=4000, **terms
    )
    envelope = seal_manifest(manifest, COORDINATOR)
    contexts = {entity: context_of(entity, folder / entity, directory) for entity in HONEST}
    town = Town(
        manifest=manifest,
        digest=manifest_sha256(envelope),
        contexts=contexts,
        replies={entity: StepReplies(context, lambda: None) for entity, context in contexts.items()},
        directory=directory,
        sybil=LocalEntity(
            manifest,
            (SYBIL, keys_of(SYBIL).signing, lambda entity: bytes.fromhex(directory.parties[entity].signing_key)),
            LocalSums(manifest, people_of(9), local_sum_for(manifest)),
        ),
        counter=Counter(manifest, SYBIL, {}),
    )
    for entity, context in contexts.items():
        hold(context, *(person_record(parse_document(each)) for each in HELD[entity]))
        _approve(context, entity, envelope)
        _make_killable(town, entity, patch)
    _give_rows(town, patch)
    return town


def _approve(context: NodeContext, entity: str, envelope: Any) -> None:
    content = CampaignDecision(
        campaign_id=CAMPAIGN,
        manifest_sha256=manifest_sha256(envelope),
        entity=entity,
        verdict=Verdict.APPROVED,
        decided=START,
    )
    with context.transaction() as session:
        epsilon_ledger(session).set_limit(BudgetLimit(8.0, 1e-5), START)
        decision = seal_decision(content, context.keys.signing)
        training_guard(context, session).approve(envelope, decision, START)


def _make_killable(town: Town, entity: str, patch: pytest.MonkeyPatch) -> None:
    context = town.contexts[entity]
    real = context.transaction

    @contextmanager
    def transaction() -> Iterator[Session]:
        """Open a unit of work whose process may end just before the commit."""
        with real() as session:
            yield session
            if entity in town.kill_at_commit:
                town.kill_at_commit.discard(entity)
                raise Killed

    patch.setattr(context, "transaction", transaction)


def _give_rows(town: Town, patch: pytest.MonkeyPatch) -> None:
    def rows(context: NodeContext, session: Session, _manifest: CampaignManifest) -> LocalData:
        keys = tuple(person for person, _ in people_store(context, session).documents())
        matrix, labels = campaigns.rows(len(keys), 3)
        return LocalData(matrix, labels, np.arange(len(keys)) % 5 == 4, keys)

    def noted(data: LocalData, manifest: CampaignManifest, weights: FloatVector | None) -> LocalPeople:
        assert weights is not None, "people are counted in this campaign"
        for entity, context in town.contexts.items():
            with context.snapshot() as session:
                known = dict(people_store(context, session).documents())
            if set(data.keys) == set(known):
                named = zip((known[key] for key in data.keys), weights, strict=True)
                town.weights[entity] = {each.canonical: float(weight) for each, weight in named}
                assert SHARED in town.weights[entity] or entity not in {"avila", "leon"}
        return local_people(data, manifest, weights)

    patch.setattr(step_replies, "training_data", rows)
    patch.setattr(step_replies, "local_people", noted)
