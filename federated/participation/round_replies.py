"""One campaign's rounds at a node, once the cohort is known: compute, noise, mask; and unmask for those who survived.

Nothing here decides whether to answer: the node asks `federated.participation.guard` first, and stores each answer with
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
    """What a node needs to answer rounds; rebuilt after a restart from what is stored."""

    manifest: CampaignManifest
    cohort: Cohort
    masker: Masker
    trainer: LocalSums

    def mask(self, asked: ReceivedDocument[MaskRequest]) -> bytes:
        """Return the reply that carries this entity's noised and masked sum. Fresh noise and masks at each call.

        Raises:
            RoundRefused: no round of the campaign, or asked of another cohort than the one accepted here.
            MessageMalformed: the parameters do not fit the model.
        """
        request = asked.document
        position = position_of(self.manifest.stages, request.round)
        if position is None:
            raise RoundRefused(_("la campaña no tiene la ronda {round}", round=request.round))
        if request.cohort_sha256 != self.cohort.sha256.hex():
            raise RoundRefused(
                _("la ronda {round} se pide a una cohorte distinta de la aceptada aquí", round=request.round),
                remedy=_("avise a quien administra el coordinador"),
            )
        noised = self.trainer.noised(request, position)
        # Masks are made for these exact bytes: entities that were asked different things cannot be added up.
        masked = self.masker.mask(request.round, bytes.fromhex(asked.sha256), noised)
        return encode_document(MaskReply(round=request.round, masked=pack(masked.vector), shares=dict(masked.shares)))

    def unmask(self, asked: ReceivedDocument[UnmaskRequest]) -> bytes:
        """Return the reply that lets the survivors' sum, and nothing else, be unmasked.

        Raises:
            SecureSumRefused, MaskedMessageInvalid: the survivors are not ones that this entity answers for.
        """
        request = asked.document
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
