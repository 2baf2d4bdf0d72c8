"""The node's checks before any contribution leaves for training. The coordinator is not trusted here (invariant 6).

Before a decision (`NodeGuard.review`):

- (1) the manifest is signed by the pinned coordinator key and belongs to this network;
- (2) this entity is invited, and the deadline for decisions is not over;
- (3) it names the installed code;
- (4) the epsilon it claims is not below what this node's own accountant computes, and its stages are those that follow
  from its terms, epsilon and delta;
- (5) its minimum cohort is not below this node's own minimum, and its noise suffices without one entity's share.

Before each step (`NodeGuard.admit`), by the stored manifest and never by the coordinator's account of it:

- (6) this entity approved that campaign, under exactly that manifest; its signature and terms are checked again;
- (7) the campaign has not ended, and is still open here;
- (8) a repeated step gets the stored reply; a step in any other content, place or chain than the one that follows is
  refused (`federated.participation.step_order`), so that each is answered once;
- (9) a round to mask is reserved, its parameters fit the model, and the budget of the data set has room for it;
- (10) a round is unmasked for one list of survivors, and only if this entity contributed to it under that request.

Whoever asks the guard closes the campaign for good when it refuses a step (`federated.participation.closures`).

Reading the data (the caller passes only the manifest's features) and sending are not done here; bytes may leave only
after the transaction that holds `record` has committed.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from federated.budget.budget_store import RecordedUnmasking, Reservation, Spend
from federated.budget.epsilon_ledger import EpsilonLedger
from federated.campaign.code_hash import code_sha256
from federated.campaign.decided_campaigns import CampaignRecord, CampaignStore
from federated.campaign.decision import VERDICT_NAMES, CampaignDecision, Verdict, open_decision
from federated.campaign.manifest import CampaignManifest, manifest_sha256, open_manifest
from federated.campaign.stage_planning import plan_stages
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import MaskRequest, ReceivedDocument, StepRequest, UnmaskRequest
from federated.errors import (
    BudgetDamaged,
    CampaignDecided,
    CampaignNotApproved,
    CodeDiffers,
    EpsilonUnderstated,
    ManifestChanged,
    ManifestInvalid,
    RoundRefused,
    TrainingMessageMalformed,
)
from federated.participation.step_order import AnsweredStep, StepOrder, StepStore
from federated.privacy.own_noise import SHARE_ONLY, own_noise_for, widened
from federated.privacy.stages import Position, epsilon_of_stages, position_of
from presentation.messages import _
from trust import signing

LEAST_COHORT: Final = 3
"""Below this a sum reveals too much about each contributor."""

LEAST_COLLUDERS: Final = 1
"""Entities whose own noise may be known to the coordinator: at least one, as any participant may tell."""

_SAME_NOISE: Final = 1e-6
"""Relative difference that the arithmetic of another machine may make."""


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """Pinned identities and the minimum cohort of this node."""

    network: str
    entity: str
    entity_key: bytes
    coordinator_key: bytes
    least_cohort: int = LEAST_COHORT


@dataclass(frozen=True, slots=True)
class Admission:
    """A step that passed the checks, or its stored reply.

    Attributes:
        stored: the stored reply to this step; if set, nothing is computed.
    """

    manifest: CampaignManifest
    dataset: str
    stored: bytes | None


@lru_cache(maxsize=64)
def checked_manifest(envelope: signing.Envelope, pinned: GuardSettings, code: str) -> CampaignManifest:
    """Check a manifest, steps (1) to (5) without the time, and return its content.

    The result depends on its arguments only, so that the steps of a campaign need not check the same bytes again.

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
    # (3) the manifest names the installed code
    if manifest.code_sha256 != code:
        raise CodeDiffers(
            _(
                "la campaña indica el código {code_sha256}; el instalado es {code}",
                code_sha256=manifest.code_sha256[:12],
                code=code[:12],
            ),
            remedy=_("instale la versión de RedPACT que pide la campaña"),
        )
    # (4) epsilon and noise by this node's own accountant
    _require_stated_epsilon(manifest)
    _require_derived_stages(manifest)
    # (5) a large enough cohort
    if manifest.minimum_cohort < pinned.least_cohort:
        raise ManifestInvalid(
            _(
                "la campaña continúa con {minimum_cohort} entidades; aquí se exigen al menos {least_cohort}",
                minimum_cohort=manifest.minimum_cohort,
                least_cohort=pinned.least_cohort,
            ),
            remedy=_("pida una campaña con una cohorte mínima mayor"),
        )
    # (5) every participant knows its own noise: what protects against each of them must be there without it
    if manifest.noise_shares > manifest.minimum_cohort - LEAST_COLLUDERS:
        raise ManifestInvalid(
            _("el ruido de la campaña no basta si una entidad que participa revela el suyo"),
            remedy=_("rechácela y pida una con: training start --colluders 1"),
        )
    return manifest


