"""An entity's signed decision on a campaign manifest, taken by its data-protection officer.

An approval may be withdrawn while the campaign runs; nothing else changes a decision once it is taken.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from federated.campaign.manifest import CampaignId, Sha256Hex
from federated.campaign.signed_documents import parse_document, seal_document
from federated.errors import CampaignDecided, ManifestInvalid
from presentation.messages import Message, _
from trust import signing
from trust.parties import EntityId

DECISION_TYPE: Final = "application/vnd.redpact.campaign-decision.v1+json"


class Verdict(StrEnum):
    """The decision of an entity."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


VERDICT_NAMES: Final[Mapping[Verdict, Message]] = {
    Verdict.APPROVED: _("aprobada"),
    Verdict.REFUSED: _("rechazada"),
    Verdict.WITHDRAWN: _("aprobación retirada"),
}


def is_new_decision(known: Verdict | None, new: Verdict) -> bool:
    """Return whether a decision is new; False when it repeats the known one.

    Allowed: none, then approved or refused; approved, then withdrawn. Withdrawn and refused are final: if a withdrawal
    could be taken back, a coordinator could press an entity to do so.

    Args:
        known: the entity's newest decision on the campaign, None before the first.
        new: the decision to be recorded.

    Raises:
        CampaignDecided: the new decision cannot follow the known one.
    """
    if known is new:
        return False
    first = known is None and new is not Verdict.WITHDRAWN
    if first or (known is Verdict.APPROVED and new is Verdict.WITHDRAWN):
        return True
    raise CampaignDecided(
        _(
            "una campaña en el estado «{known}» no puede pasar a «{new}»",
            known=known.value if known else _("pendiente de decidir"),
            new=new.value,
        ),
        remedy=_("pida una campaña nueva"),
    )


class CampaignDecision(BaseModel):
    """The content of a decision, bound to the exact bytes of one manifest so that it cannot be used for another."""

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
        raise ManifestInvalid(
            _("la decisión está firmada por {entity}, pero la envió {entity2}", entity=decision.entity, entity2=entity)
        )
    return decision
