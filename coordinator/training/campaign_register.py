"""The register of campaigns: manifests, decisions of entities, progress and releases.

Every method works inside the caller's transaction. The campaign's row is locked before its state is read, so that two
processes (the service and a command) cannot both move it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from coordinator.training.campaign_states import (
    STATE_NAMES,
    CampaignEvent,
    CampaignState,
    StopReason,
    after,
    require_review,
)
from coordinator.training.errors import CampaignOutOfStep, CampaignUnknown, DecisionConflict
from coordinator.training.tables import CampaignDecisionRow, CampaignRow, RoundRow
from federated.campaign.decision import CampaignDecision, Verdict, is_new_decision, open_decision
from federated.campaign.manifest import CampaignManifest, manifest_sha256, open_manifest
from federated.coordination.progress import Progress
from federated.coordination.transcript import RoundRecord
from federated.errors import CampaignDecided
from federated.learning.model_documents import Edit
from presentation.messages import _
from trust import canonical
from trust.parties import Party
from trust.signing import Envelope

_DETAIL_CHARACTERS = 1000
_EDITS: Final = TypeAdapter(tuple[Edit, ...])


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign in its present state.

    Attributes:
        manifest: the content of `envelope`, verified under the coordinator's own key.
        approved: entities that approved, sorted.
        refused: entities that refused, sorted.
        withdrawn: entities that withdrew their approval, sorted; they are not among the approved.
        checkpoint: the progress after the last step, None before the first.
        saved: the time of the checkpoint.
        review: whether a person reviews the model before it is released.
        edits: manual corrections so far, in their order.
        recalled: the time at which its model was recalled.
    """

    manifest: CampaignManifest
    envelope: Envelope
    state: CampaignState
    approved: tuple[str, ...]
    refused: tuple[str, ...]
    withdrawn: tuple[str, ...]
    rounds_completed: int
    checkpoint: Progress | None
    began: datetime | None
    ended: datetime | None
    saved: datetime | None
    review: bool
    edits: tuple[Edit, ...]
    recalled: datetime | None
    stop_reason: StopReason | None
    stop_detail: str
    release: Envelope | None

    @property
    def campaign_id(self) -> str:
        """The campaign's id."""
        return self.manifest.campaign_id

    @property
    def manifest_sha256(self) -> str:
        """SHA-256, in hex, of the manifest's exact signed bytes."""
        return manifest_sha256(self.envelope)

    @property
    def undecided(self) -> tuple[str, ...]:
        """Invited entities that have not decided, in the manifest's order."""
        decided = {*self.approved, *self.refused, *self.withdrawn}
        return tuple(entity for entity in self.manifest.invited if entity not in decided)

    def verdict_of(self, entity: str) -> Verdict | None:
        """Return the newest decision of an entity, or None."""
        if entity in self.withdrawn:
            return Verdict.WITHDRAWN
        if entity in self.approved:
            return Verdict.APPROVED
        return Verdict.REFUSED if entity in self.refused else None

    def decisions_closed(self, now: datetime) -> bool:
        """Return whether decisions are closed: every entity decided, or the deadline passed."""
        return not self.undecided or now >= self.manifest.deadline


