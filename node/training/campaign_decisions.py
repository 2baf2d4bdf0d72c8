"""Decisions of the data-protection officer on campaigns: reviewed, taken, logged, and delivered to the coordinator."""

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import TrainingDecisionBody
from consent_ledger.log.entry import EntryType, NewEntry
from federated.budget.budget_store import BudgetLimit
from federated.campaign.code_hash import code_sha256
from federated.campaign.decision import CampaignDecision, Verdict, seal_decision
from federated.campaign.manifest import CampaignManifest, manifest_sha256, open_manifest
from federated.storage.sql_campaigns import SqlCampaignStore
from node.clients.training import ListedCampaign, TrainingClient
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.training.anchors_in_sums import required_anchors
from node.training.approval_withdrawal import deliver_withdrawals
from node.training.effective_decisions import EffectiveDecisions
from node.training.errors import ManifestUnknown
from node.training.ledger_freshness import LedgerFreshness
from node.training.local_data import training_data
from node.training.pending_work import undelivered_first_decisions
from node.training.privacy_terms import PrivacyTerms, terms_under, terms_with
from node.training.spends_in_ledger import require_spends_of_ledger
from node.training.stores import epsilon_ledger, training_guard
from node.training.tables import DeliveryRow, WithdrawalRow
from presentation.messages import _
from service.errors import PeerRefused, PeerUnreachable
from service.extras import require_training
from trust.signing import Envelope

UNDECIDED: Final = "undecided"


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as this entity sees it.

    Attributes:
        state: as the coordinator lists it; empty when it did not answer.
        decision: 'undecided', 'approved', 'refused' or 'withdrawn'.
        delivered: whether the coordinator acknowledged the decision.
        changed: whether the coordinator now shows another manifest under this id than the one decided on.
        privacy: what it promises a person, and what is left in the worst case: with the own noise that is reserved, or
            that an approval would add by the node's settings.
    """

    manifest: CampaignManifest
    state: str
    decision: str
    delivered: bool
    changed: bool
    privacy: PrivacyTerms

    @property
    def code_installed(self) -> bool:
        """True if the campaign names the training code that is installed here."""
        return self.manifest.code_sha256 == code_sha256()


@dataclass(frozen=True, slots=True)
class _Answer:
    verdict: Verdict
    reason: str
    decided_by: str
    alone_limit: float = math.inf


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, durable and in the ledger whether or not it was delivered yet; `privacy` is that of an approval."""

    manifest: CampaignManifest
    verdict: Verdict
    ledger_index: int
    delivered: bool
    privacy: PrivacyTerms | None = None
    age_unknown: int = 0
    """People left out of the data because nobody can tell whether their age is the cohort's."""


def list_campaigns(context: NodeContext, client: TrainingClient) -> tuple[CampaignView, ...]:
    """Return the campaigns that the coordinator lists, newest first, and those decided here that it does not list.

    Raises:
        PeerRefused: the coordinator refuses this entity.
        SignatureInvalid, ManifestInvalid: it lists a document that it did not sign, or that is no manifest.
    """
    listed: tuple[ListedCampaign, ...]
    try:
        listed = client.campaigns()
    except PeerUnreachable:
        listed = ()
    with context.snapshot() as session:
        records = {record.campaign_id: record for record in EffectiveDecisions(session).all()}
        delivered = _delivered(session)
        privacy = _Privacy(context, session)
    views = []
    for each in listed:
        manifest = _open(context, each.manifest)
        record = records.pop(manifest.campaign_id, None)
        changed = record is not None and record.manifest_sha256 != manifest_sha256(each.manifest)
        decision = record.verdict.value if record is not None else UNDECIDED
        sent = manifest.campaign_id in delivered
        views.append(CampaignView(manifest, each.state, decision, sent, changed, privacy.of(manifest)))
    for record in reversed(list(records.values())):
        manifest = _open(context, record.manifest)
        sent = record.campaign_id in delivered
        views.append(
            CampaignView(manifest, "", record.verdict.value, sent, changed=False, privacy=privacy.of(manifest))
        )
    return tuple(views)


