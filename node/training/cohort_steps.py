"""Answers of this node to the steps that form the cohort of a campaign, before any sum: JOIN, REVEAL, COHORT, AGREE.

They cost no privacy. Keys of other entities come from the logged directory only, and change there only by the entity's
own statement; a directory that the anchors did not cosign makes no anchor count (`node.training.anchors_in_sums`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    AgreeReply,
    AgreeRequest,
    CohortReply,
    CohortRequest,
    JoinReply,
    JoinRequest,
    ReceivedDocument,
    RevealReply,
    RevealRequest,
    StepReply,
    StepRequest,
    encode_document,
)
from federated.errors import TrainingMessageMalformed
from federated.participation.guard import Admission
from node.context import NodeContext
from node.training.stores import own_enrolments, training_guard
from service.errors import RuntimeFault
from trust.directory import Directory
from trust.errors import TrustError

_log = structlog.get_logger(__name__)

Refresh = Callable[[], Directory | None]
"""Fetches a newer directory, if there is one, and returns the newest."""

FormingRequest = JoinRequest | RevealRequest | CohortRequest | AgreeRequest


@dataclass(frozen=True, slots=True)
class AdmittedStep:
    """A step that the guard admitted."""

    asked: ReceivedDocument[StepRequest]
    admission: Admission

    @property
    def manifest(self) -> CampaignManifest:
        """The approved manifest."""
        return self.admission.manifest

    @property
    def digest(self) -> str:
        """The manifest's hash."""
        return self.asked.document.manifest_sha256


class CohortSteps:
    """Answers the steps that form a cohort; everything it knows is in the store."""

    def __init__(self, context: NodeContext, refresh: Refresh) -> None:
        self._context = context
        self._refresh = refresh

    def answer(self, step: AdmittedStep, request: FormingRequest) -> bytes:
        """Return the reply, stored before it leaves.

        Raises:
            FederatedError: the cohort is refused.
        """
        try:
            return self._answered(step, request)
        except TrainingMessageMalformed as error:
            # Perhaps by an entity that was admitted after this node's directory: look for a newer one, once.
            if isinstance(request, JoinRequest) or not self._newer_directory():
                raise
            _log.info("cohort_checked_again", campaign=step.manifest.campaign_id, message=error.message)
            return self._answered(step, request)

    def _answered(self, step: AdmittedStep, request: FormingRequest) -> bytes:
        with self._context.transaction() as session:
            reply = encode_document(self._reply(session, step, request))
            return training_guard(self._context, session).record(step.asked, reply, self._context.clock.now())

    def _reply(self, session: Session, step: AdmittedStep, request: FormingRequest) -> StepReply:
        enrolments, manifest, digest = own_enrolments(self._context, session), step.manifest, step.digest
        match request:
            case JoinRequest():
                return JoinReply(commitment=enrolments.commitment(manifest.campaign_id, digest))
            case RevealRequest():
                return RevealReply(statement=enrolments.reveal(manifest, digest, request.commitments))
            case CohortRequest():
                cohort = enrolments.accept(manifest, digest, request.statements, step.asked.sha256)
                shares = enrolments.sealed_shares(manifest, cohort)
                return CohortReply(agreement=enrolments.agreement(manifest.campaign_id), shares=shares)
            case AgreeRequest():
                enrolments.agree(manifest, digest, request.agreements, request.shares)
                return AgreeReply()

    def _newer_directory(self) -> bool:
        before = self._context.directory.newest()
        try:
            after = self._refresh()
        except (RuntimeFault, TrustError) as error:
            _log.warning("directory_not_refreshed", code=error.code)
            return False
        return after is not None and (before is None or after.serial > before.serial)
