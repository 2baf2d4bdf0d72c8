"""The node's own gate before anything leaves for training. The coordinator is not trusted here (invariant 6).

Before a decision (`NodeGuard.review`):

- (1) the manifest is signed by the pinned coordinator key and belongs to this network;
- (2) this entity is invited, and the time to decide is not over;
- (3) it names the code installed here;
- (4) the epsilon it claims is not below what this node's own accountant computes;
- (5) the whole noise is added here, as no secure aggregation hides one entity's sum.

Before each round (`NodeGuard.admit`), from what is stored here and never from what the coordinator repeats:

- (6) this entity approved that campaign, under exactly that manifest; its signature and terms are checked again;
- (7) the time to contribute is not over, and the weights fit the model;
- (8) a round already answered gives the stored bytes;
- (9) the round is the next one, and the budget of the data set has room for it.

Not done here: reading the data (the caller passes only the manifest's features to the trainer), and sending; bytes may
leave only after the transaction that holds `record` has committed.
"""

from dataclasses import dataclass
from datetime import datetime

from consent_ledger import signing
from federated.accountant import GaussianRounds, epsilon_of
from federated.budget import EpsilonLedger, Spend
from federated.campaigns import CampaignRecord, CampaignStore
from federated.code_hash import code_sha256
from federated.decision import Verdict, open_decision
from federated.errors import (
    CampaignDecided,
    CampaignNotApproved,
    CodeDiffers,
    EpsilonUnderstated,
    ManifestChanged,
    ManifestInvalid,
    RoundRefused,
)
from federated.manifest import CampaignManifest, manifest_sha256, open_manifest
from federated.rounds import RoundRequest, check_request


@dataclass(frozen=True, slots=True)
class Pinned:
    """What this node knows for itself: who it is and whom it listens to."""

    network: str
    entity: str
    entity_key: bytes
    coordinator_key: bytes


@dataclass(frozen=True, slots=True)
class Admission:
    """A round that may be computed, or its stored answer.

    Attributes:
        stored: the bytes that already answered this round; when set, nothing is computed.
    """

    manifest: CampaignManifest
    dataset: str
    stored: bytes | None


class NodeGuard:
    """Decides, inside the caller's transaction, what this node takes part in."""

    def __init__(
        self, pinned: Pinned, campaigns: CampaignStore, budget: EpsilonLedger, *, code: str | None = None
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
            raise CampaignDecided(f"the time to decide ended at {manifest.deadline.isoformat()}")
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
        planned = GaussianRounds(content.noise_multiplier, content.rounds)
        self._budget.reserve(content.campaign_id, dataset, planned, now)
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

    def admit(self, request: RoundRequest, now: datetime) -> Admission:
        """Check a round that the coordinator asks for, steps (6) to (9).

        Raises:
            CampaignNotApproved, ManifestChanged, MessageMalformed, RoundRefused, BudgetExceeded, and as `review`.
        """
        manifest, dataset = self._admissible(request, now)
        # (8) an answered round is answered with the same bytes
        stored = self._budget.stored_reply(request.campaign_id, request.round, request.sha256)
        # (9) a new round needs its place in the order and in the budget
        if stored is None:
            self._budget.require_room(request.campaign_id, request.round)
        return Admission(manifest, dataset, stored)

    def record(self, request: RoundRequest, reply: bytes, now: datetime) -> bytes:
        """Check the round again, spend it durably with its answer, and return the bytes to send after the commit.

        Raises:
            as `admit`.
        """
        self._admissible(request, now)
        # (8) and (9) again, now under the budget's lock
        return self._budget.record(Spend(request.campaign_id, request.round, request.sha256, reply, now))

    def _admissible(self, request: RoundRequest, now: datetime) -> tuple[CampaignManifest, str]:
        # (6) approved here, under exactly this manifest
        record = self._approved(request)
        manifest = self._checked(record.manifest)
        # (7) in time, and the weights fit
        if now >= manifest.ends:
            raise RoundRefused(f"the campaign ended at {manifest.ends.isoformat()}")
        check_request(request, manifest)
        return manifest, record.dataset

    def _checked(self, envelope: signing.Envelope) -> CampaignManifest:
        # (1) signed by the pinned key, for this network
        manifest = open_manifest(envelope, coordinator_key=self._pinned.coordinator_key)
        if manifest.network != self._pinned.network:
            raise ManifestInvalid(f"the manifest belongs to network {manifest.network}")
        # (2) this entity is invited
        if self._pinned.entity not in manifest.invited:
            raise ManifestInvalid("the manifest does not invite this entity")
        # (3) the code reviewed is the code installed
        if manifest.code_sha256 != self._code:
            raise CodeDiffers(
                f"the campaign names code {manifest.code_sha256[:12]}, installed is {self._code[:12]}",
                remedy="install the version of RedPACT that the campaign asks for",
            )
        # (4) epsilon by this node's own accountant
        own = epsilon_of([GaussianRounds(manifest.noise_multiplier, manifest.rounds)], manifest.delta)
        if not own <= manifest.epsilon:
            raise EpsilonUnderstated(
                f"the campaign claims epsilon {manifest.epsilon:g}, its terms cost {own:.4f}",
                remedy="refuse it and tell the coordinator's administrator",
            )
        # (5) all the noise is added here
        if manifest.noise_shares != 1:
            raise ManifestInvalid("the campaign splits the noise, but nothing hides this entity's own sum")
        return manifest

    def _approved(self, request: RoundRequest) -> CampaignRecord:
        record = self._campaigns.get(request.campaign_id)
        if record is None or record.verdict is not Verdict.APPROVED:
            raise CampaignNotApproved(
                f"campaign {request.campaign_id} is not approved here", remedy="see: redpact-node training list"
            )
        self._require_own_decision(record.manifest, record.decision, Verdict.APPROVED)
        if not request.manifest_sha256 == record.manifest_sha256 == manifest_sha256(record.manifest):
            raise ManifestChanged(
                f"campaign {request.campaign_id} is asked under another manifest than the one approved here",
                remedy="tell the coordinator's administrator",
            )
        return record

    def _require_own_decision(self, manifest: signing.Envelope, envelope: signing.Envelope, verdict: Verdict) -> None:
        decision = open_decision(envelope, entity=self._pinned.entity, entity_key=self._pinned.entity_key)
        if decision.verdict is not verdict or decision.manifest_sha256 != manifest_sha256(manifest):
            raise ManifestChanged("the decision is about another manifest, or says something else")

    def _is_repeated(self, campaign_id: str, manifest: signing.Envelope, verdict: Verdict) -> bool:
        known = self._campaigns.get(campaign_id)
        if known is None:
            return False
        if known.manifest_sha256 != manifest_sha256(manifest) or known.verdict is not verdict:
            raise CampaignDecided(
                f"campaign {campaign_id} was already {known.verdict.value} here",
                remedy="a decision is final; ask for a new campaign",
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