class _Privacy:
    """The privacy of campaigns: as reserved here, or as an approval would have it by the settings."""

    def __init__(self, context: NodeContext, session: Session) -> None:
        self._limit = context.settings.epsilon_alone_limit
        statement = epsilon_ledger(session).find_statement()
        self._reserved = {each.campaign_id: each.own_noise for each in statement.reservations} if statement else {}

    def of(self, manifest: CampaignManifest) -> PrivacyTerms:
        own = self._reserved.get(manifest.campaign_id)
        return terms_with(manifest, own) if own is not None else terms_under(manifest, self._limit)


def approve(
    context: NodeContext,
    client: TrainingClient,
    campaign_id: str,
    *,
    reason: str = "",
    decided_by: str = "",
    alone_limit: float | None = None,
) -> Decided:
    """Approve a campaign: reserve its whole budget, log the decision, and deliver it to the coordinator.

    In order: (0) this node's ledger is its newest, and its budget has all its spends; (1) the manifest is the
    coordinator's, passes the guard's review and invites enough of the anchors; (2) the requested data are here and
    declared; (3) budget, signed decision and ledger entry become durable together; (4) only then is it sent. A
    repetition changes nothing and delivers once more. `decided_by` names the policy that decided, if one did.
    `alone_limit` bounds epsilon when only this node's noise is unknown, which noise of its own keeps; None takes the
    bound of the settings.

    Raises:
        ManifestUnknown: the coordinator lists no such campaign.
        FederatedError: the guard or the budget refuses. TrainingError: the data are not here.
        PeerRefused, PeerUnreachable: the coordinator does not list its campaigns.
        ExtraMissing: this node cannot train.
        LedgerContradicted, LedgerUnwitnessed: the ledger here is an old copy, or nobody can tell.
    """
    require_training()
    envelope = _listed(context, client, campaign_id)
    # (0) no spend is forgotten here
    LedgerFreshness(context).require()
    now, left_out = context.clock.now(), 0
    # (1) before any data is read
    with context.snapshot() as session:
        known = EffectiveDecisions(session).get(campaign_id)
        if known is None:
            require_spends_of_ledger(context, session)
            manifest = training_guard(context, session).review(envelope, now)
            required_anchors(context, session).check(manifest.invited)
            # (2) readable, and exactly the declared features
            left_out = training_data(context, session, manifest).age_unknown
    limit = context.settings.epsilon_alone_limit if alone_limit is None else alone_limit
    decided = _decide(context, client, envelope, _Answer(Verdict.APPROVED, reason, decided_by, limit))
    return replace(decided, age_unknown=left_out)


def refuse(
    context: NodeContext, client: TrainingClient, campaign_id: str, *, reason: str = "", decided_by: str = ""
) -> Decided:
    """Refuse a campaign, whatever its terms, log the decision, and deliver it to the coordinator.

    Raises:
        ManifestUnknown: the coordinator lists no such campaign.
        CampaignDecided: it was approved here.
        PeerRefused, PeerUnreachable: the coordinator does not list its campaigns.
    """
    return _decide(context, client, _listed(context, client, campaign_id), _Answer(Verdict.REFUSED, reason, decided_by))


def deliver(context: NodeContext, client: TrainingClient) -> None:
    """Deliver every decision and withdrawal that the coordinator has neither acknowledged nor refused.

    Raises:
        PeerUnreachable: no answer; the rest is delivered next time.
    """
    with context.snapshot() as session:
        waiting = undelivered_first_decisions(session)
        store = SqlCampaignStore(session)
        decisions = [(each, record.decision) for each in waiting if (record := store.get(each)) is not None]
    for campaign_id, decision in decisions:
        refused_code = None
        try:
            client.decide(decision)
        except PeerRefused as error:
            refused_code = error.peer_code or "refused"
        _settle(context, campaign_id, refused_code)
    deliver_withdrawals(context, client)


def _settle(context: NodeContext, campaign_id: str, refused_code: str | None) -> None:
    with context.transaction() as session:
        row = session.get(DeliveryRow, campaign_id, with_for_update=True)
        if row is None:
            return
        if refused_code is None:
            row.delivered_at = context.clock.now()
            return
        # The campaign goes on without this entity, so that nothing stays reserved for it.
        row.refused_code = refused_code
        epsilon_ledger(session).close(campaign_id, context.clock.now())


