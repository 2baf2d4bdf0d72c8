"""The replies of a node to the rounds of a campaign: compute, noise and mask; unmask for the survivors.

The decision to reply is not made here: the node asks `federated.participation.guard` first, and stores each reply with
its spend before it leaves.
"""

from dataclasses import dataclass

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    MaskReply,
    MaskRequest,
    ReceivedDocument,
    UnmaskReply,
    UnmaskRequest,
    encode_document,
    pack,
)
from federated.errors import RoundRefused
from federated.participation.local_sums import LocalSums
from federated.privacy.stages import position_of
from federated.secagg.client import Masker
from federated.secagg.cohort import Cohort
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class Participant:
    """The parts with which a node replies to rounds; rebuilt from the store after a restart."""

    manifest: CampaignManifest
    cohort: Cohort
    masker: Masker
    local_sums: LocalSums

    def mask(self, received: ReceivedDocument[MaskRequest]) -> bytes:
        """Return the reply with this entity's noised and masked sum; noise and masks are fresh at each call.

        Raises:
            RoundRefused: no round of the campaign, or requested from another cohort than the accepted one.
            TrainingMessageMalformed: the parameters do not fit the model.
        """
        request = received.document
        position = position_of(self.manifest.stages, request.round)
        if position is None:
            raise RoundRefused(_("la campaña no tiene la ronda {round}", round=request.round))
        if request.cohort_sha256 != self.cohort.sha256.hex():
            raise RoundRefused(
                _("la ronda {round} se pide a una cohorte distinta de la aceptada aquí", round=request.round),
                remedy=_("avise a quien administra el coordinador"),
            )
        noised = self.local_sums.noised(request, position)
        # Masks are bound to what all were asked alike: sums for different requests cannot be added up.
        masked = self.masker.mask(request.round, bytes.fromhex(request.shared_sha256), noised)
        return encode_document(MaskReply(round=request.round, masked=pack(masked.vector), shares=dict(masked.shares)))

    def unmask(self, received: ReceivedDocument[UnmaskRequest]) -> bytes:
        """Return the reply that unmasks the survivors' sum and nothing else.

        Raises:
            SecureSumRefused, MaskedMessageInvalid: the list of survivors or the shares do not follow the protocol.
        """
        request = received.document
        opened = self.masker.unmask(
            request.round,
            bytes.fromhex(request.mask_request_sha256),
            request.survivors,
            request.shares,
            self.manifest.minimum_cohort,
        )
        reply = UnmaskReply(
            round=request.round,
            sealed=opened.sealed,
            key_shares=dict(opened.key_shares),
            attestations=dict(opened.attestations),
        )
        return encode_document(reply)
