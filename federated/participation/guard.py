"""The node's own gate before anything leaves for training. The coordinator is not trusted here (invariant 6).

Before a decision (`NodeGuard.review`):

- (1) the manifest is signed by the pinned coordinator key and belongs to this network;
- (2) this entity is invited, and the time to decide is not over;
- (3) it names the code installed here;
- (4) the epsilon it claims is not below what this node's own accountant computes;
- (5) its minimum cohort, over which the noise is split, is not below this node's own floor.

Before each step (`NodeGuard.admit`), from what is stored here and never from what the coordinator repeats:

- (6) this entity approved that campaign, under exactly that manifest; its signature and terms are checked again;
- (7) the time to contribute is not over, and the campaign is still open here;
- (8) a step already answered gives the stored bytes; asked differently it is refused;
- (9) a round to mask is the next one, its parameters fit the model, and the budget of the data set has room for it;
- (10) a round is unmasked for one list of survivors, and only if this entity contributed to it under that request.

Not done here: reading the data (the caller passes only the manifest's features to the trainer), and sending; bytes may
leave only after the transaction that holds `record` has committed.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from federated.budget.epsilon_ledger import EpsilonLedger, RecordedUnmasking, Spend
from federated.campaign.code_hash import code_sha256
from federated.campaign.decided_campaigns import CampaignRecord, CampaignStore
from federated.campaign.decision import CampaignDecision, Verdict, open_decision
from federated.campaign.manifest import CampaignManifest, manifest_sha256, open_manifest
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import MaskRequest, ReceivedDocument, StepRequest, UnmaskRequest
from federated.errors import (
    CampaignDecided,
    CampaignNotApproved,
    CodeDiffers,
    EpsilonUnderstated,
    ManifestChanged,
    ManifestInvalid,
    MessageMalformed,
    RoundRefused,
)
from federated.privacy.stages import epsilon_of_stages, position_of
from presentation.messages import _
from trust import signing

LEAST_COHORT: Final = 3
"""Below this a sum says too much about each of those in it."""


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """What this node knows for itself: who it is, whom it listens to, and how few it never goes with."""

    network: str
    entity: str
    entity_key: bytes
    coordinator_key: bytes
    least_cohort: int = LEAST_COHORT


@dataclass(frozen=True, slots=True)
class Admission:
    """A step that may be answered, or its stored answer.

    Attributes:
        stored: the bytes that already answered this step; when set, nothing is computed.
    """

    manifest: CampaignManifest
    dataset: str
    stored: bytes | None


@lru_cache(maxsize=64)
def checked_manifest(envelope: signing.Envelope, pinned: GuardSettings, code: str) -> CampaignManifest:
    """Check a manifest, steps (1) to (5) without the time, and return its content.

    It depends on nothing but its arguments, so that the steps of a campaign need not check the same bytes again.

    Raises:
        SignatureInvalid, MalformedDocument, ManifestInvalid, CodeDiffers, EpsilonUnderstated.
    """
    # (1) signed by the pinned key, for this network
    manifest = open_manifest(envelope, coordinator_key=pinned.coordinator_key)
    if manifest.network != pinned.network:
        raise ManifestInvalid(_("el manifiesto pertenece a la red {network}", network=manifest.network))
    # (2) this entity is invited
    if pinned.entity not in manifest.invited:
        raise ManifestInvalid(_("el manifiesto no invita a esta entidad"))
    # (3) the code reviewed is the code installed
    if manifest.code_sha256 != code:
        raise CodeDiffers(
            _(
                "la campaña indica el código {code_sha256}; el instalado es {code}",
                code_sha256=manifest.code_sha256[:12],
                code=code[:12],
            ),
            remedy=_("instale la versión de RedPACT que pide la campaña"),
        )
    # (4) epsilon by this node's own accountant
    own = epsilon_of_stages(manifest.stages, manifest.delta)
    if not own <= manifest.epsilon:
        raise EpsilonUnderstated(
            _(
                "la campaña declara épsilon {epsilon:g}; sus condiciones cuestan {own:.4f}",
                epsilon=manifest.epsilon,
                own=own,
            ),
            remedy=_("rechácela y avise a quien administra el coordinador"),
        )
    # (5) enough entities to hide among
    if manifest.minimum_cohort < pinned.least_cohort:
        raise ManifestInvalid(
            _(
                "la campaña continúa con {minimum_cohort} entidades; aquí se exigen al menos {least_cohort}",
                minimum_cohort=manifest.minimum_cohort,
                least_cohort=pinned.least_cohort,
            ),
            remedy=_("pida una campaña con una cohorte mínima mayor"),
        )
    return manifest


@lru_cache(maxsize=64)
def _opened_decision(envelope: signing.Envelope, pinned: GuardSettings) -> CampaignDecision:
    return open_decision(envelope, entity=pinned.entity, entity_key=pinned.entity_key)


class NodeGuard:
    """Decides, inside the caller's transaction, what this node takes part in."""

    def __init__(
        self, pinned: GuardSettings, campaigns: CampaignStore, budget: EpsilonLedger, *, code: str | None = None
    ) -> None:
        self._pinned = pinned
        self._campaigns = campaigns
        self._budget = budget
        self._code = code if code is not None else code_sha256()

    def review(self, envelope: signing.Envelope, now: datetime) -> CampaignManifest:
        """Check a manifest that is up for decision, steps (1) to (5), and return its content.

        Raises:
            SignatureInvalid, MalformedDocument, ManifestInvalid, CampaignDecided, CodeDiffers, EpsilonUnderstated.
        """
        manifest = self._checked(envelope)
        # (2) the time to decide is not over
        if now >= manifest.deadline:
            raise CampaignDecided(_("el plazo para decidir terminó el {deadline}", deadline=manifest.deadline))
        return manifest

    def approve(
        self, manifest: signing.Envelope, decision: signing.Envelope, dataset: str, now: datetime
    ) -> CampaignManifest:
        """Store an approval and reserve its whole budget on `dataset`, or change nothing.

        Raises:
            as `review`, and BudgetUnknown, BudgetExceeded.
        """
        content = self.review(manifest, now)
        self._require_own_decision(manifest, decision, Verdict.APPROVED)
        if self._is_repeated(content.campaign_id, manifest, Verdict.APPROVED):
            return content
        self._budget.reserve(content.campaign_id, dataset, content.stages, now)
        self._put(content, manifest, decision, (Verdict.APPROVED, dataset), now)
        return content

    def refuse(self, manifest: signing.Envelope, decision: signing.Envelope, now: datetime) -> CampaignManifest:
        """Store a refusal. A campaign may be refused whatever its terms, but it must be signed by the coordinator.

        Raises:
            SignatureInvalid, MalformedDocument, ManifestInvalid, CampaignDecided.
        """
        content = open_manifest(manifest, coordinator_key=self._pinned.coordinator_key)
        self._require_own_decision(manifest, decision, Verdict.REFUSED)
        if not self._is_repeated(content.campaign_id, manifest, Verdict.REFUSED):
            self._put(content, manifest, decision, (Verdict.REFUSED, ""), now)
        return content

    def admit(self, asked: ReceivedDocument[StepRequest], now: datetime) -> Admission:
        """Check a step that the coordinator asks for, (6) to (10).

        Raises:
            CampaignNotApproved, ManifestChanged, MessageMalformed, RoundRefused, BudgetExceeded, and as `review`.
        """
        manifest, dataset = self._admissible(asked.document, now)
        request, stored = asked.document, None
        # (8) an answered step is answered with the same bytes
        if isinstance(request, MaskRequest):
            stored = self._budget.stored_reply(request.campaign_id, request.round, asked.sha256)
            # (9) a new round needs its place in the order and in the budget
            if stored is None:
                self._budget.require_room(request.campaign_id, request.round)
                self._require_fitting(request, manifest)
        elif isinstance(request, UnmaskRequest):
            # (10) contributed under that request, and answered for one list of survivors
            stored = self._budget.stored_unmasking(request.campaign_id, request.round, asked.sha256)
            self._budget.stored_reply(request.campaign_id, request.round, request.mask_request_sha256)
        return Admission(manifest, dataset, stored)

    def record(self, asked: ReceivedDocument[StepRequest], reply: bytes, now: datetime) -> bytes:
        """Check the step again, store its answer, and return the bytes to send after the commit.

        A masked sum is spent with it; another worker's answer, if there is one by now, is returned instead.

        Raises:
            as `admit`.
        """
        request = asked.document
        self._admissible(request, now)
        # (8) to (10) again, now under the budget's lock
        if isinstance(request, MaskRequest):
            return self._budget.record(Spend(request.campaign_id, request.round, asked.sha256, reply, now))
        if isinstance(request, UnmaskRequest):
            answer = RecordedUnmasking(asked.sha256, reply)
            return self._budget.record_unmasking(request.campaign_id, request.round, answer)
        return reply

    def _admissible(self, request: StepRequest, now: datetime) -> tuple[CampaignManifest, str]:
        # (6) approved here, under exactly this manifest
        record = self._approved(request)
        manifest = self._checked(record.manifest)
        # (7) in time, and still open here
        if now >= manifest.ends:
            raise RoundRefused(_("la campaña terminó el {ends}", ends=manifest.ends))
        self._budget.require_open(manifest.campaign_id)
        return manifest, record.dataset

    def _require_fitting(self, request: MaskRequest, manifest: CampaignManifest) -> None:
        position = position_of(manifest.stages, request.round)
        if position is None or len(request.vector) != StageSums(manifest).parameters_size(position.stage.kind):
            raise MessageMalformed(_("ronda {round}: los parámetros no encajan con el modelo", round=request.round))

    def _checked(self, envelope: signing.Envelope) -> CampaignManifest:
        return checked_manifest(envelope, self._pinned, self._code)

    def _approved(self, request: StepRequest) -> CampaignRecord:
        record = self._campaigns.get(request.campaign_id)
        if record is None or record.verdict is not Verdict.APPROVED:
            raise CampaignNotApproved(
                _("la campaña {campaign_id} no está aprobada aquí", campaign_id=request.campaign_id),
                remedy=_("consulte: redpact-node training list"),
            )
        self._require_own_decision(record.manifest, record.decision, Verdict.APPROVED)
        if not request.manifest_sha256 == record.manifest_sha256 == manifest_sha256(record.manifest):
            raise ManifestChanged(
                _(
                    "la campaña {campaign_id} se pide con un manifiesto distinto del aprobado aquí",
                    campaign_id=request.campaign_id,
                ),
                remedy=_("avise a quien administra el coordinador"),
            )
        return record

    def _require_own_decision(self, manifest: signing.Envelope, envelope: signing.Envelope, verdict: Verdict) -> None:
        decision = _opened_decision(envelope, self._pinned)
        if decision.verdict is not verdict or decision.manifest_sha256 != manifest_sha256(manifest):
            raise ManifestChanged(_("la decisión se refiere a otro manifiesto, o su sentido es otro"))

    def _is_repeated(self, campaign_id: str, manifest: signing.Envelope, verdict: Verdict) -> bool:
        known = self._campaigns.get(campaign_id)
        if known is None:
            return False
        if known.manifest_sha256 != manifest_sha256(manifest) or known.verdict is not verdict:
            raise CampaignDecided(
                _(
                    "la campaña {campaign_id} ya tiene aquí la decisión «{verdict}»",
                    campaign_id=campaign_id,
                    verdict=known.verdict.value,
                ),
                remedy=_("una decisión es definitiva; pida una campaña nueva"),
            )
        return True

    def _put(
        self,
        content: CampaignManifest,
        manifest: signing.Envelope,
        decision: signing.Envelope,
        outcome: tuple[Verdict, str],
        now: datetime,
    ) -> None:
        verdict, dataset = outcome
        digest = manifest_sha256(manifest)
        record = CampaignRecord(content.campaign_id, digest, manifest, decision, verdict, dataset, now)
        self._campaigns.put(record)