def _require_stated_epsilon(manifest: CampaignManifest) -> None:
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


def _require_derived_stages(manifest: CampaignManifest) -> None:
    derived = plan_stages(manifest.terms, epsilon=manifest.epsilon, delta=manifest.delta)
    same = [(stage.kind, stage.rounds) for stage in derived] == [(each.kind, each.rounds) for each in manifest.stages]
    if not same or not all(
        math.isclose(mine.noise_multiplier, stated.noise_multiplier, rel_tol=_SAME_NOISE)
        for mine, stated in zip(derived, manifest.stages, strict=True)
    ):
        raise ManifestInvalid(
            _("el ruido que declara la campaña no es el que se deduce de su modelo, su épsilon y su delta"),
            remedy=_("rechácela y avise a quien administra el coordinador"),
        )


def reservation_of(manifest: CampaignManifest, alone_limit: float) -> Reservation:
    """Return what an approval of a campaign reserves, with the own noise that the limit takes.

    Raises:
        PrivacyTermsInvalid: a limit that no noise can keep.
    """
    own = SHARE_ONLY
    if not math.isinf(alone_limit):
        own = own_noise_for(manifest.stages, manifest.delta, manifest.noise_shares, alone_limit)
        sums = StageSums(manifest)
        for stage in manifest.stages:
            widened(sums.share_variance(Position(stage, 0)), own.factor(stage.kind.part))  # or no round could be sent
    return Reservation(
        manifest.campaign_id,
        manifest.dataset,
        manifest.stages,
        frozenset(),
        closed=False,
        noise_shares=manifest.noise_shares,
        own_noise=own,
    )


@lru_cache(maxsize=64)
def _opened_decision(envelope: signing.Envelope, pinned: GuardSettings) -> CampaignDecision:
    return open_decision(envelope, entity=pinned.entity, entity_key=pinned.entity_key)


