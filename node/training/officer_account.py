"""What this entity was asked in training, what it answered, what left and what that cost: the officer's own account.

Everything comes from what is durable at this node: the signed manifests and decisions, the bytes that left, and the
entity's ledger. Nobody else is asked, and nothing here depends on what the coordinator says now.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import TrainingContributedBody, TrainingDecisionBody, read_body
from consent_ledger.log.entry import EntryType, Leaf
from federated.budget.epsilon_ledger import BudgetStatement
from federated.campaign.decided_campaigns import CampaignRecord
from federated.campaign.decision import Verdict
from federated.campaign.manifest import CampaignManifest, open_manifest
from federated.privacy.stages import position_of
from federated.storage.tables import SpendRow
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.training.effective_decisions import EffectiveDecisions
from node.training.errors import ManifestUnknown
from node.training.stores import epsilon_ledger
from presentation.messages import _

POLICY_PREFIX = "policy:"


@dataclass(frozen=True, slots=True)
class DecisionAccount:
    """A decision as the ledger tells it; `policy` is the standing policy that took it, empty for a person."""

    verdict: Verdict
    time: datetime
    policy: str
    reason: str
    ledger_index: int


@dataclass(frozen=True, slots=True)
class RoundAccount:
    """What left in one round.

    Attributes:
        stage: what the round's sum was for; empty when the manifest has no such round: that is a fault.
        sha256: of the bytes that left, computed anew from those kept.
        size: of them, in bytes.
        ledger_index: the entry about it; None when the ledger tells of none, or of other bytes: that is a fault.
        epsilon_after: what the data set had spent in all after it, as the ledger says.
    """

    round: int
    stage: str
    sha256: str
    size: int
    time: datetime
    ledger_index: int | None
    epsilon_after: str


@dataclass(frozen=True, slots=True)
class CampaignAccount:
    """One campaign from question to cost."""

    manifest: CampaignManifest
    manifest_sha256: str
    standing: Verdict
    dataset: str
    decisions: tuple[DecisionAccount, ...]
    rounds: tuple[RoundAccount, ...]


@dataclass(frozen=True, slots=True)
class TrainingAccount:
    """All campaigns this entity decided on, oldest first, and its budgets as they stand."""

    entity: str
    made: datetime
    campaigns: tuple[CampaignAccount, ...]
    budgets: tuple[BudgetStatement, ...]


def training_account(context: NodeContext, campaign_id: str = "") -> TrainingAccount:
    """Return the account of every campaign decided here, or of one.

    Raises:
        ManifestUnknown: this entity never decided on that campaign.
        SignatureInvalid, MalformedDocument, BudgetDamaged: what is kept was altered.
    """
    with context.snapshot() as session:
        records = [each for each in EffectiveDecisions(session).all() if campaign_id in ("", each.campaign_id)]
        if campaign_id and not records:
            raise ManifestUnknown(
                _("aquí no se guarda ninguna decisión sobre la campaña {campaign_id!r}", campaign_id=campaign_id),
                remedy=_("consulte: redpact-node training list"),
            )
        told = _Told(context, session, {record.campaign_id for record in records})
        key = bytes.fromhex(context.settings.coordinator_key)
        campaigns = tuple(
            told.campaign(record, open_manifest(record.manifest, coordinator_key=key)) for record in records
        )
        ledger = epsilon_ledger(session)
        budgets = ledger.statements()
        for budget in budgets:
            ledger.verify(budget.limit.dataset)  # an account over a broken chain would vouch for it
    return TrainingAccount(context.settings.entity, context.clock.now(), campaigns, budgets)


class _Told:
    """What the ledger and the kept answers tell of some campaigns."""

    def __init__(self, context: NodeContext, session: Session, campaigns: set[str]) -> None:
        self._session = session
        self._decisions: dict[str, list[DecisionAccount]] = {}
        self._contributed: dict[tuple[str, int], tuple[int, TrainingContributedBody]] = {}
        ledger, needles = own_ledger(context, session), [each.encode() for each in campaigns]
        for stored in ledger.store.bodies(0, ledger.size()):
            if any(needle in stored.body for needle in needles):
                self._entry(stored.index, Leaf.parse(ledger.leaf(stored.index)), stored.body)

    def decisions(self, campaign_id: str) -> Iterable[DecisionAccount]:
        return self._decisions.get(campaign_id, ())

    def campaign(self, record: CampaignRecord, manifest: CampaignManifest) -> CampaignAccount:
        return CampaignAccount(
            manifest=manifest,
            manifest_sha256=record.manifest_sha256,
            standing=record.verdict,
            dataset=record.dataset,
            decisions=tuple(self.decisions(record.campaign_id)),
            rounds=tuple(self.rounds(manifest)),
        )

    def rounds(self, manifest: CampaignManifest) -> Iterable[RoundAccount]:
        campaign_id = manifest.campaign_id
        query = select(SpendRow).where(SpendRow.campaign_id == campaign_id).order_by(SpendRow.round)
        for row in self._session.scalars(query):
            digest = hashlib.sha256(row.reply).hexdigest()
            index, body = self._contributed.get((campaign_id, row.round), (None, None))
            if body is None or body.contribution_sha256 != digest:
                index, body = None, None
            after = body.epsilon_after if body is not None else ""
            position = position_of(manifest.stages, row.round)
            stage = position.stage.kind.value if position is not None else ""
            yield RoundAccount(row.round, stage, digest, len(row.reply), row.spent_at, index, after)

    def _entry(self, index: int, leaf: Leaf, data: bytes) -> None:
        body = read_body(leaf.type, data)
        if isinstance(body, TrainingContributedBody):
            self._contributed[body.campaign_id, body.round] = (index, body)
        elif isinstance(body, TrainingDecisionBody):
            by = body.decided_by
            policy = by.removeprefix(POLICY_PREFIX) if by.startswith(POLICY_PREFIX) else ""
            told = DecisionAccount(_VERDICTS[leaf.type], leaf.time, policy, body.reason, index)
            self._decisions.setdefault(body.campaign_id, []).append(told)


_VERDICTS = {
    EntryType.TRAINING_APPROVED: Verdict.APPROVED,
    EntryType.TRAINING_REFUSED: Verdict.REFUSED,
    EntryType.TRAINING_WITHDRAWN: Verdict.WITHDRAWN,
}
