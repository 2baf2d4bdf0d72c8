"""The campaigns that an entity decided on, with the exact signed bytes of manifest and decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from federated.campaign.decision import Verdict
from trust.signing import Envelope


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """One decided campaign.

    Attributes:
        dataset: the data set charged for it; empty for a refused campaign.
    """

    campaign_id: str
    manifest_sha256: str
    manifest: Envelope
    decision: Envelope
    verdict: Verdict
    dataset: str
    decided: datetime


class CampaignStore(Protocol):
    """Storage of decided campaigns. Every method works inside the caller's transaction."""

    def get(self, campaign_id: str) -> CampaignRecord | None:
        """Return a campaign, or None."""
        ...

    def put(self, record: CampaignRecord) -> None:
        """Store a new decision; a decision is never replaced."""
        ...

    def all(self) -> tuple[CampaignRecord, ...]:
        """Return every decided campaign, oldest first."""
        ...