class NodeGuard:
    """Decides on campaigns and steps, inside the caller's transaction."""

    def __init__(
        self,
        pinned: GuardSettings,
        campaigns: CampaignStore,
        budget: EpsilonLedger,
        steps: StepStore,
        *,
        code: str | None = None,
    ) -> None:
        self._pinned = pinned
        self._campaigns = campaigns
        self._budget = budget
        self._steps = steps
        self._code = code if code is not None else code_sha256()

    def review(self, envelope: signing.Envelope, now: datetime) -> CampaignManifest:
        """Check an undecided manifest, (1) to (5), and return its content.

        Raises:
            SignatureInvalid, MalformedDocument, ManifestInvalid, CampaignDecided, CodeDiffers, EpsilonUnderstated.
        """
        manifest = self._checked(envelope)
        # (2) the time to decide is not over
        if now >= manifest.deadline:
            raise CampaignDecided(_("el plazo para decidir terminó el {deadline}", deadline=manifest.deadline))
        return manifest

    def approve(
        self, manifest: signing.Envelope, decision: signing.Envelope, now: datetime, *, alone_limit: float = math.inf
    ) -> CampaignManifest:
        """Store an approval and reserve its whole budget, or change nothing.

        Args:
            manifest: signed by the coordinator.
            decision: signed by this entity.
            now: the time.
            alone_limit: bound on epsilon when only this entity's noise is unknown. The noise of its own that this
                takes is reserved with the budget and added in every round.

        Raises:
            as `review`, and BudgetUnknown, BudgetExceeded, PrivacyTermsInvalid.
        """
        content = self.review(manifest, now)
        self._require_own_decision(manifest, decision, Verdict.APPROVED)
        if self._is_repeated(content.campaign_id, manifest, Verdict.APPROVED):
            return content
        self._budget.reserve(reservation_of(content, alone_limit), now)
        self._put(content, manifest, decision, (Verdict.APPROVED, content.dataset), now)
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

    def admit(self, received: ReceivedDocument[StepRequest], now: datetime) -> Admission:
        """Check a step that the coordinator requests, (6) to (10).

        Raises:
            CampaignNotApproved, ManifestChanged, TrainingMessageMalformed, RoundRefused, BudgetExceeded: and as
                `review`.
        """
        request = received.document
        manifest, dataset = self._admissible(request, now)
        order = StepOrder(self._steps, manifest)
        # (8) a repeated step gets the same bytes, any other is the next one
        known = order.answered(received)
        if known is not None:
            return Admission(manifest, dataset, self._stored(request, known))
        order.require_next(request)
        # (9) a new round needs its place in the budget
        if isinstance(request, MaskRequest):
            self._budget.require_room(request.campaign_id, request.round)
            self._require_fitting(request, manifest)
        return Admission(manifest, dataset, None)

    def admit_alone(self, received: ReceivedDocument[StepRequest], now: datetime) -> Admission:
        """Check a step as `admit`, after taking the lock under which `record` stores replies.

        Until the caller's transaction ends no other worker answers a step of this campaign.

        Raises:
            as `admit`.
        """
        self._budget.hold(received.document.campaign_id)
        return self.admit(received, now)

    def record(self, received: ReceivedDocument[StepRequest], reply: bytes, now: datetime) -> bytes:
        """Check the step again, store its reply, and return the bytes to send after the commit.

        The spend of a masked sum is stored with it. If another worker stored a reply first, that one is returned, and
        the caller must store nothing else of its own.

        Raises:
            as `admit`.
        """
        request = received.document
        manifest, _dataset = self._admissible(request, now)
        order = StepOrder(self._steps, manifest)
        # (8) to (10) again, now under the budget's lock
        self._budget.hold(request.campaign_id)
        known = order.answered(received)
        if known is not None:
            return self._stored(request, known)
        order.require_next(request)
        if isinstance(request, MaskRequest):
            self._budget.record(Spend(request.campaign_id, request.round, request.shared_sha256, reply, now))
        elif isinstance(request, UnmaskRequest):
            answer = RecordedUnmasking(received.sha256, reply)
            self._budget.record_unmasking(request.campaign_id, request.round, answer)
        order.record(received, reply, now)
        return reply

    def _stored(self, request: StepRequest, known: AnsweredStep) -> bytes:
        stored = known.reply
        if isinstance(request, MaskRequest):
            stored = self._budget.stored_reply(request.campaign_id, request.round, known.shared_sha256)
        elif isinstance(request, UnmaskRequest):
            stored = self._budget.stored_unmasking(request.campaign_id, request.round, known.request_sha256)
        if stored is None:
            raise BudgetDamaged(
                _("falta la respuesta guardada del paso {step}", step=known.step),
                remedy=_("restaure la base de datos del nodo desde una copia de seguridad"),
            )
        return stored

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
            raise TrainingMessageMalformed(
                _("ronda {round}: los parámetros no encajan con el modelo", round=request.round)
            )

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
                    verdict=VERDICT_NAMES[known.verdict],
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