def _decide(context: NodeContext, client: TrainingClient, envelope: Envelope, answer: _Answer) -> Decided:
    manifest = _open(context, envelope)
    now = context.clock.now()
    decision = CampaignDecision(
        campaign_id=manifest.campaign_id,
        manifest_sha256=manifest_sha256(envelope),
        entity=context.settings.entity,
        verdict=answer.verdict,
        reason=answer.reason,
        decided=now,
    )
    signed = seal_decision(decision, context.keys.signing)
    # (3) budget, decision and ledger entry together
    with context.transaction() as session:
        index = _store(context, session, (envelope, signed), decision, answer)
        privacy = _Privacy(context, session).of(manifest) if answer.verdict is Verdict.APPROVED else None
    # (4) sent only after the commit; when that fails now, the running service delivers it later
    try:
        deliver(context, client)
    except PeerUnreachable:
        return Decided(manifest, answer.verdict, index, delivered=False, privacy=privacy)
    with context.snapshot() as session:
        row = session.get(DeliveryRow, manifest.campaign_id)
    if row is not None and row.refused_code is not None:
        raise PeerRefused(
            _("el coordinador ya no acepta la decisión; no queda nada reservado del presupuesto de privacidad"),
            remedy=_("consulte: redpact-node training list"),
            peer_code=row.refused_code,
        )
    return Decided(manifest, answer.verdict, index, delivered=True, privacy=privacy)


def _store(
    context: NodeContext,
    session: Session,
    envelopes: tuple[Envelope, Envelope],
    decision: CampaignDecision,
    answer: _Answer,
) -> int:
    (envelope, signed), ledger = envelopes, own_ledger(context, session)
    ledger.lock()  # before the budget's lock, as everywhere
    guard, now = training_guard(context, session), decision.decided
    if decision.verdict is Verdict.APPROVED:
        ensure_limit(context, session, now)
        manifest = guard.approve(envelope, signed, now, alone_limit=answer.alone_limit)
    else:
        manifest = guard.refuse(envelope, signed, now)
    row = session.get(DeliveryRow, decision.campaign_id)
    if row is not None:
        return row.ledger_index  # the same decision as before: one entry is enough
    approved = decision.verdict is Verdict.APPROVED
    alone = _Privacy(context, session).of(manifest).alone if approved else math.inf
    body = TrainingDecisionBody(
        campaign_id=decision.campaign_id,
        manifest_sha256=decision.manifest_sha256,
        epsilon=decimal(manifest.epsilon),
        epsilon_alone=finite_decimal(alone),
        delta=decimal(manifest.delta),
        decided_by=answer.decided_by,
        reason=decision.reason,
    )
    kind = EntryType.TRAINING_APPROVED if approved else EntryType.TRAINING_REFUSED
    (entry,) = ledger.append([NewEntry(kind, body)], now)
    session.add(DeliveryRow(campaign_id=decision.campaign_id, ledger_index=entry.index))
    return entry.index


def ensure_limit(context: NodeContext, session: Session, now: datetime) -> None:
    """Set the limit of the settings when the budget has none."""
    budget = epsilon_ledger(session)
    if budget.find_statement() is None:
        budget.set_limit(BudgetLimit(context.settings.epsilon_limit, context.settings.epsilon_delta), now)


def decimal(number: float) -> str:
    """Return a number as the decimal text of ledger bodies, with at most 12 digits after the point."""
    return f"{number:.12f}".rstrip("0").rstrip(".") or "0"


def finite_decimal(number: float) -> str | None:
    """Return a number as the decimal text of ledger bodies; None when it is infinite."""
    return None if math.isinf(number) else decimal(number)


def _delivered(session: Session) -> set[str]:
    """Return the campaigns whose newest decision here the coordinator has acknowledged."""
    first = session.scalars(select(DeliveryRow.campaign_id).where(DeliveryRow.delivered_at.is_not(None)))
    waiting = session.scalars(select(WithdrawalRow.campaign_id).where(WithdrawalRow.delivered_at.is_(None)))
    return set(first) - set(waiting)


def _listed(context: NodeContext, client: TrainingClient, campaign_id: str) -> Envelope:
    for each in client.campaigns():
        if _open(context, each.manifest).campaign_id == campaign_id:
            return each.manifest
    raise ManifestUnknown(
        _("no existe la campaña {campaign_id!r}", campaign_id=campaign_id),
        remedy=_("consulte: redpact-node training list"),
    )


def _open(context: NodeContext, envelope: Envelope) -> CampaignManifest:
    return open_manifest(envelope, coordinator_key=bytes.fromhex(context.settings.coordinator_key))
