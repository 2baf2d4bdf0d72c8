"""An entity's signed answer to a campaign manifest: approved or refused, by its data-protection officer."""

from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from consent_ledger import signing
from consent_ledger.parties import EntityId
from federated.documents import parse_document, seal_document
from federated.errors import ManifestInvalid
from federated.manifest import CampaignId, Sha256Hex

DECISION_TYPE: Final = "application/vnd.redpact.campaign-decision.v1+json"


class Verdict(StrEnum):
    """What the entity answered."""

    APPROVED = "approved"
    REFUSED = "refused"


class CampaignDecision(BaseModel):
    """The content of a decision. Bound to one manifest's exact bytes, so that it cannot be used for another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    campaign_id: CampaignId
    manifest_sha256: Sha256Hex
    entity: EntityId
    verdict: Verdict
    reason: str = Field(default="", max_length=500, description="for people; never personal data")
    decided: AwareDatetime


def seal_decision(decision: CampaignDecision, signer: signing.Signer) -> signing.Envelope:
    """Sign a decision with the entity's signing key."""
    return seal_document(decision, DECISION_TYPE, signer)


def open_decision(envelope: signing.Envelope, *, entity: str, entity_key: bytes) -> CampaignDecision:
    """Verify a decision under the entity's key and return its content.

    Raises:
        SignatureInvalid: not signed by that key.
        MalformedDocument, ManifestInvalid: signed, but not a decision of that entity.
    """
    payload = signing.open_envelope(envelope, payload_type=DECISION_TYPE, public_key=entity_key)
    decision = parse_document(payload, CampaignDecision, ManifestInvalid)
    if decision.entity != entity:
        raise ManifestInvalid(f"the decision is by {decision.entity}, sent by {entity}")
    return decision
