"""An entity in memory that replies to a campaign's steps like a node, without disk, guard or ledger.

The checks and storage of a real node around the same parts are in `node.training.step_replies`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    AgreeReply,
    AgreeRequest,
    CohortReply,
    CohortRequest,
    JoinReply,
    JoinRequest,
    MaskRequest,
    ReceivedDocument,
    RevealReply,
    RevealRequest,
    UnmaskRequest,
    encode_document,
    read_request,
)
from federated.errors import TrainingMessageMalformed
from federated.participation.enrolment import Enrolment, Enrolments, EntityIdentity, ReaderOf, Secret
from federated.participation.local_sums import LocalSums
from federated.participation.round_replies import Participant
from presentation.messages import _
from trust.signing import Signer


@dataclass
class MemoryEnrolments:
    """An `EnrolmentStore` that lasts as long as the process."""

    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    secrets: dict[tuple[str, Secret], bytes] = field(default_factory=dict)

    def get(self, campaign_id: str) -> Enrolment | None:
        """Return the enrolment in a campaign, or None."""
        return self.enrolments.get(campaign_id)

    def put(self, enrolment: Enrolment) -> None:
        """Store or replace the enrolment in a campaign."""
        self.enrolments[enrolment.campaign_id] = enrolment

    def secret(self, campaign_id: str, secret: Secret) -> bytes | None:
        """Return a secret, or None."""
        return self.secrets.get((campaign_id, secret))

    def put_secret(self, campaign_id: str, secret: Secret, sealed: bytes) -> None:
        """Store or replace a secret."""
        self.secrets[campaign_id, secret] = sealed

    def erase_secrets(self, campaign_id: str) -> None:
        """Erase every secret of a campaign."""
        for key in [key for key in self.secrets if key[0] == campaign_id]:
            del self.secrets[key]


class PlainSealer:
    """A `SecretSealer` that seals nothing, for memory."""

    def seal(self, label: str, data: bytes) -> bytes:  # noqa: ARG002 - the protocol's argument
        """Return the data."""
        return data

    def open(self, label: str, sealed: bytes) -> bytes:  # noqa: ARG002 - the protocol's argument
        """Return the data."""
        return sealed


class LocalEntity:
    """One entity of one campaign. `answer` has the form of `federated.flower.client_app.StepHandler`.

    Attributes:
        participant: replies to the rounds; None until all agreed on the cohort.
    """

    def __init__(
        self,
        manifest: CampaignManifest,
        identity: tuple[str, Signer, Callable[[str], bytes]],
        local_sums: LocalSums,
        *,
        reader_of: ReaderOf | None = None,
    ) -> None:
        """Make the entity.

        Args:
            manifest: of the campaign.
            identity: its name, its signing key, and the signing keys of the others.
            local_sums: over its people.
            reader_of: shared by the entities of this process, so that each statement is verified once; without it
                each entity checks all of them, as nodes do.
        """
        self._manifest = manifest
        self._enrolments = Enrolments(MemoryEnrolments(), EntityIdentity(*identity), PlainSealer(), reader_of)
        self._local_sums = local_sums
        self.participant: Participant | None = None

    def answer(self, raw: bytes) -> bytes:
        """Return the reply to a request.

        Raises:
            FederatedError: the step does not fit the campaign.
        """
        asked = read_request(raw)
        match asked.document:
            case JoinRequest() as request:
                commitment = self._enrolments.commitment(request.campaign_id, request.manifest_sha256)
                return encode_document(JoinReply(commitment=commitment))
            case RevealRequest() as request:
                digest = request.manifest_sha256
                statement = self._enrolments.reveal(self._manifest, digest, request.commitments)
                return encode_document(RevealReply(statement=statement))
            case CohortRequest() as request:
                return self._accepted(ReceivedDocument(request, raw))
            case AgreeRequest() as request:
                return self._agreed(request)
            case MaskRequest() as request:
                return self._taking_part.mask(ReceivedDocument(request, raw))
            case UnmaskRequest() as request:
                return self._taking_part.unmask(ReceivedDocument(request, raw))
            case _:
                raise TrainingMessageMalformed(
                    _("en una simulación en memoria no se cuenta a las personas que están en varias entidades")
                )

    @property
    def group_key(self) -> bytes | None:
        """The key of the duplicate check, or None before all agreed, or where nobody is counted."""
        return self._enrolments.kept(self._manifest.campaign_id, Secret.GROUP_KEY)

    @property
    def _taking_part(self) -> Participant:
        if self.participant is None:
            raise TrainingMessageMalformed(_("la entidad aún no conoce ninguna cohorte"))
        return self.participant

    def _accepted(self, received: ReceivedDocument[CohortRequest]) -> bytes:
        request, enrolments = received.document, self._enrolments
        cohort = enrolments.accept(self._manifest, request.manifest_sha256, request.statements, received.sha256)
        shares = enrolments.sealed_shares(self._manifest, cohort)
        return encode_document(CohortReply(agreement=enrolments.agreement(request.campaign_id), shares=shares))

    def _agreed(self, request: AgreeRequest) -> bytes:
        cohort = self._enrolments.agree(self._manifest, request.manifest_sha256, request.agreements, request.shares)
        self.participant = Participant(self._manifest, cohort, self._enrolments.masker(cohort), self._local_sums)
        return encode_document(AgreeReply())
