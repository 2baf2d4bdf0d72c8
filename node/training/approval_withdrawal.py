"""Withdrawal of an approval while the campaign runs: from its commit on, nothing leaves for the campaign.

One transaction holds the signed decision, the ledger entry, and the end of the budget's reservation. Contributions that
left stay spent. From that commit on the guard refuses every round of the campaign, also those answered before. The
coordinator is notified afterwards; its answer changes nothing here.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import TrainingDecisionBody
from consent_ledger.log.entry import EntryType, NewEntry
from federated.campaign.decision import CampaignDecision, Verdict, is_news, seal_decision
from federated.campaign.manifest import CampaignManifest, open_manifest
from federated.errors import CampaignNotApproved
from node.clients.training import TrainingClient
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.training.effective_decisions import EffectiveDecisions
from node.training.pending_work import undelivered_first_decisions
from node.training.stores import epsilon_ledger, own_enrolments
from node.training.tables import WithdrawalRow
from presentation.messages import _
from service.errors import PeerRefused, PeerUnreachable
from trust.signing import Envelope

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A withdrawal, durable and in the ledger whether or not it was delivered yet.

    Attributes:
        refused_code: code of the coordinator's refusal to record it; it binds this node all the same.
    """

    manifest: CampaignManifest
    ledger_index: int
    withdrawn: datetime
    delivered: bool
    refused_code: str | None


def withdraw(context: NodeContext, client: TrainingClient, campaign_id: str, *, reason: str = "") -> Withdrawn:
    """Withdraw the approval of a campaign. A repetition changes nothing and delivers once more.

    Raises:
        CampaignNotApproved: this entity never decided on it.
        CampaignDecided: it was refused here.
    """
    with context.transaction() as session:
        ledger = own_ledger(context, session)
        ledger.lock()  # before the budget's lock, as everywhere: a round is recorded before this withdrawal or never
        manifest = _withdraw(context, session, campaign_id, reason)
    try:
        deliver_withdrawals(context, client)
    except PeerUnreachable as error:
        _log.info("withdrawal_undelivered", campaign=campaign_id, message=error.message)  # the service goes on trying
    return _stored(context, manifest)


def deliver_withdrawals(context: NodeContext, client: TrainingClient) -> None:
    """Deliver every withdrawal that the coordinator has neither acknowledged nor refused.

    A withdrawal whose approval is not delivered yet waits for it.

    Raises:
        PeerUnreachable: no answer; the rest is delivered next time.
    """
    query = select(WithdrawalRow).where(WithdrawalRow.delivered_at.is_(None), WithdrawalRow.refused_code.is_(None))
    with context.snapshot() as session:
        undelivered = set(undelivered_first_decisions(session))
        waiting = [
            (row.campaign_id, Envelope.from_json(row.decision))
            for row in session.scalars(query.order_by(WithdrawalRow.withdrawn_at))
            if row.campaign_id not in undelivered
        ]
    for campaign_id, decision in waiting:
        refused_code = None
        try:
            client.decide(decision)
        except PeerRefused as error:
            refused_code = error.peer_code or "refused"
        with context.transaction() as session:
            row = session.get_one(WithdrawalRow, campaign_id, with_for_update=True)
            row.refused_code = refused_code
            row.delivered_at = context.clock.now() if refused_code is None else None


def _withdraw(context: NodeContext, session: Session, campaign_id: str, reason: str) -> CampaignManifest:
    record = EffectiveDecisions(session).get(campaign_id)
    if record is None:
        raise CampaignNotApproved(
            _("la campaña {campaign_id!r} nunca se aprobó aquí", campaign_id=campaign_id),
            remedy=_("consulte: redpact-node training list"),
        )
    manifest = open_manifest(record.manifest, coordinator_key=bytes.fromhex(context.settings.coordinator_key))
    if not is_news(record.verdict, Verdict.WITHDRAWN):
        return manifest
    now = context.clock.now()
    decision = CampaignDecision(
        campaign_id=campaign_id,
        manifest_sha256=record.manifest_sha256,
        entity=context.settings.entity,
        verdict=Verdict.WITHDRAWN,
        reason=reason,
        decided=now,
    )
    epsilon_ledger(session).close(campaign_id, now)
    own_enrolments(context, session).erase(campaign_id)
    body = TrainingDecisionBody(campaign_id=campaign_id, manifest_sha256=record.manifest_sha256, reason=reason)
    (entry,) = own_ledger(context, session).append([NewEntry(EntryType.TRAINING_WITHDRAWN, body)], now)
    row = WithdrawalRow(
        campaign_id=campaign_id,
        decision=seal_decision(decision, context.keys.signing).to_json(),
        ledger_index=entry.index,
        withdrawn_at=now,
    )
    session.add(row)
    return manifest


def _stored(context: NodeContext, manifest: CampaignManifest) -> Withdrawn:
    with context.snapshot() as session:
        row = session.get_one(WithdrawalRow, manifest.campaign_id)
    return Withdrawn(manifest, row.ledger_index, row.withdrawn_at, row.delivered_at is not None, row.refused_code)
