"""The agreement on the cohort: each entity signs what it was shown, and masks nothing before it holds all of these.

The coordinator carries the agreements between entities that need not reach each other, but cannot forge one. An entity
that was shown another cohort, other keys or another course of the campaign signs another digest, and everybody sees it.
"""

from typing import Final

from pydantic import Field

from federated.campaign.manifest import Sha256Hex
from federated.errors import CohortDisputed
from federated.secagg.keys import EntityStatement
from presentation.messages import _

COHORT_AGREEMENT_TYPE: Final = "application/vnd.redpact.cohort-agreement.v1+json"


class CohortAgreement(EntityStatement):
    """The content of an entity's agreement."""

    cohort_sha256: Sha256Hex = Field(description="of campaign, manifest, entities and their keys")
    request_sha256: Sha256Hex = Field(description="of the exact request that showed the cohort to this entity")


def require_same(own: CohortAgreement, other: CohortAgreement) -> None:
    """Check that another entity was shown the same cohort, by the same request.

    Raises:
        CohortDisputed: it signed something else.
    """
    if (other.cohort_sha256, other.request_sha256) != (own.cohort_sha256, own.request_sha256):
        raise CohortDisputed(
            _("a {entity} se le mostró otra cohorte que a esta entidad", entity=other.entity),
            remedy=_("no aporte nada, y avise a las demás entidades: el coordinador muestra cosas distintas"),
        )