class CampaignRegister:
    """Campaigns in SQL, verified under the coordinator's own key."""

    def __init__(self, session: Session, *, coordinator_key: bytes) -> None:
        self._session = session
        self._key = coordinator_key

    def propose(self, envelope: Envelope, now: datetime, *, review: bool = False) -> Campaign:
        """Store a new campaign. It is visible to the invited entities once the transaction commits.

        Args:
            envelope: the signed manifest.
            now: the present time.
            review: hold the model back, when the rounds are over, until a person has reviewed it.
        """
        manifest = open_manifest(envelope, coordinator_key=self._key)
        self._session.add(
            CampaignRow(
                campaign_id=manifest.campaign_id,
                name=manifest.name,
                state=CampaignState.PROPOSED.value,
                manifest=envelope.to_json(),
                proposed_at=now,
                review=review,
                rounds_completed=0,
            )
        )
        self._session.flush()
        return self.get(manifest.campaign_id)

    def get(self, campaign_id: str) -> Campaign:
        """Return a campaign.

        Raises:
            CampaignUnknown: there is none with this id.
        """
        return self._campaign(self._row(campaign_id))

    def all(self) -> tuple[Campaign, ...]:
        """Return every campaign, newest first."""
        query = select(CampaignRow).order_by(CampaignRow.proposed_at.desc(), CampaignRow.campaign_id)
        return tuple(self._campaign(row) for row in self._session.scalars(query))

    def open_ids(self) -> tuple[str, ...]:
        """Return the ids of the campaigns that are proposed or running, oldest first."""
        query = (
            select(CampaignRow.campaign_id)
            .where(CampaignRow.state.in_([CampaignState.PROPOSED.value, CampaignState.RUNNING.value]))
            .order_by(CampaignRow.proposed_at, CampaignRow.campaign_id)
        )
        return tuple(self._session.scalars(query))

    def visible_to(self, entity: str) -> tuple[Campaign, ...]:
        """Return the campaigns that an entity is invited to, newest first."""
        return tuple(campaign for campaign in self.all() if entity in campaign.manifest.invited)

    def decide(self, envelope: Envelope, party: Party, now: datetime) -> CampaignDecision:
        """Store the signed decision of an entity. The same decision sent again changes nothing.

        In order: (1) signed by the entity that calls; (2) a campaign it is invited to, under this manifest's exact
        bytes; (3) not the opposite of an earlier decision; (4) the campaign still takes decisions.

        Raises:
            SignatureInvalid, MalformedDocument, ManifestInvalid: (1).
            CampaignUnknown: (2). DecisionConflict: (3). CampaignOutOfStep: (4).
        """
        # (1) signed by the calling entity
        decision = open_decision(envelope, entity=party.id, entity_key=bytes.fromhex(party.signing_key))
        # (2) of a campaign it is invited to, about these very bytes
        campaign = self._campaign(self._row(decision.campaign_id, lock=True))
        if party.id not in campaign.manifest.invited or decision.manifest_sha256 != campaign.manifest_sha256:
            raise CampaignUnknown(
                _(
                    "{party} no está invitada a la campaña {campaign_id} con este manifiesto",
                    party=party.id,
                    campaign_id=decision.campaign_id,
                )
            )
        # (3) not the opposite of its earlier decision; an approval may be withdrawn while the campaign is open
        known = campaign.verdict_of(party.id)
        try:
            news = is_new_decision(known, decision.verdict)
        except CampaignDecided as error:
            raise DecisionConflict(
                _("{entity}: {error}", entity=party.id, error=error.message), remedy=error.remedy
            ) from error
        if not news:
            return decision
        # (4) while decisions are taken; withdrawals until the campaign has ended
        withdrawal = decision.verdict is Verdict.WITHDRAWN
        deciding = campaign.state is CampaignState.PROPOSED and now < campaign.manifest.deadline
        if not deciding and not (withdrawal and campaign.state in {CampaignState.PROPOSED, CampaignState.RUNNING}):
            raise CampaignOutOfStep(_("el plazo para decidir ha terminado"), remedy=_("pida una campaña nueva"))
        self._keep(decision, envelope, now)
        return decision

    def _keep(self, decision: CampaignDecision, envelope: Envelope, now: datetime) -> None:
        if decision.verdict is Verdict.WITHDRAWN:
            row = self._session.get_one(CampaignDecisionRow, (decision.campaign_id, decision.entity))
            row.withdrawal, row.withdrawn_at = envelope.to_json(), now
        else:
            row = CampaignDecisionRow(
                campaign_id=decision.campaign_id,
                entity=decision.entity,
                approved=decision.verdict is Verdict.APPROVED,
                envelope=envelope.to_json(),
                decided_at=now,
            )
            self._session.add(row)
        self._session.flush()

    def begin(self, campaign_id: str, now: datetime) -> Campaign:
        """Start the rounds of a campaign whose decisions are closed with a sufficient cohort.

        Raises:
            CampaignOutOfStep: it is not proposed, still taking decisions, or short of its cohort.
        """
        row = self._row(campaign_id, lock=True)
        campaign = self._campaign(row)
        if not campaign.decisions_closed(now) or len(campaign.approved) < campaign.manifest.minimum_cohort:
            raise CampaignOutOfStep(_("la cohorte no está completa"))
        row.state = after(campaign.state, CampaignEvent.BEGIN).value
        row.began_at = now
        self._session.flush()
        return self._campaign(row)

    def save_step(self, campaign_id: str, progress: Progress, record: RoundRecord | None, now: datetime) -> None:
        """Store the progress after a step, and the record of a completed round, so that a restart continues from there.

        Raises:
            CampaignOutOfStep: the campaign is no longer running, or the progress is older than the stored one.
        """
        row = self._row(campaign_id, lock=True)
        if CampaignState(row.state) is not CampaignState.RUNNING or progress.completed < row.rounds_completed:
            raise CampaignOutOfStep(
                _(
                    "la campaña {campaign_id} está en el estado «{state}», con {rounds_completed} rondas hechas",
                    campaign_id=campaign_id,
                    state=STATE_NAMES[CampaignState(row.state)],
                    rounds_completed=row.rounds_completed,
                )
            )
        row.checkpoint = progress.to_json()
        row.rounds_completed, row.saved_at = progress.completed, now
        if record is not None:
            self._session.add(
                RoundRow(campaign_id=campaign_id, round=record.round, record=canonical.encode(record.document()))
            )
        self._session.flush()

    def transcript(self, campaign_id: str) -> tuple[RoundRecord, ...]:
        """Return the records of the rounds that are over, in order."""
        query = select(RoundRow.record).where(RoundRow.campaign_id == campaign_id).order_by(RoundRow.round)
        return tuple(RoundRecord.parse(record) for record in self._session.scalars(query))

    def hold(self, campaign_id: str) -> Campaign:
        """Hold the model of a running campaign, whose rounds are over, for review by a person.

        Raises:
            CampaignOutOfStep: it is not running.
        """
        row = self._row(campaign_id, lock=True)
        row.state = after(CampaignState(row.state), CampaignEvent.HOLD).value
        self._session.flush()
        return self._campaign(row)

    def amend(self, campaign_id: str, edits: tuple[Edit, ...]) -> Campaign:
        """Replace the manual corrections of a model in review.

        Raises:
            CampaignOutOfStep: it is not in review.
        """
        row = self._row(campaign_id, lock=True)
        require_review(CampaignState(row.state))
        row.edits = _EDITS.dump_json(edits)
        self._session.flush()
        return self._campaign(row)

    def release(self, campaign_id: str, release: Envelope, now: datetime) -> Campaign:
        """End a campaign, running or in review, with its signed release.

        Raises:
            CampaignOutOfStep: it is neither.
        """
        row = self._row(campaign_id, lock=True)
        row.state = after(CampaignState(row.state), CampaignEvent.RELEASE).value
        row.release, row.ended_at = release.to_json(), now
        self._session.flush()
        return self._campaign(row)

    def recall(self, campaign_id: str, reason: str, now: datetime) -> Campaign:
        """Recall a released model: it is listed as recalled from now on, and no node uses it any more.

        Raises:
            CampaignOutOfStep: it is not released.
        """
        row = self._row(campaign_id, lock=True)
        row.state = after(CampaignState(row.state), CampaignEvent.RECALL).value
        row.stop_reason, row.stop_detail = StopReason.WITHDRAWN.value, reason[:_DETAIL_CHARACTERS]
        row.recalled_at = now
        self._session.flush()
        return self._campaign(row)

    def stop(self, campaign_id: str, reason: StopReason, detail: str, now: datetime) -> Campaign:
        """End a campaign without a model.

        Raises:
            CampaignOutOfStep: it has already ended.
        """
        row = self._row(campaign_id, lock=True)
        row.state = after(CampaignState(row.state), CampaignEvent.STOP).value
        row.stop_reason, row.stop_detail, row.ended_at = reason.value, detail[:_DETAIL_CHARACTERS], now
        self._session.flush()
        return self._campaign(row)

    def _row(self, campaign_id: str, *, lock: bool = False) -> CampaignRow:
        query = select(CampaignRow).where(CampaignRow.campaign_id == campaign_id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = self._session.scalars(query).one_or_none()
        if row is None:
            raise CampaignUnknown(
                _("no existe la campaña {campaign_id!r}", campaign_id=campaign_id),
                remedy=_("consulte la lista con: training status"),
            )
        return row

    def _campaign(self, row: CampaignRow) -> Campaign:
        envelope = Envelope.from_json(row.manifest)
        columns = CampaignDecisionRow.entity, CampaignDecisionRow.approved, CampaignDecisionRow.withdrawn_at
        query = select(*columns).where(CampaignDecisionRow.campaign_id == row.campaign_id)
        decided = sorted((entity, said, gone is not None) for entity, said, gone in self._session.execute(query))
        return Campaign(
            manifest=open_manifest(envelope, coordinator_key=self._key),
            envelope=envelope,
            state=CampaignState(row.state),
            approved=tuple(entity for entity, approved, withdrawn in decided if approved and not withdrawn),
            refused=tuple(entity for entity, approved, _ in decided if not approved),
            withdrawn=tuple(entity for entity, _, withdrawn in decided if withdrawn),
            rounds_completed=row.rounds_completed,
            checkpoint=Progress.from_json(row.checkpoint) if row.checkpoint is not None else None,
            began=row.began_at,
            ended=row.ended_at,
            saved=row.saved_at,
            review=row.review,
            edits=_EDITS.validate_json(row.edits) if row.edits is not None else (),
            recalled=row.recalled_at,
            stop_reason=StopReason(row.stop_reason) if row.stop_reason is not None else None,
            stop_detail=row.stop_detail or "",
            release=Envelope.from_json(row.release) if row.release is not None else None,
        )
