"""An entity in memory that replies to a campaign's steps like a node, without disk, guard or ledger.

The checks and storage of a real node around the same parts are in `node.training.step_replies`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    CohortReply,
    CohortRequest,
    JoinReply,
    JoinRequest,
    MaskRequest,
    ReceivedDocument,
    UnmaskRequest,
    encode_document,
    read_request,
)
from federated.errors import TrainingMessageMalformed
from federated.participation.enrolment import Enrolment, Enrolments, EntityIdentity, Secret
from federated.participation.local_sums import LocalSums
from federated.participation.round_replies import Participant
from federated.secagg.cohort import Cohort
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
        participant: replies to the rounds; None until the entity accepted the cohort.
    """

    def __init__(
        self,
        manifest: CampaignManifest,
        identity: tuple[str, Signer, Callable[[str], bytes]],
        local_sums: LocalSums,
        *,
        known_cohort: Callable[[tuple[bytes, ...]], Cohort] | None = None,
    ) -> None:
        """Make the entity.

        Args:
            manifest: of the campaign.
            identity: its name, its signing key, and the signing keys of the others.
            local_sums: over its people.
            known_cohort: forms the cohort from statements that another entity of this process has checked already;
                without it each entity checks all of them, as nodes do.
        """
        self._manifest = manifest
        self._enrolments = Enrolments(MemoryEnrolments(), EntityIdentity(*identity), PlainSealer())
        self._local_sums = local_sums
        self._known_cohort = known_cohort
        self.participant: Participant | None = None

    def answer(self, raw: bytes) -> bytes:
        """Return the reply to a request.

        Raises:
            FederatedError: the step does not fit the campaign.
        """
        asked = read_request(raw)
        match asked.document:
            case JoinRequest() as request:
                statement = self._enrolments.statement(request.campaign_id, request.manifest_sha256)
                return encode_document(JoinReply(statement=statement))
            case CohortRequest() as request:
                self.participant = self._joined(request)
                return encode_document(CohortReply())
            case MaskRequest() as request:
                return self._taking_part.mask(ReceivedDocument(request, raw))
            case UnmaskRequest() as request:
                return self._taking_part.unmask(ReceivedDocument(request, raw))
            case _:
                raise TrainingMessageMalformed(
                    _("en una simulación en memoria no se cuenta a las personas que están en varias entidades")
                )

    @property
    def _taking_part(self) -> Participant:
        if self.participant is None:
            raise TrainingMessageMalformed(_("la entidad aún no conoce ninguna cohorte"))
        return self.participant

    def _joined(self, request: CohortRequest) -> Participant:
        if self._known_cohort is not None:
            cohort = self._known_cohort(request.statements)
        else:
            cohort = self._enrolments.accept(self._manifest, request.manifest_sha256, request.statements)
        return Participant(self._manifest, cohort, self._enrolments.masker(cohort), self._local_sums)
