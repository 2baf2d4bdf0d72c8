"""The officer's account of training: requests, decisions, contributions that left, and their privacy cost.

Everything is read from this node: the signed manifests and decisions, the bytes that left, and the entity's ledger. No
other service is asked, and nothing depends on the coordinator's present answers.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import TrainingContributedBody, TrainingDecisionBody, read_body
from consent_ledger.log.entry import EntryType, Leaf
from federated.budget.budget_store import BudgetStatement
from federated.campaign.decided_campaigns import CampaignRecord
from federated.campaign.decision import Verdict
from federated.campaign.manifest import CampaignManifest, open_manifest
from federated.participation.closures import Closure
from federated.privacy.own_noise import SHARE_ONLY
from federated.privacy.stages import position_of
from federated.storage.tables import SpendRow
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.training.campaign_closures import closures
from node.training.effective_decisions import EffectiveDecisions
from node.training.errors import ManifestUnknown
from node.training.privacy_terms import PrivacyTerms, terms_with
from node.training.stores import epsilon_ledger
from presentation.messages import _

POLICY_PREFIX = "policy:"


@dataclass(frozen=True, slots=True)
class DecisionAccount:
    """A decision in the ledger; `policy` is the decision policy that took it, empty for a person."""

    verdict: Verdict
    time: datetime
    policy: str
    reason: str
    ledger_index: int


@dataclass(frozen=True, slots=True)
class RoundAccount:
    """The contribution that left in one round.

    Attributes:
        stage: the stage of the round; empty when the manifest has no such round, which is a fault.
        sha256: of the bytes that left, computed from the stored ones.
        size: of these bytes.
        ledger_index: its entry; None when the ledger has none, or one about other bytes, which is a fault.
        epsilon_after: total epsilon of the budget after it, as the ledger states it.
        alone_after: the same when only this entity's noise is unknown; empty when it is not finite or not stated.
    """

    round: int
    stage: str
    sha256: str
    size: int
    time: datetime
    ledger_index: int | None
    epsilon_after: str
    alone_after: str = ""


@dataclass(frozen=True, slots=True)
class CampaignAccount:
    """One campaign, from its manifest to its cost.

    Attributes:
        effective: the decision in force.
        closure: the refused step that closed the campaign here for good, if one did.
    """

    manifest: CampaignManifest
    privacy: PrivacyTerms
    manifest_sha256: str
    effective: Verdict
    dataset: str
    decisions: tuple[DecisionAccount, ...]
    rounds: tuple[RoundAccount, ...]
    closure: Closure | None


@dataclass(frozen=True, slots=True)
class TrainingAccount:
    """All campaigns that this entity decided on, oldest first, and its budget."""

    entity: str
    made: datetime
    campaigns: tuple[CampaignAccount, ...]
    budget: BudgetStatement | None


def training_account(context: NodeContext, campaign_id: str = "") -> TrainingAccount:
    """Return the account of every campaign decided here, or of one.

    Raises:
        ManifestUnknown: this entity never decided on that campaign.
        SignatureInvalid, MalformedDocument, BudgetDamaged: stored data were altered.
    """
    with context.snapshot() as session:
        records = [each for each in EffectiveDecisions(session).all() if campaign_id in ("", each.campaign_id)]
        if campaign_id and not records:
            raise ManifestUnknown(
                _("aquí no se guarda ninguna decisión sobre la campaña {campaign_id!r}", campaign_id=campaign_id),
                remedy=_("consulte: redpact-node training list"),
            )
        entries = _TrainingEntries(context, session, {record.campaign_id for record in records})
        key = bytes.fromhex(context.settings.coordinator_key)
        campaigns = tuple(
            entries.campaign(record, open_manifest(record.manifest, coordinator_key=key)) for record in records
        )
        ledger = epsilon_ledger(session)
        budget = ledger.find_statement()
        ledger.verify()  # an account over a broken chain would present it as sound
    return TrainingAccount(context.settings.entity, context.clock.now(), campaigns, budget)


class _TrainingEntries:
    """The ledger entries and stored contributions of some campaigns."""

    def __init__(self, context: NodeContext, session: Session, campaigns: set[str]) -> None:
        self._session = session
        self._closures = closures(session)
        self._decisions: dict[str, list[DecisionAccount]] = {}
        self._contributed: dict[tuple[str, int], tuple[int, TrainingContributedBody]] = {}
        statement = epsilon_ledger(session).find_statement()
        self._own = {each.campaign_id: each.own_noise for each in statement.reservations} if statement else {}
        ledger, needles = own_ledger(context, session), [each.encode() for each in campaigns]
        for stored in ledger.store.bodies(0, ledger.size()):
            if any(needle in stored.body for needle in needles):
                self._add(stored.index, Leaf.parse(ledger.leaf(stored.index)), stored.body)

    def decisions(self, campaign_id: str) -> Iterable[DecisionAccount]:
        return self._decisions.get(campaign_id, ())

    def campaign(self, record: CampaignRecord, manifest: CampaignManifest) -> CampaignAccount:
        return CampaignAccount(
            manifest=manifest,
            privacy=terms_with(manifest, self._own.get(record.campaign_id, SHARE_ONLY)),
            manifest_sha256=record.manifest_sha256,
            effective=record.verdict,
            dataset=record.dataset,
            decisions=tuple(self.decisions(record.campaign_id)),
            rounds=tuple(self.rounds(manifest)),
            closure=self._closures.get(record.campaign_id),
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
            alone = (body.epsilon_alone_after or "") if body is not None else ""
            yield RoundAccount(row.round, stage, digest, len(row.reply), row.spent_at, index, after, alone)

    def _add(self, index: int, leaf: Leaf, data: bytes) -> None:
        body = read_body(leaf.type, data)
        if isinstance(body, TrainingContributedBody):
            self._contributed[body.campaign_id, body.round] = (index, body)
        elif isinstance(body, TrainingDecisionBody):
            by = body.decided_by
            policy = by.removeprefix(POLICY_PREFIX) if by.startswith(POLICY_PREFIX) else ""
            decision = DecisionAccount(_VERDICTS[leaf.type], leaf.time, policy, body.reason, index)
            self._decisions.setdefault(body.campaign_id, []).append(decision)


_VERDICTS = {
    EntryType.TRAINING_APPROVED: Verdict.APPROVED,
    EntryType.TRAINING_REFUSED: Verdict.REFUSED,
    EntryType.TRAINING_WITHDRAWN: Verdict.WITHDRAWN,
}
